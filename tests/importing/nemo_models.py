"""``.nemo`` files as NeMo writes them, made from its lists of keys, and what its layers compute.

The forward pass is written against NeMo's names and nothing of ours, so that it can be a judge.
"""

import io
import json
import tarfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
import torch.nn.functional as F
import torchaudio
import yaml
from torch import Tensor

FIXTURES = Path(__file__).parents[3] / "shared" / "fixtures" / "nemo"


def block(filters: int, kernel: int, **options: Any) -> dict[str, Any]:
    usual = {"repeat": 1, "stride": [1], "dilation": [1], "dropout": 0.0, "residual": False}
    return {"filters": filters, "kernel": [kernel], **usual, **options}


def config(
    blocks: list[dict[str, Any]], bins: int, *, window: float = 0.02, activation: str = "relu"
) -> dict[str, Any]:
    """A CTC model's config; ``vocabulary`` is added by :func:`pack`."""
    return {
        "sample_rate": 16000,
        "train_ds": {"manifest_filepath": "somewhere.json", "batch_size": 32},
        "preprocessor": {
            "_target_": "nemo.collections.asr.modules.AudioToMelSpectrogramPreprocessor",
            "sample_rate": "${model.sample_rate}",
            "normalize": "per_feature",
            "window_size": window,
            "window_stride": 0.01,
            "window": "hann",
            "features": bins,
            "n_fft": 512,
            "frame_splicing": 1,
            "dither": 1e-5,
        },
        "encoder": {
            "_target_": "nemo.collections.asr.modules.ConvASREncoder",
            "feat_in": bins,
            "activation": activation,
            "conv_mask": True,
            "jasper": blocks,
        },
        "decoder": {
            "_target_": "nemo.collections.asr.modules.ConvASRDecoder",
            "feat_in": blocks[-1]["filters"],
        },
        "optim": {"name": "novograd", "lr": 0.01},
        "target": "nemo.collections.asr.models.ctc_models.EncDecCTCModel",
    }


def quartznet_15x5() -> dict[str, Any]:
    deep = {"repeat": 5, "residual": True, "separable": True}
    groups = [(256, 33), (256, 39), (512, 51), (512, 63), (512, 75)]
    return config(
        [
            block(256, 33, stride=[2], separable=True),
            *(block(filters, kernel, **deep) for filters, kernel in groups for _ in range(3)),
            block(512, 87, dilation=[2], separable=True),
            block(1024, 1),
        ],
        bins=64,
    )


def jasper_10x5() -> dict[str, Any]:
    deep = {"repeat": 5, "residual": True, "residual_dense": True, "dropout": 0.2}
    groups = [(256, 11), (384, 13), (512, 17), (640, 21), (768, 25)]
    return config(
        [
            block(256, 11, stride=[2], dropout=0.2),
            *(block(filters, kernel, **deep) for filters, kernel in groups for _ in range(2)),
            block(896, 29, dilation=[2], dropout=0.4),
            block(1024, 1, dropout=0.4),
        ],
        bins=64,
    )


def citrinet(filters: int, factor: float = 1.0, final: int = 640) -> dict[str, Any]:
    kernels = [*range(11, 22, 2), *range(13, 26, 2), *range(25, 40, 2)]
    shared = {"separable": True, "se": True, "se_context_size": -1, "kernel_size_factor": factor}
    deep = {"repeat": 5, "residual": True, "dropout": 0.1, **shared}
    strided = {"stride": [2], "stride_last": True, "residual_mode": "stride_add"}
    blocks = [
        block(filters, kernel, **{**deep, **(strided if i in (0, 6, 13) else {})})
        for i, kernel in enumerate(kernels)
    ]
    first = block(filters, 5, **{**shared, "kernel_size_factor": 1.0})
    return config([first, *blocks, block(final, 41, **shared)], bins=80, window=0.025)


def keys(name: str) -> list[tuple[str, list[int]]]:
    """Names and shapes of the weights of one of NeMo's models."""
    listed = json.loads((FIXTURES / f"nemo_{name}_keys.json").read_text(encoding="utf-8"))
    return [(key, shape) for key, shape, _ in listed["state_dict"]]


def random_weights(listed: list[tuple[str, list[int]]], seed: int = 0) -> dict[str, Tensor]:
    """Weights of these shapes under which values neither vanish nor explode."""
    generator = torch.Generator().manual_seed(seed)
    made = {}
    for key, shape in listed:
        if key.endswith("num_batches_tracked"):
            made[key] = torch.tensor(7)
        elif key.endswith("running_var"):
            made[key] = torch.rand(shape, generator=generator) + 0.5
        elif key.endswith("featurizer.window"):
            made[key] = torch.hann_window(shape[0], periodic=False)
        elif key.endswith("featurizer.fb"):
            filters = torchaudio.functional.melscale_fbanks(
                257, 0.0, 8000.0, shape[1], 16000, norm="slaney", mel_scale="slaney"
            )
            made[key] = filters.T[None]
        else:
            fan_in = max(1, int(torch.tensor(shape[1:]).prod()) if len(shape) > 1 else 1)
            made[key] = torch.randn(shape, generator=generator) / fan_in**0.5
    return made


