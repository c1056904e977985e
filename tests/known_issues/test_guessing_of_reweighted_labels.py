"""A good classifier of rare labels, trained as if they were frequent, was told that it guesses."""

from types import SimpleNamespace
from typing import Any

import pytest
import soundfile
import torch

from asr.data.batch import Batch
from asr.data.index import Index
from asr.data.utterance import Utterance
from asr.padded import Padded
from asr.tasks.classification import Classification
from asr.text.labels import Labels
from asr.training.diagnosis import Limits, Signs, plateau
from asr.training.text_facts import text_facts

LABELS = ["no"] * 980 + ["yes"] * 20


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Any:
    path = tmp_path_factory.mktemp("sound") / "a.wav"
    soundfile.write(path, torch.zeros(800).numpy(), 8000)
    rows = [Utterance(str(i), path, label=label) for i, label in enumerate(LABELS)]
    return SimpleNamespace(index={"train": Index.of(rows), "val": Index.of(rows)}, balance=None)


@pytest.mark.parametrize(
    ("balance", "options"), [("label", {}), (None, {"class_weights": "balanced"})]
)
@pytest.mark.parametrize(("heard", "where"), [(2.8, None), (0.01, "guessing"), (0.0, "guessing")])
def test_who_hears_is_no_guesser_and_who_does_not_is_one(
    data: Any, balance: str | None, options: dict[str, Any], heard: float, where: str | None
) -> None:
    data.balance = balance
    signs = _signs(data, Classification(Labels(["no", "yes"]), **options), heard)

    assert signs.loss > signs.guess
    assert plateau(signs, Limits()) == where


def _signs(data: Any, task: Classification, heard: float) -> Signs:
    """Of the most probable labels if both were as frequent, ``heard`` deviations apart."""
    labels = torch.tensor([[task.vocabulary.symbols.index(label)] for label in LABELS])
    noise = torch.randn(len(labels), generator=torch.Generator().manual_seed(1))
    score = heard * (noise + heard * (labels[:, 0] - 0.5))
    one = torch.ones(len(labels), dtype=torch.int64)
    logits = Padded(torch.stack([-score, score], dim=1)[..., None] / 2, one)
    ids = tuple(map(str, range(len(labels))))
    batch = Batch(Padded(noise[:, None, None], one), Padded(labels, one), one, ids, ids, ())
    loss, seen = float(task.losses(logits, batch).mean()), task.observe(logits, batch)
    most = int(seen.said.argmax())
    facts = text_facts(data, task, rare_below=10)
    return Signs(
        loss=loss, train_loss=loss, guess=facts.guess, blank_share=None, said=1.0,
        said_most=int(seen.said[most]) / len(ids), wanted_most=int(seen.wanted[most]) / len(ids),
        room=9.0, cut_short=0.0, infeasible=0.0, rare=facts.rare, symbols=2, highest=0.01, path=2.0,
        grown=1.5, hop_ms=40.0, reweighted=facts.reweighted,
    )  # fmt: skip
