"""The published models against the figures of their papers and of the code of their authors."""

import json
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import nn

from asr.evaluation.untrained import untrained
from asr.layers.conv import TimeConv
from asr.models.acoustic import AcousticModel

FIXTURES = Path(__file__).parents[3] / "shared" / "fixtures" / "nemo"


def model(name: str, classes: int) -> AcousticModel:
    with torch.device("meta"):
        return untrained([f"model={name}"], classes).recognizer.model


def parameters(layer: Any) -> int:
    return sum(p.numel() for p in layer.parameters())


@pytest.mark.parametrize(
    ("name", "classes", "count"),
    [
        ("m3", 10, 221_194),
        ("m5", 10, 559_114),
        ("m11", 10, 1_786_442),
        ("m18", 10, 3_683_786),
        ("wav2letter", 29, 26_189_279),
        ("wav2letter_mfcc", 29, 23_282_529),
        ("conv_glu", 30, 208_863_942),
        ("jasper_10x5dr", 29, 332_632_349),
        ("quartznet_5x5", 29, 6_713_181),
        ("quartznet_10x5", 29, 12_818_781),
        ("quartznet_15x5", 29, 18_924_381),
        ("citrinet_256", 257, 9_767_441),
        ("citrinet_512", 1025, 36_994_321),
        ("citrinet_1024", 257, 142_331_537),
        ("citrinet_1024_gamma_0.25", 1025, 141_224_337),
        ("matchboxnet_3x1x64", 30, 77_214),
        ("matchboxnet_3x1x64", 35, 77_859),
        ("matchboxnet_3x2x64", 30, 92_766),
        ("matchboxnet_3x2x64", 35, 93_411),
        ("marblenet_3x2x64", 2, 89_154),
        ("tc_resnet_8", 12, 65_168),
        ("tc_resnet_8_1.5", 12, 144_264),
        ("tc_resnet_14", 12, 135_856),
        ("tc_resnet_14_1.5", 12, 303_000),
        ("bc_resnet_1", 12, 9_232),
        ("bc_resnet_2", 12, 27_284),
        ("bc_resnet_3", 12, 54_168),
        ("bc_resnet_6", 12, 187_812),
        ("bc_resnet_8", 12, 321_068),
        ("tds", 9_998, 203_394_122),
        ("tds_streaming", 9_998, 115_111_823),
    ],
)
def test_the_parameters_are_the_published_ones(name: str, classes: int, count: int) -> None:
    assert parameters(model(name, classes)) == count


@pytest.mark.parametrize(
    ("name", "count"),
    [
        ("citrinet_256", 9_602_704),
        ("citrinet_384", 20_815_504),
        ("citrinet_512", 36_337_296),
        ("citrinet_1024", 142_068_112),
        ("citrinet_1024_gamma_0.25", 140_173_712),
        ("contextnet", 139_531_920),
    ],
)
def test_the_parameters_of_the_encoder_are_the_published_ones(name: str, count: int) -> None:
    assert parameters(model(name, 29).encoder) == count


@pytest.mark.parametrize(
    ("name", "field", "stride"),
    [
        ("quartznet_5x5", 2937, 2),
        ("quartznet_10x5", 5497, 2),
        ("quartznet_15x5", 8057, 2),
        ("jasper_10x5dr", 1763, 2),
        ("matchboxnet_3x1x64", 109, 1),
        ("matchboxnet_3x2x64", 151, 1),
        ("marblenet_3x2x64", 151, 1),
        ("wav2letter", 31_130, 320),
        ("wav2letter_mfcc", 194, 2),
        ("conv_glu", 341, 1),
        ("citrinet_256", 13_015, 8),
        ("citrinet_1024", 13_015, 8),
        ("citrinet_1024_gamma_0.25", 2_875, 8),
        ("contextnet", 1_937, 8),
        ("tds", 2_421, 8),
        ("tds_streaming", 1000, 8),
        ("m5", 1772, 1024),
        ("tc_resnet_8", 171, 8),
        ("tc_resnet_14", 395, 8),
        ("yesno_tdnn", 27, 1),
    ],
)
def test_the_receptive_field_is_the_published_one(name: str, field: int, stride: int) -> None:
    span = model(name, 29).encoder.span
    assert (span.receptive_field, span.stride) == (field, stride)


@pytest.mark.parametrize("name", ["citrinet_256", "contextnet", "tds"])
def test_what_is_over_the_whole_utterance_is_told_apart(name: str) -> None:
    assert model(name, 29).encoder.span.whole
    assert not model("tds_streaming", 29).encoder.span.whole


def test_streaming_tds_hears_490_ms_of_what_is_to_come() -> None:
    made = model("tds_streaming", 29)
    # An output frame stands for eight of 10 ms, the last of which the authors count from.
    assert made.encoder.span.right * 10 - (made.encoder.span.stride - 1) * 10 == 490


