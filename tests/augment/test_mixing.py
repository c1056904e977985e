import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from asr.augment.mixing import mixed, partners, shares, spliced
from asr.padded import Padded

LENGTHS = torch.tensor([40, 9, 25, 1, 33])


def _waveforms() -> Padded:
    """Utterance ``i`` holds ``100 * i`` and the number of the sample, beyond its length NaN."""
    values = torch.arange(40.0).expand(5, 2, 40) + 100 * torch.arange(5)[:, None, None]
    beyond = torch.arange(40) >= LENGTHS[:, None]
    return Padded(values.masked_fill(beyond[:, None], torch.nan), LENGTHS)


@given(st.integers(2, 20))
def test_everybody_has_another_partner_and_is_one(batch: int) -> None:
    partner = partners(batch)

    assert sorted(partner.tolist()) == list(range(batch))
    assert not (partner == torch.arange(batch)).any()


def test_who_is_alone_is_mixed_with_itself() -> None:
    assert partners(1).tolist() == [0]


def test_partners_and_shares_are_drawn_anew_and_repeat_with_the_seed() -> None:
    def drawn() -> list[float]:
        return [*partners(16).tolist(), *shares(16, 0.5).tolist()]

    torch.manual_seed(5)
    first = drawn()
    other = drawn()
    torch.manual_seed(5)

    assert drawn() == first
    assert other != first


@pytest.mark.parametrize(("alpha", "mean"), [(1.0, 0.75), (0.01, 1.0), (1000.0, 0.513)])
def test_shares_are_the_larger_of_two(alpha: float, mean: float) -> None:
    drawn = shares(4000, alpha)

    assert float(drawn.min()) >= 0.5
    assert float(drawn.max()) <= 1
    assert float(drawn.mean()) == pytest.approx(mean, abs=0.01)


def test_a_mixture_is_the_sum_of_both_where_both_are_and_as_long_as_its_own() -> None:
    partner = torch.tensor([1, 2, 3, 4, 0])
    share = torch.tensor([0.5, 0.75, 0.9, 1.0, 0.6])

    found = mixed(_waveforms(), partner, share)

    assert torch.equal(found.lengths, LENGTHS)
    clean = _waveforms()
    for i, length in enumerate(LENGTHS.tolist()):
        other = torch.zeros(2, 40)
        reach = int(LENGTHS[partner[i]])
        other[:, :reach] = clean.values[partner[i], :, :reach]
        expected = share[i] * clean.values[i, :, :length] + (1 - share[i]) * other[:, :length]
        torch.testing.assert_close(found.values[i, :, :length], expected)
        assert not found.values[i, :, length:].any()


def test_a_splice_is_one_piece_of_the_partner_and_the_share_is_what_is_left() -> None:
    partner = torch.tensor([1, 2, 3, 4, 0])
    begins = set()
    for seed in range(200):
        torch.manual_seed(seed)
        share = shares(5, 1.0)

        found, kept = spliced(_waveforms(), partner, share)

        for i, length in enumerate(LENGTHS.tolist()):
            row = found.values[i, 0, :length]
            there = (row - 100 * i != torch.arange(float(length))).nonzero().flatten().tolist()
            size = min(int((1 - share[i]) * length), int(LENGTHS[partner[i]]))
            assert kept[i].item() == pytest.approx(1 - size / length)
            if not size:
                assert not there
                continue
            assert there == list(range(there[0], there[0] + size))
            piece = (row[there] - 100 * partner[i]).tolist()
            assert piece == list(range(int(piece[0]), int(piece[0]) + size))
            assert piece[-1] < LENGTHS[partner[i]]
            assert torch.equal(found.values[i, 1, :length], row)
            if i == 0 and size == 9:
                begins.add(there[0])
    assert len(begins) > 10  # anywhere
