import itertools
import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from asr.data.batch import Batch
from asr.data.utterance import Utterance
from asr.decoding.greedy import GreedyDecoder
from asr.padded import Padded, pad
from asr.tasks.ctc import CTC, frames_needed
from asr.text.units import Units


@pytest.fixture
def ctc() -> CTC:
    return CTC(Units("character", units="ab"), GreedyDecoder())


def _batch(*texts: str) -> Batch:
    tokens = pad([torch.tensor(["ab".index(c) for c in text], dtype=torch.long) for text in texts])
    size = len(texts)
    waveforms = pad([torch.zeros(1, 1)] * size)
    return Batch(waveforms, tokens, torch.zeros(size), texts, texts, tuple(range(size)))


def test_the_loss_is_the_sum_over_alignments(ctc: CTC) -> None:
    logits = torch.randn(1, 3, 5)
    probabilities = logits.softmax(dim=1)[0]
    total = sum(
        math.prod(probabilities[c, t].item() for t, c in enumerate(path))
        for path in itertools.product(range(3), repeat=5)
        if [c for c, _ in itertools.groupby(path) if c != 2] == [0, 1, 1]
    )
    loss = ctc.loss(Padded(logits, torch.tensor([5])), _batch("abb"))
    assert loss.item() == pytest.approx(-math.log(total) / 3, rel=1e-5)


def test_padded_frames_have_no_part_in_the_loss(ctc: CTC) -> None:
    logits = torch.randn(1, 3, 8)
    short = ctc.loss(Padded(logits[..., :5], torch.tensor([5])), _batch("ab"))
    long = ctc.loss(Padded(logits, torch.tensor([5])), _batch("ab"))
    assert long == short


def test_an_utterance_that_cannot_be_aligned_adds_nothing(ctc: CTC) -> None:
    logits = torch.randn(1, 3, 2, requires_grad=True)
    loss = ctc.loss(Padded(logits, torch.tensor([2])), _batch("abab"))
    loss.backward()
    assert loss == 0
    assert logits.grad is not None
    assert not logits.grad.any()


def test_half_precision_logits_give_a_full_precision_loss(ctc: CTC) -> None:
    logits = torch.randn(1, 3, 5).bfloat16()
    assert ctc.loss(Padded(logits, torch.tensor([5])), _batch("ab")).dtype == torch.float32


def test_what_has_no_text_can_still_be_scored(ctc: CTC) -> None:
    logits = Padded(torch.randn(2, 3, 5), torch.tensor([5, 5]))
    assert ctc.loss(logits, _batch("", "")).isfinite()
    assert len(ctc.predict(logits)) == 2


@given(st.lists(st.integers(0, 2), min_size=1, max_size=5), st.integers(1, 9))
def test_feasible_means_that_an_alignment_exists(tokens: list[int], frames: int) -> None:
    log_probabilities = torch.zeros(frames, 1, 4).log_softmax(dim=2)
    loss = torch.nn.functional.ctc_loss(
        log_probabilities, torch.tensor([tokens]), torch.tensor([frames]),
        torch.tensor([len(tokens)]), blank=3,
    )  # fmt: skip
    assert loss.isfinite() == (frames >= frames_needed(tokens))


def test_faults_are_named(ctc: CTC) -> None:
    assert ctc.fault([0, 0, 1], 4) is None
    assert ctc.fault([0, 0, 1], 3) == "infeasible: 3 tokens need 4 frames, the model gives 3"
    assert ctc.fault([], 9) == "no text"


def test_a_corpus_of_labels_can_be_transcribed() -> None:
    assert CTC.target(Utterance("a", None, label="cat")) == "cat"  # type: ignore[arg-type]
    assert CTC.target(Utterance("a", None, text="a cat", label="cat")) == "a cat"  # type: ignore[arg-type]


def test_the_blank_is_not_a_symbol_of_the_vocabulary(ctc: CTC) -> None:
    assert ctc.blank == 2
    assert ctc.make_head(4)(Padded(torch.zeros(1, 4, 3), torch.tensor([3]))).values.shape == (
        1,
        3,
        3,
    )


def _two_views() -> CTC:
    return CTC(Units("character", units="ab"), GreedyDecoder(), consistency=0.2)


def test_two_equal_views_give_the_loss_of_one(ctc: CTC) -> None:
    logits = Padded(torch.randn(2, 3, 6), torch.tensor([6, 4]))
    batch = _batch("ab", "b")

    loss = _two_views().loss(logits.repeated(2), batch)

    torch.testing.assert_close(loss, ctc.loss(logits, batch))