@pytest.mark.parametrize(
    ("name", "file", "classes"),
    [
        ("quartznet_15x5", "QuartzNet15x5", 29),
        ("jasper_10x5dr", "Jasper10x5", 29),
        ("citrinet_256", "Citrinet-256", 1025),
        ("citrinet_512", "Citrinet-512", 1025),
        ("citrinet_1024_gamma_0.25", "Citrinet-1024", 1025),
        ("matchboxnet_3x1x64", "MatchboxNet-3x1x64-v1", 30),
        ("matchboxnet_3x1x64", "MatchboxNet-3x1x64", 35),
    ],
)
def test_every_kernel_has_the_shape_that_nemo_gives_it(name: str, file: str, classes: int) -> None:
    """Shapes hold channels, kernel and groups; they are compared in the order of the layers."""
    path = FIXTURES / f"nemo_{file}_keys.json"
    if not path.exists():
        pytest.skip("needs the key lists of NeMo's models")
    theirs = json.loads(path.read_text(encoding="utf-8"))["state_dict"]
    made = model(name, classes)
    convolutions = [layer for layer in made.modules() if isinstance(layer, nn.Conv1d)]
    ours = sorted(tuple(layer.weight.shape) for layer in convolutions)
    kernels = [
        (*shape, 1) if len(shape) == 2 else tuple(shape)  # squeeze-excite's are linear layers
        for key, shape, _ in theirs
        if key.endswith(("conv.weight", "fc.0.weight", "fc.2.weight", "layers.0.weight"))
    ]
    assert ours == sorted((*k, 1) if len(k) == 2 else k for k in kernels)


def conv_table(name: str) -> list[tuple[int, int, int]]:
    """Kernel, stride and dilation of each convolution over time, in order; no kernels of 1."""
    return [
        (layer.conv.kernel_size[0], layer.conv.stride[0], layer.conv.dilation[0])
        for layer in model(name, 29).encoder.modules()  # type: ignore[attr-defined]
        if isinstance(layer, TimeConv) and layer.conv.kernel_size[0] > 1
    ]


def test_quartznet_15x5_has_the_kernels_of_the_paper() -> None:
    blocks = [k for k in (33, 39, 51, 63, 75) for _ in range(15)]
    assert conv_table("quartznet_15x5") == [
        (33, 2, 1), *((k, 1, 1) for k in blocks), (87, 1, 2),
    ]  # fmt: skip


def test_jasper_10x5_has_the_kernels_of_the_paper() -> None:
    blocks = [k for k in (11, 13, 17, 21, 25) for _ in range(10)]
    assert conv_table("jasper_10x5dr") == [
        (11, 2, 1), *((k, 1, 1) for k in blocks), (29, 1, 2),
    ]  # fmt: skip


def test_citrinet_strides_in_the_last_unit_of_three_blocks() -> None:
    kernels = [*range(11, 22, 2), *range(13, 26, 2), *range(25, 40, 2)]
    blocks = [
        (kernel, 2 if last and number in (0, 6, 13) else 1, 1)
        for number, kernel in enumerate(kernels)
        for last in (False, False, False, False, True)
    ]
    assert conv_table("citrinet_512") == [(5, 1, 1), *blocks, (41, 1, 1)]


def test_a_quarter_of_citrinets_kernels_is_rounded_to_odd_numbers() -> None:
    kernels = [kernel for kernel, _, _ in conv_table("citrinet_1024_gamma_0.25")]
    # Of 11, 13, ... 39 and of 41 at the end; the first layer keeps its 5.
    assert kernels[:12] == [5, *[3] * 10, 3]
    assert kernels[-6:] == [9, 9, 9, 9, 9, 11]


def test_matchboxnet_has_the_kernels_of_the_paper() -> None:
    assert conv_table("matchboxnet_3x2x64") == [
        (11, 1, 1), *((k, 1, 1) for k in (13, 13, 15, 15, 17, 17)), (29, 1, 2),
    ]  # fmt: skip


def test_every_convolution_of_the_gated_model_has_a_direction_and_a_length() -> None:
    made = model("conv_glu", 30)
    lengths = [name for name, _ in made.named_parameters() if name.endswith("original0")]
    assert len(lengths) == 19


@torch.inference_mode()
def test_wav2letter_computes_what_torchaudios_does() -> None:
    import torchaudio

    theirs = torchaudio.models.Wav2Letter(num_classes=29, input_type="mfcc", num_features=13)
    theirs.eval()
    made = untrained(["model=wav2letter_mfcc", "model.head.rectified=true"], 29).recognizer.model
    made.eval()
    ours = [*made.encoder.parameters(), *made.head.parameters()]  # type: ignore[attr-defined]
    for parameter, given in zip(ours, theirs.parameters(), strict=True):
        parameter.copy_(given)
    from asr.padded import Padded

    features = torch.randn(2, 13, 101)
    logits = made.head(made.encoder(Padded(features, torch.tensor([101, 101])))).values
    torch.testing.assert_close(logits.log_softmax(dim=1), theirs(features), rtol=1e-5, atol=1e-5)
