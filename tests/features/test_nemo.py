import pytest
import torch
import torchaudio

from asr.features.fixed import FixedFrames
from asr.features.mfcc import MFCC
from asr.features.nemo import NemoMel, NemoMFCC
from asr.padded import pad


def reference_mel(wave: torch.Tensor) -> torch.Tensor:
    """Log-mel energies step by step, as the documentation of NeMo's preprocessor tells them."""
    emphasised = wave.clone()
    emphasised[1:] = wave[1:] - 0.97 * wave[:-1]
    edged = torch.cat([torch.zeros(256), emphasised, torch.zeros(256)])
    window = torch.zeros(512)
    window[96:416] = torch.hann_window(320, periodic=False)
    frames = torch.stack([edged[i * 160 : i * 160 + 512] * window for i in range(len(wave) // 160)])
    power = torch.fft.rfft(frames).abs().square()
    filters = torchaudio.functional.melscale_fbanks(
        257, 0.0, 8000.0, 64, 16000, norm="slaney", mel_scale="slaney"
    )
    mel = (power @ filters + 2**-24).log().T
    return (mel - mel.mean(1, keepdim=True)) / (mel.std(1, keepdim=True) + 1e-5)


def test_mel_is_computed_as_nemo_does() -> None:
    wave = torch.randn(7777) / 10
    torch.testing.assert_close(
        NemoMel(16000)(pad([wave[None]])).values[0], reference_mel(wave), rtol=1e-4, atol=1e-4
    )


@pytest.mark.parametrize(
    "features",
    [
        NemoMel(16000),
        NemoMel(16000, normalize="none", guard_added=False, preemphasis=None),
        NemoMFCC(16000),
        FixedFrames(NemoMFCC(16000), 60),
        FixedFrames(MFCC(16000), 60),
    ],
)
def test_features_are_the_same_alone_and_in_a_batch(features: torch.nn.Module) -> None:
    waves = [torch.randn(1, samples) / 10 for samples in (9000, 4000, 16000, 801, 160)]
    together = features(pad(waves, float("nan")))
    for row, wave in enumerate(waves):
        alone = features(pad([wave]))
        frames = int(alone.lengths[0])
        assert frames == together.lengths[row] == features.output_length(wave.shape[-1])  # type: ignore[operator]
        torch.testing.assert_close(
            together.values[row, :, :frames], alone.values[0], rtol=1e-4, atol=1e-4
        )


@pytest.mark.parametrize("samples", [200, 9600, 9599, 16000, 40000])
def test_a_recording_is_cut_to_its_middle_or_filled_up_on_both_sides(samples: int) -> None:
    inner = NemoMFCC(16000)
    wave = pad([torch.randn(1, samples)])
    whole = inner(wave).values[0]
    frames = whole.shape[1]
    got = FixedFrames(inner, 60)(wave).values[0]
    assert got.shape == (64, 60)
    if frames >= 60:
        first = (frames - 60) // 2
        assert torch.equal(got, whole[:, first : first + 60])
    else:
        left = (60 - frames) // 2
        assert torch.equal(got[:, left : left + frames], whole)
        assert not got[:, :left].any()
        assert not got[:, left + frames :].any()


def test_what_cannot_be_is_refused() -> None:
    with pytest.raises(ValueError, match="window must be one of"):
        NemoMel(16000, window="kaiser")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="window of 1 to n_fft"):
        NemoMel(16000, n_fft=256)
    with pytest.raises(ValueError, match="coefficients must be 1 to bins"):
        NemoMFCC(16000, coefficients=65)
    with pytest.raises(ValueError, match="frames must be at least 1"):
        FixedFrames(NemoMFCC(16000), 0)
