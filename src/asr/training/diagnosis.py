"""Whether a run is stuck, in which plateau, and which of the known causes shows."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from typing import Literal, NamedTuple

Plateau = Literal["silent", "one symbol", "guessing", "by heart", "cut short"]
_TOLD: dict[Plateau, str] = {
    "silent": "emits nothing but blanks",
    "one symbol": "emits one symbol only",
    "guessing": "emits symbols, but hears no better than one would guess from the texts alone",
    "by heart": "has learnt the training utterances, but loses on others what a guess would",
    "cut short": "cannot emit what many utterances need, for it has fewer frames than that",
}
UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Limits:
    """Where the doctor draws its lines; docs/doctor.md has the reasons.

    Attributes:
        silent: symbols emitted for each of the targets, below which a network is silent.
        one_symbol: share of one symbol in all that is emitted, from which it is the only one,
            unless it makes up four fifths of that share in the targets as well.
        room: frames for each that CTC needs at least, below which the frame rate is too low.
        infeasible: share of utterances with fewer frames than they need.
        rare: share of the training tokens whose symbol is rare.
        rare_below: occurrences below which a symbol is rare.
        update_most: the largest update of a layer in the middle, as a share of its weights.
        grown: size of the weights of a layer in the middle, in terms of what it was at first.
        update_least: what all updates add up to, as a share of the weights.
    """

    silent: float = 0.05
    one_symbol: float = 0.95
    room: float = 1.5
    infeasible: float = 0.1
    rare: float = 0.25
    rare_below: float = 10
    update_most: float = 0.1
    grown: float = 10.0
    update_least: float = 0.1

    @staticmethod
    def of(given: Mapping[str, float]) -> "Limits":
        """The limits with those of ``given`` in place of their own.

        Raises:
            ValueError: one has no such name, or is negative.
        """
        names = [field.name for field in fields(Limits)]
        bad = [name for name, value in given.items() if name not in names or not value >= 0]
        if bad:
            raise ValueError(
                f"limits are {', '.join(names)}, of 0 or more, got {bad[0]}: {given[bad[0]]:g}"
            )
        return replace(Limits(), **given)


@dataclass(frozen=True, slots=True)
class Signs:
    """What the doctor has seen when it judges.

    Attributes:
        loss: of validation, nats per token.
        train_loss: of training since the validation before.
        guess: the loss of one who knows the texts and hears nothing.
        blank_share: of the frames of validation; ``None`` where there is no blank.
        said: symbols emitted in validation for each of the targets.
        said_most: share in them of the most frequent one.
        wanted_most: its share in the targets.
        room: frames for each that is needed, in training; infinite where none are needed.
        cut_short: share of validation utterances with too few frames.
        infeasible: share of training utterances with too few frames.
        rare: share of training tokens whose symbol is rare.
        symbols: in the vocabulary.
        highest: update of a layer in the middle as a share of its weights, the largest.
        path: all updates so far, added up.
        grown: its norm, in terms of what it was at first.
        hop_ms: from frame to frame.
        reweighted: whether training is of labels, but wants other probabilities than they have, so
            that a loss above the guess may be of a network that hears.
    """

    loss: float
    train_loss: float
    guess: float
    blank_share: float | None
    said: float
    said_most: float
    wanted_most: float
    room: float
    cut_short: float
    infeasible: float
    rare: float
    symbols: int
    highest: float
    path: float
    grown: float
    hop_ms: float
    reweighted: bool = False  # checkpoints of before lack it


class Cause(NamedTuple):
    """Why a run may be stuck: a name, and what shows it and what to do, in words."""

    name: str
    told: str


def plateau(signs: Signs, limits: Limits) -> Plateau | None:
    """Where the run is stuck, if it is."""
    if signs.said < limits.silent:
        return "silent"
    alone = signs.said_most >= limits.one_symbol
    if alone and signs.wanted_most < 0.8 * signs.said_most:
        return "one symbol"
    if signs.loss < signs.guess or math.isnan(signs.guess):
        return "cut short" if signs.cut_short >= limits.infeasible else None
    if signs.reweighted and not _answers_alike(signs):
        return None
    if signs.train_loss < signs.guess / 2:
        return "by heart"
    # In between it learns, and is only too sure of itself where it errs.
    return None if signs.train_loss < signs.guess else "guessing"


def _answers_alike(signs: Signs) -> bool:
    """Whether one label is all but always given, or none is told from the others."""
    alone = 1 - signs.said_most < (1 - signs.wanted_most) / 10
    # A constant answer that loses less than this is so lopsided that its label is always given.
    return alone or not signs.loss < 0.9 * math.log(signs.symbols)


def causes(signs: Signs, limits: Limits, where: Plateau) -> list[Cause]:
    """The known causes that show, or that none does."""
    found = []
    if signs.room < limits.room:
        found.append(Cause(
            "frame rate too low",
            f"with a frame every {signs.hop_ms:g} ms there are {signs.room:.2f} for each that the "
            f"texts need at least, and {_short(signs)} have fewer; pool less, or use longer "
            "symbols",
        ))  # fmt: skip
    elif max(signs.infeasible, signs.cut_short) >= limits.infeasible:
        found.append(Cause(
            "infeasible targets",
            f"{_short(signs)} have fewer frames than their texts need, though others have plenty; "
            "look at skipped.jsonl, and whether recordings are cut off or have the texts of others",
        ))  # fmt: skip
    if signs.highest > limits.update_most or signs.grown > limits.grown:
        found.append(Cause(
            "learning rate too high",
            f"a step changed the weights by up to {100 * signs.highest:.2g} %, and they have grown "
            f"to {signs.grown:.2g} times what they were; lower optimizer.lr",
        ))  # fmt: skip
    if signs.path < limits.update_least:
        found.append(Cause(
            "learning rate too low",
            f"all updates so far add up to {100 * signs.path:.2g} % of the weights; raise "
            "optimizer.lr",
        ))  # fmt: skip
    if signs.rare >= limits.rare:
        found.append(Cause(
            "vocabulary too large",
            f"{100 * signs.rare:.0f} % of the training tokens are symbols that occur fewer than "
            f"{limits.rare_below:g} times; {signs.symbols} symbols are too many for so few texts",
        ))  # fmt: skip
    if not found and where == "by heart":
        found.append(Cause(
            "too little data",
            f"loss {signs.train_loss:.3g} in training, {signs.loss:.3g} in validation; augment "
            "more, take a smaller model or more data",
        ))  # fmt: skip
    return found or [Cause(UNKNOWN, "none of the known causes shows; try another seed or rate")]


def sentence(signs: Signs, where: Plateau, cause: Cause) -> str:
    """The alarm in one line."""
    known = "" if cause.name == UNKNOWN else f"{cause.name}: "
    return (
        f"stuck: it {_TOLD[where]} (loss {signs.loss:.3g} per token, guessing "
        f"{signs.guess:.3g}); {known}{cause.told}"
    )


def _short(signs: Signs) -> str:
    return (
        f"{100 * signs.infeasible:.0f} % of the training utterances and "
        f"{100 * signs.cut_short:.0f} % of those of validation"
    )
