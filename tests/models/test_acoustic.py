import pytest
import torch
from torch import Tensor, nn

from asr.augment.spec_augment import SpecAugment
from asr.features.log_mel import LogMel
from asr.features.normalize import Normalization
from asr.features.waveform import Waveform
from asr.layers.conv import Padding
from asr.layers.heads import FrameHead, PooledHead
from asr.models.acoustic import AcousticModel, Augment
from asr.models.conv_stack import ConvStack
from asr.padded import Padded
from asr.span import Span
from tests.invariance import assert_alone_as_in_a_batch, single, utterances


@pytest.mark.parametrize("normalize", ["utterance", "level", "global", "none"])
@pytest.mark.parametrize("head", [FrameHead, PooledHead])
def test_an_utterance_is_the_same_alone_and_in_a_batch(
    normalize: Normalization, head: type[nn.Module]
) -> None:
    model = AcousticModel(
        Waveform(8000, normalize=normalize),
        _encoder(1),
        head(6, 5),  # type: ignore[call-arg]
    ).eval()
    model.output_length = (  # type: ignore[assignment]
        model.frames if head is FrameHead else lambda length: 1
    )

    assert_alone_as_in_a_batch(model, utterances([90, 71, 20]), tolerance=1e-4)  # type: ignore[arg-type]


def test_frames_are_those_that_come_out() -> None:
    model = _speech()

    for samples in (1, 79, 80, 1000, 1234):
        logits = model(single(torch.randn(1, 1, samples)))
        assert logits.values.shape == (1, 5, model.frames(samples))


def test_its_span_is_in_samples() -> None:
    model = _speech()

    assert model.span == Span(left=100 + 80 * 1, right=99 + 80 * 2, stride=160, whole=True)
    assert model.hop_ms == 20


@pytest.mark.parametrize("padding", ["same", "causal", "valid", (0, 6)])
@pytest.mark.parametrize("features", [LogMel(8000, bins=20, normalize="none"),
                                      Waveform(8000, normalize="none")])  # fmt: skip
def test_a_frame_is_in_the_middle_of_the_samples_that_move_it(
    features: nn.Module, padding: Padding
) -> None:
    block = {"channels": 6, "kernels": [7, 3], "norm": "none", "activation": "none",
             "pool": {"kind": "average", "kernel": 2}, "padding": padding}  # fmt: skip
    encoder = ConvStack(features.out_channels, [block])  # type: ignore[list-item,arg-type]
    model = AcousticModel(features, encoder, FrameHead(6, 5)).eval()
    waveform = torch.randn(1, 1, 6000).requires_grad_()
    frame = model.frames(6000) // 2

    model(single(waveform)).values[0, :, frame].sum().backward()

    assert waveform.grad is not None
    moving = waveform.grad[0, 0].nonzero()[:, 0].tolist()
    # A Hann window begins with a sample that it does not hear.
    assert model.frame_seconds(frame) * 8000 == pytest.approx((moving[0] + moving[-1]) / 2, abs=0.5)


def test_augmentation_needs_training_and_keys() -> None:
    model = _speech(augment=_louder)
    x, keys = single(torch.randn(2, 1, 800)), torch.tensor([3, 4])
    model.encoder.eval()  # type: ignore[attr-defined]

    plain = model(x)

    assert not torch.equal(model(x, keys).values, plain.values)
    assert torch.equal(model.eval()(x, keys).values, plain.values)


def test_views_are_augmented_apart_and_the_first_is_the_only_one_of_others() -> None:
    model = _speech(augment=SpecAugment(frequency_width=4, time_width=4))
    model.encoder.eval()  # type: ignore[attr-defined]  # no batch statistics
    x, keys = Padded(torch.randn(3, 1, 2000), torch.tensor([2000, 1500, 900])), torch.arange(3)

    one = model(x, keys)
    two = model(x, keys, views=2)

    assert two.lengths.tolist() == one.lengths.tolist() * 2
    assert torch.equal(two.values[:3], one.values)
    assert all(not torch.equal(two.values[i], two.values[3 + i]) for i in range(3))
    assert torch.equal(model(x, keys, views=2).values, two.values)
    again = model(Padded(x.values[1:2], x.lengths[1:2]), keys[1:2], views=2)
    torch.testing.assert_close(again.values, two.values[1::3])
    assert torch.equal(model.eval()(x, keys, views=2).values, model(x).values)


def test_statistics_are_fitted_where_the_features_need_them() -> None:
    batches = [single(torch.randn(4, 1, 4000)) for _ in range(3)]
    model = _speech("global")

    model.fit_statistics(batches)

    features = torch.cat([model.features(batch).values for batch in batches])
    torch.testing.assert_close(features.mean((0, 2)), torch.zeros(20), rtol=0, atol=1e-3)
    _speech("utterance").fit_statistics(batches)  # needs none


def _louder(x: Padded, keys: Tensor) -> Padded:
    return x._replace(values=x.values * keys[:, None, None])


def _encoder(channels: int) -> ConvStack:
    pool = {"kind": "max", "kernel": 2}
    return ConvStack(channels, [{"channels": 6, "kernels": [3], "pool": pool}])  # type: ignore[typeddict-item]


def _speech(
    normalize: Normalization = "utterance", augment: Augment | None = None
) -> AcousticModel:
    features = LogMel(8000, bins=20, normalize=normalize)
    return AcousticModel(features, _encoder(20), FrameHead(6, 5), augment)
