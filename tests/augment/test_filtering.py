import torch

from asr.augment.filtering import convolved, filtered, loudness


def test_a_convolution_is_the_sum_over_its_taps() -> None:
    waveform, response = torch.randn(2, 37), torch.randn(9)
    expected = torch.zeros(2, 37)
    for tap, factor in enumerate(response):
        expected[:, tap:] += factor * waveform[:, : 37 - tap]

    assert torch.allclose(convolved(waveform, response), expected, atol=1e-5)


def test_each_frequency_gets_its_own_gain_and_no_delay() -> None:
    time = torch.arange(8_000) / 8_000
    low, high = torch.sin(2 * torch.pi * 300 * time), torch.sin(2 * torch.pi * 2000 * time)

    changed = filtered((low + high)[None], 8_000, lambda hertz: 2.0 - (hertz / 1150).clamp(max=1.5))

    expected = (2 - 300 / 1150) * low + 0.5 * high
    assert torch.allclose(changed[0, 500:-500], expected[500:-500], atol=0.02)


def test_a_gain_of_one_is_the_identity_at_any_length() -> None:
    for samples in (1, 2, 3, 1023, 1024, 1025):
        waveform = torch.randn(1, samples)
        assert torch.allclose(filtered(waveform, 8_000, torch.ones_like), waveform, atol=1e-5)


def test_the_end_does_not_ring_into_the_beginning() -> None:
    click = torch.zeros(1, 16_384)  # a power of two, where there is no room by chance
    click[0, -1] = 1

    changed = filtered(click, 16_000, lambda hertz: 1 / (1 + (hertz / 4000) ** 16).sqrt())

    assert float(changed[0, :8000].abs().max()) < 1e-4


def test_loudness_is_the_root_mean_square() -> None:
    assert float(loudness(torch.tensor([[3.0, -3.0], [4.0, 4.0]]))) == torch.tensor(12.5).sqrt()
