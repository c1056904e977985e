import pytest
import torch

from asr.augment.reverberation import Reverberation, room
from asr.keyed import generator


@pytest.mark.parametrize("seconds", [0.2, 1.0])
@pytest.mark.parametrize("ratio_db", [-5.0, 0.0, 12.0])
def test_a_room_has_its_ratio_and_its_reverberation_time(seconds: float, ratio_db: float) -> None:
    response = room(seconds, ratio_db, 16_000, generator(1))

    tail = response[1:].square()
    assert len(response) == round(seconds * 16_000)
    assert response[0] == 1
    assert float(-10 * tail.sum().log10()) == pytest.approx(ratio_db, abs=0.01)
    left = tail.flip(0).cumsum(0).flip(0)  # Schroeder: the energy that is still to come
    half = 10 * (left[len(tail) // 2] / left[0]).log10()
    assert float(half) == pytest.approx(-30, abs=0.5)


def test_a_click_is_heard_at_its_instant_and_rings_on() -> None:
    click = torch.nn.functional.pad(torch.ones(1, 1), (1_000, 7_000))

    heard = Reverberation(0.3, 0.3, 5, 5, probability=1)(click, 16_000, generator(0))

    assert not heard[0, :990].abs().gt(1e-5).any()
    assert int(heard.abs().argmax()) == 1_000
    assert heard[0, 1_001:3_000].abs().gt(1e-4).float().mean() > 0.9


def test_loudness_stays_and_silence_stays_silent() -> None:
    waveform = 0.1 * torch.randn(2, 8_000)
    heard = Reverberation(probability=1)(waveform, 16_000, generator(3))

    assert float(heard.square().mean()) == pytest.approx(float(waveform.square().mean()), 1e-4)
    silent = torch.zeros(1, 300)
    assert torch.equal(Reverberation(probability=1)(silent, 16_000, generator(0)), silent)


@pytest.mark.parametrize(
    "arguments", [{"shortest": 0}, {"shortest": 0.8}, {"longest": 11}, {"low_db": 20}]
)
def test_values_that_cannot_be_are_refused(arguments: dict[str, float]) -> None:
    with pytest.raises(ValueError, match="expected"):
        Reverberation(**arguments)
