import math
from math import nan

import pytest
import torch
import torchaudio

from asr.features.log_mel import LogMel
from asr.features.mfcc import MFCC
from asr.padded import pad
from asr.span import Span
from tests.invariance import single, utterances


def test_values_are_the_cosine_transform_of_the_log_mel() -> None:
    features = MFCC(8000, coefficients=13, bins=20, normalize="none")
    x = single(torch.randn(2, 1, 4000))
    mel = LogMel(8000, bins=20, normalize="none")(x).values

    y = features(x).values

    for k in range(13):
        cosines = torch.tensor([math.cos(math.pi * k * (n + 0.5) / 20) for n in range(20)])
        scale = math.sqrt((1 if k == 0 else 2) / 20)
        expected = scale * (mel * cosines[:, None]).sum(dim=1)
        torch.testing.assert_close(y[:, k], expected, rtol=1e-4, atol=1e-4)


def test_values_are_those_of_torchaudio() -> None:
    features = MFCC(8000, coefficients=13, bins=20, normalize="none")
    x = torch.randn(2, 1, 4000)  # loud, so that the two ways to floor an energy agree
    mel = {
        "n_mels": 20,
        "n_fft": features.log_mel.n_fft,
        "win_length": 200,
        "hop_length": 80,
        "pad_mode": "constant",
    }
    reference = torchaudio.transforms.MFCC(8000, n_mfcc=13, log_mels=True, melkwargs=mel)

    torch.testing.assert_close(features(single(x)).values, reference(x)[:, 0], rtol=1e-3, atol=1e-3)


@pytest.mark.parametrize("normalize", ["none", "utterance", "level", "global"])
def test_an_utterance_is_the_same_alone_and_in_a_batch(normalize: str) -> None:
    features = MFCC(8000, coefficients=13, bins=20, channels=2, normalize=normalize)  # type: ignore[arg-type]
    inputs = utterances([3000, 1999, 1], channels=2)

    together = features(pad(inputs, nan))

    for x, y, frames in zip(inputs, together.values, together.lengths.tolist(), strict=True):
        assert frames == features.output_length(x.shape[-1])
        torch.testing.assert_close(
            y[:, :frames], features(single(x)).values[0], rtol=1e-4, atol=1e-4
        )


def test_each_feature_of_an_utterance_is_normalised() -> None:
    y = MFCC(8000, coefficients=5, bins=20)(single(torch.randn(2, 1, 4000))).values

    torch.testing.assert_close(y.mean(-1), torch.zeros(y.shape[:2]), rtol=0, atol=1e-4)
    torch.testing.assert_close(y.std(-1, correction=0), torch.ones(y.shape[:2]), rtol=0, atol=1e-2)


def test_channels_give_their_coefficients_one_after_the_other() -> None:
    one = MFCC(8000, coefficients=5, bins=20)
    two = MFCC(8000, coefficients=5, bins=20, channels=2)
    left, right = utterances([2000, 2000])

    y = two(single(torch.cat([left, right]))).values

    assert two.out_channels == 10
    torch.testing.assert_close(y[:, :5], one(single(left)).values)
    torch.testing.assert_close(y[:, 5:], one(single(right)).values)


def test_its_span_is_that_of_its_log_mel() -> None:
    assert MFCC(8000, bins=20, coefficients=5, normalize="global").span == Span(100, 99, 80)
    assert MFCC(8000, bins=20, coefficients=5).span.whole


def test_silence_is_finite() -> None:
    assert MFCC(8000)(single(torch.zeros(1, 1, 4000))).values.isfinite().all()


def test_only_global_statistics_travel_with_the_weights() -> None:
    assert not MFCC(8000).state_dict()
    assert set(MFCC(8000, normalize="global").state_dict()) == {"normalize.mean", "normalize.std"}


def test_it_can_be_built_without_memory() -> None:
    with torch.device("meta"):
        features = MFCC(8000, normalize="global")

    assert features.normalize.std.is_meta
    assert not features.dct.is_meta


@pytest.mark.parametrize("coefficients", [0, 21])
def test_more_coefficients_than_bins_are_refused(coefficients: int) -> None:
    with pytest.raises(ValueError, match=r"coefficients must be 1 to bins \(20\), got"):
        MFCC(8000, coefficients=coefficients, bins=20)