def test_the_loss_of_two_views_is_their_mean_and_their_disagreement_per_token(ctc: CTC) -> None:
    first, second = torch.randn(2, 1, 3, 5)
    p, q = first.softmax(dim=1), second.softmax(dim=1)
    lengths = torch.tensor([5])
    each = [ctc.loss(Padded(view, lengths), _batch("aba")) for view in (first, second)]
    apart = ((p - q) * (p / q).log()).sum() / 2 / 3

    both = Padded(torch.cat([first, second]), lengths.repeat(2))

    loss = _two_views().loss(both, _batch("aba"))
    torch.testing.assert_close(loss, sum(each) / 2 + 0.2 * apart)


def test_views_are_compared_where_an_utterance_is_true(ctc: CTC) -> None:
    batch, lengths = _batch("ab", "b"), torch.tensor([6, 4, 6, 4])
    clean = torch.randn(4, 3, 6)
    dirty = clean.clone()
    dirty[1, :, 4:], dirty[3, :, 4:] = torch.nan, torch.inf
    seen = []
    for values in (clean, dirty):
        values.requires_grad_()
        loss = _two_views().loss(Padded(values, lengths), batch)
        loss.backward()
        seen.append((loss, values.grad))

    assert seen[0][0] == seen[1][0]
    assert torch.equal(seen[0][1], seen[1][1])
    assert not seen[1][1][1::2, :, 4:].any()


def test_an_utterance_disagrees_as_much_alone_as_in_a_batch() -> None:
    values, lengths = torch.randn(4, 3, 6), torch.tensor([6, 4, 6, 4])
    task = _two_views()

    alone = [
        task.loss(Padded(values[i::2, :, :length], torch.tensor([length] * 2)), _batch(text))
        for i, (text, length) in enumerate((("ab", 6), ("b", 4)))
    ]

    together = task.loss(Padded(values, lengths), _batch("ab", "b"))
    torch.testing.assert_close(together, sum(alone) / 2)


def test_two_views_are_asked_for_only_where_they_are_compared(ctc: CTC) -> None:
    assert ctc.views == 1
    assert _two_views().views == 2
    with pytest.raises(ValueError, match="consistency"):
        CTC(Units("character", units="ab"), GreedyDecoder(), consistency=-1)


def test_intermediate_heads_have_their_share_of_the_loss(ctc: CTC) -> None:
    top, one, other = (Padded(torch.randn(2, 3, n), torch.tensor([n, n - 1])) for n in (5, 9, 7))
    batch = _batch("ab", "b")
    task = CTC(Units("character", units="ab"), GreedyDecoder(), intermediate_weight=0.4)

    loss = task.loss(top, batch, [one, other])

    losses = [ctc.loss(logits, batch) for logits in (top, one, other)]
    torch.testing.assert_close(loss, 0.6 * losses[0] + 0.2 * losses[1] + 0.2 * losses[2])


def test_intermediate_heads_see_both_views() -> None:
    top, below = (Padded(torch.randn(2, 3, n), torch.tensor([n, n])) for n in (5, 9))
    batch, task = _batch("ab"), _two_views()

    loss = task.loss(top, batch, [below])

    single = [task.loss(Padded(v[None], below.lengths[:1]), batch) for v in below.values]
    torch.testing.assert_close(loss, 0.7 * task.loss(top, batch) + 0.15 * sum(single))


def test_label_smoothing_takes_its_share_from_the_alignments(ctc: CTC) -> None:
    logits = Padded(torch.randn(2, 3, 6), torch.tensor([6, 4]))
    batch = _batch("aba", "b")
    p = logits.values.softmax(dim=1)
    divergence = (p * (3 * p).log()).sum(dim=1)
    sure = (divergence[0].sum() / 3 + divergence[1, :4].sum()) / 2
    task = CTC(Units("character", units="ab"), GreedyDecoder(), label_smoothing=0.1)

    loss = task.loss(logits, batch)

    torch.testing.assert_close(loss, 0.9 * ctc.loss(logits, batch) + 0.1 * sure)


@pytest.mark.parametrize("wrong", [{"label_smoothing": 1.0}, {"intermediate_weight": -0.1}])
def test_shares_of_the_loss_are_below_one(wrong: dict[str, float]) -> None:
    with pytest.raises(ValueError, match="must be 0 up to below 1"):
        CTC(Units("character", units="ab"), GreedyDecoder(), **wrong)  # type: ignore[arg-type]