def pack(path: Path, settings: Mapping[str, Any], weights: Mapping[str, Tensor]) -> Path:
    """Write a .nemo file; the number of CTC symbols follows from the weights."""
    settings = dict(settings)
    if "ConvASRDecoderClassification" not in settings["decoder"]["_target_"]:
        symbols = len(weights["decoder.decoder_layers.0.bias"]) - 1
        vocabulary = [" ", *(chr(ord("a") + i) for i in range(symbols - 1))]
        settings["decoder"] = {
            **settings["decoder"], "num_classes": symbols, "vocabulary": vocabulary
        }  # fmt: skip
    written = io.BytesIO()
    torch.save(dict(weights), written)
    write_tar(
        path,
        {
            "./model_config.yaml": yaml.safe_dump(settings).encode(),
            "./model_weights.ckpt": written.getvalue(),
        },
    )
    return path


def write_tar(path: Path, files: Mapping[str, bytes]) -> None:
    with tarfile.open(path, "w:") as archive:
        for name, data in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(data)
            archive.addfile(member, io.BytesIO(data))


def encode(
    settings: Mapping[str, Any], weights: Mapping[str, Tensor], x: Tensor, lengths: Tensor
) -> Tensor:
    """What NeMo's encoder gives for features ``x``."""
    history = [x]
    at = lengths
    for number, made in enumerate(settings["encoder"]["jasper"]):
        x, at = _block(f"encoder.encoder.{number}", made, weights, history, at)
        dense = made["residual"] and made.get("residual_dense")
        history = [*history, x] if dense else [x]
    return x


def _block(
    name: str,
    made: Mapping[str, Any],
    weights: Mapping[str, Tensor],
    history: list[Tensor],
    lengths: Tensor,
) -> tuple[Tensor, Tensor]:
    dilation, stride = made["dilation"][0], made["stride"][0]
    y, at, place = history[-1], lengths, 0
    for unit in range(made["repeat"]):
        last = unit == made["repeat"] - 1
        step = stride if last or not made.get("stride_last") else 1
        y, at = _conv(y, at, weights[f"{name}.mconv.{place}.conv.weight"], step, dilation)
        place += 1
        if made.get("separable"):
            y, at = _conv(y, at, weights[f"{name}.mconv.{place}.conv.weight"])
            place += 1
        y = _norm(y, weights, f"{name}.mconv.{place}")
        place += 1
        if not last:
            y, place = y.relu(), place + 2
    if made.get("se"):
        masked = y * _mask(y, at)
        mean = masked.sum(-1) / at[:, None]
        hidden = (mean @ weights[f"{name}.mconv.{place}.fc.0.weight"].T).relu()
        gate = (hidden @ weights[f"{name}.mconv.{place}.fc.2.weight"].T).sigmoid()
        y = masked * gate[..., None]
    if made["residual"]:
        step = stride if made.get("residual_mode") == "stride_add" else 1
        sources = history if made.get("residual_dense") else history[-1:]
        for number, source in enumerate(sources):
            kernel = weights[f"{name}.res.{number}.0.conv.weight"]
            around, _ = _conv(source, lengths, kernel, step)
            y = y + _norm(around, weights, f"{name}.res.{number}.1")
    return y.relu(), at


def _conv(
    x: Tensor, lengths: Tensor, kernel: Tensor, stride: int = 1, dilation: int = 1
) -> tuple[Tensor, Tensor]:
    reach = dilation * (kernel.shape[-1] - 1)
    groups = x.shape[1] if kernel.shape[1] == 1 and x.shape[1] > 1 else 1
    y = F.conv1d(
        x * _mask(x, lengths), kernel, stride=stride, padding=reach // 2, dilation=dilation,
        groups=groups,
    )  # fmt: skip
    return y, (lengths + 2 * (reach // 2) - reach - 1) // stride + 1


def _norm(x: Tensor, weights: Mapping[str, Tensor], name: str) -> Tensor:
    mean, var, weight, bias = (
        weights[f"{name}.{part}"] for part in ("running_mean", "running_var", "weight", "bias")
    )
    return F.batch_norm(x, mean, var, weight, bias, eps=1e-3)


def _mask(x: Tensor, lengths: Tensor) -> Tensor:
    return (torch.arange(x.shape[-1]) < lengths[:, None])[:, None]
