from math import nan

import pytest
import torch

from asr.features.waveform import Waveform
from asr.padded import pad
from asr.span import Span
from tests.invariance import assert_alone_as_in_a_batch, single, utterances


def test_samples_are_left_as_they_are() -> None:
    features, x = Waveform(8000, channels=2, normalize="none"), torch.randn(3, 2, 100)

    y = features(single(x))

    assert torch.equal(y.values, x)
    assert features.output_length(100) == 100
    assert features.out_channels == 2
    assert features.span == Span()


def test_each_channel_is_normalised_by_itself() -> None:
    x = torch.randn(1, 2, 1000) * torch.tensor([[1.0], [50.0]])

    y = Waveform(8000, channels=2)(single(x)).values

    torch.testing.assert_close(y.std(dim=-1), torch.ones(1, 2), rtol=0, atol=1e-3)


@pytest.mark.parametrize("normalize", ["none", "utterance", "level", "global"])
def test_an_utterance_is_the_same_alone_and_in_a_batch(normalize: str) -> None:
    features = Waveform(8000, channels=2, normalize=normalize)  # type: ignore[arg-type]

    assert_alone_as_in_a_batch(features, utterances([90, 70, 2], channels=2))


def test_global_statistics_are_fitted_to_the_raw_samples() -> None:
    features = Waveform(8000, normalize="global")
    batch = pad([4 * x + 1 for x in utterances([500, 300])], nan)

    features.normalize.fit([features.raw(batch)])

    valid = features(batch).values[batch.mask[:, None]]
    assert float(valid.mean()) == pytest.approx(0, abs=1e-4)
    assert float(valid.std()) == pytest.approx(1, abs=1e-2)
    assert set(features.state_dict()) == {"normalize.mean", "normalize.std"}


def test_utterance_statistics_hear_the_whole_utterance() -> None:
    assert Waveform(8000).span == Span(whole=True)
    assert Waveform(8000, normalize="global").span == Span()


def test_half_precision_samples_become_floats() -> None:
    y = Waveform(8000, normalize="none")(single(torch.randn(1, 1, 9).bfloat16()))

    assert y.values.dtype == torch.float32


def test_it_can_be_built_without_memory() -> None:
    with torch.device("meta"):
        assert Waveform(8000, normalize="global").normalize.mean.is_meta


@pytest.mark.parametrize("sample_rate", [0, 999, 192_001])
def test_a_sample_rate_out_of_range_is_refused(sample_rate: int) -> None:
    with pytest.raises(ValueError, match="sample_rate must be 1000 to 192000 Hz"):
        Waveform(sample_rate)


def test_no_channels_are_refused() -> None:
    with pytest.raises(ValueError, match="channels must be at least 1, got 0"):
        Waveform(8000, channels=0)
