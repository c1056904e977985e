import math
import re
from math import nan
from typing import Any

import pytest
import torch
import torchaudio
from hypothesis import given
from hypothesis import strategies as st

from asr.features.log_mel import LogMel
from asr.padded import Padded, pad
from tests.invariance import single, utterances


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"bins": 40, "window_ms": 32.0, "hop_ms": 16.0},
        {"bins": 23, "low_hz": 20.0, "high_hz": 3800.0, "n_fft": 400},
        {"bins": 64, "window_ms": 20.1, "hop_ms": 7.3, "floor": 1e-10},
    ],
)
def test_values_are_those_of_torchaudio(options: dict[str, Any]) -> None:
    features = LogMel(8000, normalize="none", **options)
    reference = torchaudio.transforms.MelSpectrogram(
        8000,
        n_fft=features.n_fft,
        win_length=features.window,
        hop_length=features.hop,
        f_min=options.get("low_hz", 0.0),
        f_max=options.get("high_hz"),
        n_mels=options.get("bins", 80),
        pad_mode="constant",
    )
    x = torch.randn(2, 4000) * torch.tensor([[0.1], [1e-4]])

    expected = reference(x).clamp_min(options.get("floor", 1e-6)).log()

    torch.testing.assert_close(features(single(x[:, None])).values, expected)


@pytest.mark.parametrize(("hop_ms", "sample_rate"), [(10.0, 8000), (1.0, 1000), (7.3, 11025)])
def test_output_length_is_the_length_of_the_output(hop_ms: float, sample_rate: int) -> None:
    features = LogMel(sample_rate, bins=4, hop_ms=hop_ms, normalize="none")

    for length in range(1, 2001, 1 if sample_rate == 8000 else 7):
        y = features(Padded(torch.zeros(1, 1, length), torch.tensor([length])))
        assert y.values.shape[-1] == y.lengths[0] == features.output_length(length)


@pytest.mark.parametrize("range_db", [None, 30.0])
@pytest.mark.parametrize("normalize", ["none", "utterance", "level", "global"])
def test_an_utterance_is_the_same_alone_and_in_a_batch(
    normalize: Any, range_db: float | None
) -> None:
    features = LogMel(8000, bins=20, channels=2, normalize=normalize, range_db=range_db)
    inputs = utterances([3000, 1999, 160, 1], channels=2)

    together = features(pad(inputs, nan))

    assert together.lengths.tolist() == [features.output_length(x.shape[-1]) for x in inputs]
    for x, y, frames in zip(inputs, together.values, together.lengths.tolist(), strict=True):
        torch.testing.assert_close(
            y[:, :frames], features(single(x)).values[0], rtol=1e-4, atol=1e-4
        )


@pytest.mark.parametrize("normalize", ["none", "utterance", "level", "global"])
def test_silence_is_finite(normalize: Any) -> None:
    x = torch.zeros(2, 1, 4000, requires_grad=True)

    y = LogMel(8000, bins=20, normalize=normalize)(single(x)).values
    y.sum().backward()

    assert y.isfinite().all()
    assert x.grad.isfinite().all()


def test_silence_maps_to_the_logarithm_of_the_floor() -> None:
    features = LogMel(8000, bins=20, floor=1e-3, normalize="none")

    y = features(single(torch.zeros(1, 1, 4000))).values

    torch.testing.assert_close(y, torch.full_like(y, math.log(1e-3)))


def test_each_feature_of_an_utterance_is_normalised() -> None:
    y = LogMel(8000, bins=20)(single(torch.randn(2, 1, 4000))).values

    torch.testing.assert_close(y.mean(-1), torch.zeros(y.shape[:2]), rtol=0, atol=1e-4)
    torch.testing.assert_close(y.std(-1, correction=0), torch.ones(y.shape[:2]), rtol=0, atol=1e-2)


def test_channels_give_their_bins_one_after_the_other() -> None:
    one, two = LogMel(8000, bins=20), LogMel(8000, bins=20, channels=2)
    left, right = utterances([2000, 2000])

    y = two(single(torch.cat([left, right])))

    assert two.out_channels == 40
    torch.testing.assert_close(y.values[:, :20], one(single(left)).values)
    torch.testing.assert_close(y.values[:, 20:], one(single(right)).values)


@pytest.mark.parametrize("window_ms", [25.0, 20.125])
def test_the_span_is_the_samples_that_are_heard(window_ms: float) -> None:
    features = LogMel(8000, bins=20, window_ms=window_ms, normalize="none")
    x = torch.randn(1, 1, 1200)
    before = features(single(x)).values
    span = features.span

    for sample in range(300, 900, 13):
        changed = x.clone()
        changed[..., sample] += 100
        after = features(single(changed)).values
        heard = (after - before).abs().amax(dim=1)[0].nonzero().flatten()
        for frame in heard.tolist():
            assert frame * span.stride - span.left <= sample <= frame * span.stride + span.right
        covering = (sample - span.right + 2) / span.stride, (sample + span.left - 2) / span.stride
        assert math.ceil(covering[0]) in heard
        assert math.floor(covering[1]) in heard


def test_utterance_statistics_hear_the_whole_utterance() -> None:
    assert LogMel(8000, bins=20).span.whole
    assert not LogMel(8000, bins=20, normalize="global").span.whole
    assert LogMel(8000, bins=20).span.receptive_field == 200


