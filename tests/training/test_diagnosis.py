import math
from dataclasses import replace

import pytest

from asr.training.diagnosis import Limits, Signs, causes, plateau, sentence

HEALTHY = Signs(
    loss=0.3, train_loss=0.4, guess=1.3, blank_share=0.6, said=1.0, said_most=0.3,
    wanted_most=0.3, room=4.0, cut_short=0.0, infeasible=0.0, rare=0.01, symbols=30,
    highest=0.01, path=2.0, grown=1.5, hop_ms=40.0,
)  # fmt: skip
SKEWED = {
    "loss": 0.2, "train_loss": 0.2, "guess": 0.098, "said_most": 0.93, "wanted_most": 0.98,
    "symbols": 2, "reweighted": True,
}  # fmt: skip
STUCK = replace(HEALTHY, loss=1.4, train_loss=1.5)


@pytest.mark.parametrize(
    ("seen", "where"),
    [
        ({}, None),
        ({"said": 0.01}, "silent"),
        ({"said_most": 0.97}, "one symbol"),
        ({"said_most": 0.97, "wanted_most": 0.9}, None),  # as it is in the targets
        ({"loss": 1.4, "train_loss": 1.5}, "guessing"),
        ({"loss": math.nan, "train_loss": math.nan}, "guessing"),
        ({"loss": 1.4, "train_loss": 0.1}, "by heart"),
        ({"loss": 1.4, "train_loss": 1.0}, None),  # it learns, and errs with too much certainty
        ({"cut_short": 0.3}, "cut short"),
        ({"guess": math.nan}, None),
        (SKEWED, None),
        ({**SKEWED, "train_loss": 0.03}, None),
        ({**SKEWED, "reweighted": False}, "guessing"),
        ({**SKEWED, "said_most": 0.999}, "guessing"),  # one label, whatever is heard
        ({**SKEWED, "said_most": 1.0, "loss": 0.6, "train_loss": 0.01}, "by heart"),
        ({**SKEWED, "said_most": 0.6, "loss": 0.68, "train_loss": 0.69}, "guessing"),
        ({**SKEWED, "loss": math.nan, "train_loss": math.nan}, "guessing"),
    ],
)
def test_a_plateau_is_known_by_what_is_said_and_lost(seen, where) -> None:
    assert plateau(replace(HEALTHY, **seen), Limits()) == where


@pytest.mark.parametrize(
    ("seen", "named"),
    [
        ({}, ["unknown"]),
        ({"room": 1.2, "infeasible": 0.3}, ["frame rate too low"]),
        ({"infeasible": 0.3}, ["infeasible targets"]),
        ({"cut_short": 0.3}, ["infeasible targets"]),
        ({"highest": 0.5}, ["learning rate too high"]),
        ({"grown": 40.0}, ["learning rate too high"]),
        ({"path": 0.01}, ["learning rate too low"]),
        ({"rare": 0.6}, ["vocabulary too large"]),
        ({"rare": 0.6, "grown": 40.0}, ["learning rate too high", "vocabulary too large"]),
    ],
)
def test_each_cause_is_named_by_its_own_sign(seen, named) -> None:
    signs = replace(STUCK, **seen)
    found = causes(signs, Limits(), "guessing")
    assert [cause.name for cause in found] == named
    for cause in found:
        line = sentence(signs, "guessing", cause)
        assert "\n" not in line
        assert cause.told in line


def test_what_is_learnt_by_heart_is_too_little_data_unless_there_is_a_better_reason() -> None:
    assert [c.name for c in causes(STUCK, Limits(), "by heart")] == ["too little data"]
    rare = replace(STUCK, rare=0.6)
    assert [c.name for c in causes(rare, Limits(), "by heart")] == ["vocabulary too large"]


def test_limits_are_settings_and_wrong_ones_are_refused() -> None:
    assert plateau(replace(HEALTHY, said=0.2), Limits.of({"silent": 0.3})) == "silent"
    for wrong in ({"quiet": 0.3}, {"silent": -1.0}, {"silent": math.nan}):
        with pytest.raises(ValueError, match="limits are silent, one_symbol"):
            Limits.of(wrong)
