from itertools import groupby

import pytest
import torch
import torch.nn.functional as F
from hypothesis import given
from hypothesis import strategies as st

from asr.data.batch import Batch
from asr.decoding.greedy import GreedyDecoder
from asr.padded import Padded, pad
from asr.tasks.classification import Classification
from asr.tasks.ctc import CTC, frames_needed
from asr.tasks.observation import Observation
from asr.text.labels import Labels
from asr.text.units import Units

TEXTS = st.lists(st.text("ab", max_size=5), min_size=1, max_size=4)


def _batch(texts: list[str]) -> Batch:
    tokens = pad([torch.tensor(["ab".index(c) for c in text], dtype=torch.long) for text in texts])
    size = len(texts)
    names = tuple(texts)
    return Batch(pad([torch.zeros(1, 1)] * size), tokens, torch.zeros(size), names, names, ())


def _logits(seed: int, frames: list[int], classes: int = 3) -> Padded:
    generator = torch.Generator().manual_seed(seed)
    values = torch.randn(len(frames), classes, max(frames), generator=generator)
    return Padded(values, torch.tensor(frames))


@given(TEXTS, st.data())
def test_ctc_counts_what_one_counts_by_hand(texts: list[str], data: st.DataObject) -> None:
    frames = [data.draw(st.integers(1, 7)) for _ in texts]
    logits, batch = _logits(data.draw(st.integers(0, 99)), frames), _batch(texts)
    seen = CTC(Units("character", units="ab"), GreedyDecoder()).observe(logits, batch)

    paths = [logits.values[row, :, :length].argmax(0).tolist() for row, length in enumerate(frames)]
    said = [token for path in paths for token, _ in groupby(path)]
    needs = [frames_needed(["ab".index(c) for c in text]) for text in texts]
    assert seen.said.tolist() == [said.count(0), said.count(1)]
    assert seen.wanted.tolist() == ["".join(texts).count(letter) for letter in "ab"]
    assert seen.silent == sum(path.count(2) for path in paths)
    assert seen.frames == sum(frames)
    assert seen.needed == sum(needs)
    assert seen.infeasible == sum(length < n for length, n in zip(frames, needs, strict=True))


def test_counts_can_be_added_up_as_one_tensor() -> None:
    ctc = CTC(Units("character", units="ab"), GreedyDecoder())
    seen = ctc.observe(_logits(1, [5, 3]), _batch(["ab", "b"]))
    twice = Observation.unpacked(seen.packed() + seen.packed())
    assert all(torch.equal(one, 2 * other) for one, other in zip(twice, seen, strict=True))


def test_the_mean_of_the_losses_is_pytorchs_to_the_last_bit() -> None:
    ctc = CTC(Units("character", units="ab"), GreedyDecoder())
    logits, batch = _logits(1, [5, 3, 2, 9]), _batch(["ab", "b", "", "abab"])
    whole = F.ctc_loss(
        logits.values.log_softmax(1).permute(2, 0, 1), batch.tokens.values, logits.lengths,
        batch.tokens.lengths, blank=2, zero_infinity=True,
    )  # fmt: skip
    losses = ctc.losses(logits, batch)
    assert torch.equal(ctc.loss(logits, batch), whole)
    assert torch.equal(ctc.loss(logits, batch, losses=losses), whole)


@pytest.mark.parametrize(
    "options", [{}, {"label_smoothing": 0.1}, {"label_smoothing": 0.1, "consistency": 0.2}]
)
def test_losses_that_are_known_are_not_computed_again_and_change_no_gradient(
    options: dict[str, float], monkeypatch: pytest.MonkeyPatch
) -> None:
    ctc = CTC(Units("character", units="ab"), GreedyDecoder(), **options)
    logits, batch = _logits(1, [5, 3, 9] * ctc.views), _batch(["ab", "b", "abab"])
    computed, real = [], F.ctc_loss
    monkeypatch.setattr(F, "ctc_loss", lambda *a, **k: computed.append(1) or real(*a, **k))

    seen = []
    for known in (False, True):
        values = logits.values.clone().requires_grad_()
        given = Padded(values, logits.lengths)
        losses = ctc.losses(given, batch) if known else None
        loss = ctc.loss(given, batch, losses=losses)
        loss.backward()
        seen.append((loss, values.grad))

    assert len(computed) == 2
    assert torch.equal(seen[0][0], seen[1][0])
    assert torch.equal(seen[0][1], seen[1][1])


def test_classification_counts_labels_and_has_no_frames() -> None:
    task = Classification(Labels(["a", "b"]), class_weights={"a": 3.0}, label_smoothing=0.1)
    values = torch.tensor([[2.0, 1.0], [0.0, 1.0], [5.0, 0.0]])[..., None]
    logits, batch = Padded(values, torch.ones(3, dtype=torch.long)), _batch(["b", "b", ""])
    seen = task.observe(logits, batch)
    assert seen.said.tolist() == [1, 1]  # the label of the third is not known
    assert seen.wanted.tolist() == [0, 2]
    assert [int(count) for count in seen[2:]] == [0, 0, 0, 0]
    expected = [-values[row, :, 0].log_softmax(0)[1] for row in (0, 1)]
    torch.testing.assert_close(
        task.losses(logits, batch), torch.stack([*expected, 0 * values[0, 0, 0]])
    )