def test_a_tone_is_loudest_in_the_bins_around_its_frequency() -> None:
    features = LogMel(8000, bins=40, normalize="none")
    seconds = torch.arange(8000) / 8000

    y = features(single(torch.sin(2 * math.pi * 1000 * seconds)[None])).values

    centres = torch.linspace(0, 2595 * math.log10(1 + 4000 / 700), 42)[1:-1]
    expected = int((centres - 2595 * math.log10(1 + 1000 / 700)).abs().argmin())
    assert abs(int(y[0, :, 50].argmax()) - expected) <= 1


@given(sample_rate=st.sampled_from([1000, 4000, 8000, 16_000, 44_100]), bins=st.integers(1, 128))
def test_the_transform_is_made_long_enough_for_every_filter(sample_rate: int, bins: int) -> None:
    try:
        features = LogMel(sample_rate, bins=bins)
    except ValueError as error:
        assert "filters would be empty" in str(error)  # noqa: PT017
        return
    assert (features.filters.amax(dim=0) > 0).all()
    assert features.n_fft >= features.window


def test_a_transform_as_long_as_the_window_is_lengthened_for_narrow_filters() -> None:
    with pytest.raises(ValueError, match="filters would be empty with n_fft 256"):
        LogMel(8000, bins=120, n_fft=256)

    assert LogMel(8000, bins=120).n_fft == 512


def test_only_global_statistics_travel_with_the_weights() -> None:
    assert not LogMel(8000, bins=20).state_dict()
    assert not LogMel(8000, bins=20, normalize="none").state_dict()
    assert set(LogMel(8000, bins=20, normalize="global").state_dict()) == {
        "normalize.mean",
        "normalize.std",
    }


def test_building_it_without_memory_still_checks_its_filters() -> None:
    with torch.device("meta"):
        features = LogMel(8000, bins=20, normalize="global")
        with pytest.raises(ValueError, match="filters would be empty"):
            LogMel(8000, bins=200, n_fft=256)

    assert features.normalize.mean.is_meta
    assert not features.filters.is_meta  # neither is in the weights, which could bring it back
    assert not features.hann.is_meta


def test_half_precision_autocast_changes_nothing() -> None:
    features, x = LogMel(8000, bins=20), single(torch.randn(1, 1, 4000))
    plain = features(x).values

    with torch.autocast("cpu", torch.bfloat16):
        cast = features(x).values

    assert torch.equal(cast, plain)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"sample_rate": 999}, "sample_rate must be 1000 to 192000 Hz, got 999"),
        ({"channels": 0}, "need channels >= 1 and bins of 1 to 1024, got 0 and 80"),
        ({"bins": 0}, "need channels >= 1 and bins of 1 to 1024, got 1 and 0"),
        ({"window_ms": 0.5}, "window_ms must be 1 to 1000"),
        ({"hop_ms": 26.0}, "hop_ms 0.5 to window_ms, got 25 and 26"),
        ({"hop_ms": 0.0}, "hop_ms 0.5 to window_ms, got 25 and 0"),
        ({"sample_rate": 1000, "bins": 4, "hop_ms": 0.5}, "hop_ms must be at least one sample"),
        ({"high_hz": 4001.0}, "need 0 <= low_hz < high_hz <= 4000 Hz, half the sample rate"),
        ({"low_hz": 4000.0}, "got 4000 and 4000"),
        ({"low_hz": -1.0}, "got -1 and 4000"),
        ({"low_hz": nan}, "got nan and 4000"),
        ({"n_fft": 198}, "n_fft must be"),
        ({"n_fft": 0}, "n_fft must be"),
        ({"n_fft": 401, "bins": 20}, "n_fft must be"),
        ({"n_fft": 256, "bins": 200}, "of 200 mel filters would be empty with n_fft 256"),
        ({"floor": 0.0}, "floor must be above 0"),
    ],
)
def test_what_cannot_be_right_is_refused(options: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=re.escape(message)):
        LogMel(**{"sample_rate": 8000, **options})


def test_with_a_range_loudness_changes_nothing() -> None:
    features = LogMel(8000, bins=20, normalize="none", range_db=30.0)
    x = torch.randn(1, 1, 4000)
    torch.testing.assert_close(features(single(x[0] * 7)).values, features(single(x[0])).values)


def test_a_range_bends_energies_so_far_below_the_loudest() -> None:
    plain = LogMel(8000, bins=20, normalize="none", floor=1e-20)
    ranged = LogMel(8000, bins=20, normalize="none", floor=1e-20, range_db=20.0)
    x = single(torch.randn(1, 4000) * torch.linspace(0, 1, 4000) ** 4)
    below = plain(x).values - plain(x).values.max()  # of natural logarithms
    y = ranged(x).values
    torch.testing.assert_close(y, (1 + (below.double().exp() * 100)).log().float())
    assert y.max() == pytest.approx(math.log(101))
    # What is loud keeps its distance from the loudest, what is faint has none from nothing.
    assert (y - y.max() - below)[below > -1].abs().max() < 0.03
    assert y[below < -12].max() < 0.001


def test_silence_has_a_range_as_well() -> None:
    features = LogMel(8000, bins=20, normalize="none", range_db=30.0)
    assert not features(single(torch.zeros(1, 4000))).values.any()


def test_a_range_hears_the_whole_utterance() -> None:
    features = LogMel(8000, bins=20, normalize="none", range_db=30.0)
    assert features.span.whole
    assert features.streaming_obstacle == "relative to the loudest of the utterance"
    assert not LogMel(8000, bins=20, normalize="none").span.whole


@pytest.mark.parametrize("range_db", [0.0, -3.0, 300.0, math.nan])
def test_a_range_that_cannot_be_is_refused(range_db: float) -> None:
    with pytest.raises(ValueError, match="range_db must be 1 to 200 decibels"):
        LogMel(8000, range_db=range_db)
