import pytest
import torch

from asr.augment.shift import Shift
from asr.keyed import generator


def test_the_recording_moves_and_zeros_enter() -> None:
    waveform = torch.arange(1.0, 101)[None]
    seen = set()
    for seed in range(200):
        moved = Shift(10.0)(waveform, 1_000, generator(seed))[0]
        later = int((moved == 0).sum()) * (1 if moved[0] == 0 else -1)
        expected = torch.zeros(100)
        kept = slice(max(0, -later), 100 - max(0, later))
        expected[max(0, later) : 100 - max(0, -later)] = waveform[0, kept]
        assert torch.equal(moved, expected)
        seen.add(later)

    assert seen == set(range(-10, 11))


def test_a_clip_shorter_than_the_shift_keeps_its_length() -> None:
    for seed in range(20):
        assert Shift(1_000)(torch.ones(1, 3), 16_000, generator(seed)).shape == (1, 3)


def test_the_quietest_of_the_recording_enters_in_the_place_of_zeros() -> None:
    waveform = torch.cat([torch.full((2, 300), 5.0), torch.full((2, 250), 1.0)], dim=1)
    waveform += torch.arange(550) / 10_000  # so that each sample is known again
    for seed in range(50):
        zeros = Shift(200.0)(waveform, 1_000, generator(seed))
        moved = Shift(200.0, fill="background")(waveform, 1_000, generator(seed))
        entered = zeros == 0
        assert torch.equal(moved[~entered], zeros[~entered])
        silence = moved[0, entered[0]]
        assert torch.equal(moved[1, entered[1]], silence)
        assert len(silence) < 2 or silence.diff().abs().max() < 2e-4  # there and back: no jumps
        assert silence.min() >= waveform[0, 300]
        assert silence.max() < waveform[0, 401]  # what is quietest is the first tenth of a second


def test_a_clip_shorter_than_the_background_is_its_own() -> None:
    waveform = torch.rand(1, 3) + 1
    for seed in range(20):
        moved = Shift(1_000, fill="background")(waveform, 16_000, generator(seed))
        assert set(moved[0].tolist()) <= set(waveform[0].tolist())


def test_another_fill_is_refused() -> None:
    with pytest.raises(ValueError, match="fill must be 'zeros' or 'background', got 'noise'"):
        Shift(fill="noise")  # type: ignore[arg-type]


@pytest.mark.parametrize("most_ms", [-1, float("nan"), float("inf")])
def test_a_shift_that_cannot_be_is_refused(most_ms: float) -> None:
    with pytest.raises(ValueError, match="most_ms"):
        Shift(most_ms)


@pytest.mark.parametrize("keep", [1.5, -0.1, float("nan")])
def test_a_share_that_cannot_stay_is_refused(keep: float) -> None:
    with pytest.raises(ValueError, match=f"keep must be 0 to 1, got {keep}"):
        Shift(keep=keep)


@pytest.mark.parametrize("keep", [0.1, 0.5, 1.0])
def test_so_much_of_the_energy_stays_and_no_more_has_to(keep: float) -> None:
    waveform = torch.zeros(2, 1_000)
    waveform[:, 300:500] = torch.randn(2, 200)
    total = waveform.square().sum()
    stay = torch.stack(
        [
            Shift(5_000.0, keep=keep)(waveform, 1_000, generator(seed)).square().sum() / total
            for seed in range(300)
        ]
    )

    assert stay.min() > keep - 1e-5
    assert stay.min() < keep + 0.02
    assert stay.max() > 1 - 1e-5


def test_words_are_cut_off_at_both_ends() -> None:
    waveform = torch.zeros(1, 1_000)
    waveform[:, 300:500] = torch.arange(1.0, 201)
    lost = set()
    for seed in range(200):
        moved = Shift(1_000.0, keep=0.2)(waveform, 1_000, generator(seed))[0]
        lost |= {value for value in (1, 200) if not (moved == value).any()}

    assert lost == {1, 200}


def test_a_smaller_shift_is_not_made_larger() -> None:
    waveform = torch.zeros(1, 1_000)
    waveform[0, 500] = 1.0
    for seed in range(100):
        kept = Shift(20.0, keep=0.5)(waveform, 1_000, generator(seed))
        assert torch.equal(kept, Shift(20.0)(waveform, 1_000, generator(seed)))


def test_silence_may_move_anywhere() -> None:
    for seed in range(20):
        assert not Shift(1_000.0, keep=0.5)(torch.zeros(1, 100), 1_000, generator(seed)).any()
