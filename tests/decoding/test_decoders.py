import itertools

import pytest
import torch

from asr.decoding.greedy import GreedyDecoder
from asr.decoding.prefix_beam import PrefixBeamDecoder
from asr.padded import Padded


def _most_probable(probabilities: torch.Tensor, blank: int) -> list[int]:
    """The answer by brute force: sum the probability of every alignment of every labelling."""
    classes, time = probabilities.shape
    totals: dict[tuple[int, ...], float] = {}
    for path in itertools.product(range(classes), repeat=time):
        labels = tuple(c for c, _ in itertools.groupby(path) if c != blank)
        p = torch.prod(torch.stack([probabilities[c, t] for t, c in enumerate(path)])).item()
        totals[labels] = totals.get(labels, 0.0) + p
    return list(max(totals, key=totals.__getitem__))


@pytest.mark.parametrize("seed", range(20))
@pytest.mark.parametrize("blank", [0, 2])
def test_a_wide_beam_is_exact(seed: int, blank: int) -> None:
    logits = torch.randn(1, 3, 5, generator=torch.Generator().manual_seed(seed)).double()
    [found] = PrefixBeamDecoder(width=10_000)(Padded(logits, torch.tensor([5])), blank=blank)
    assert found == _most_probable(logits.softmax(dim=1)[0], blank=blank)


@pytest.mark.parametrize(
    ("path", "tokens"),
    [("aabb", [0, 1]), ("a-a", [0, 0]), ("aa", [0]), ("---", []), ("-ab-ba-", [0, 1, 1, 0])],
)
@pytest.mark.parametrize("decoder", [GreedyDecoder(), PrefixBeamDecoder(width=4)])
def test_repeats_are_merged_and_blanks_dropped(decoder, path: str, tokens: list[int]) -> None:
    classes = torch.tensor(["ab-".index(symbol) for symbol in path])
    values = torch.nn.functional.one_hot(classes, 3).T.float()[None] * 20
    assert decoder(Padded(values, torch.tensor([len(path)])), 2) == [tokens]


@pytest.mark.parametrize("decoder", [GreedyDecoder(), PrefixBeamDecoder(width=4)])
def test_padding_is_not_decoded(decoder) -> None:
    logits = torch.randn(1, 3, 6)
    short = Padded(logits[..., :4], torch.tensor([4]))
    assert decoder(Padded(logits, torch.tensor([4])), 2) == decoder(short, 2)


def test_a_long_utterance_does_not_underflow() -> None:
    logits = torch.randn(1, 5, 3000)
    [tokens] = PrefixBeamDecoder(width=2)(Padded(logits, torch.tensor([3000])), 4)
    assert len(tokens) > 100


@pytest.mark.parametrize("options", [{"width": 0}, {"classes": 0}])
def test_a_beam_of_nothing_is_refused(options) -> None:
    with pytest.raises(ValueError, match="at least 1"):
        PrefixBeamDecoder(**options)
