"""From the config of a NeMo model to the parts of a recogniser of ours.

Whatever changes what the model computes is either said in our terms or refused by name; what is
of training only is left aside.
"""

import base64
from collections.abc import Mapping, Sequence
from typing import Any

from asr.errors import InputError

_ACTIVATIONS = {
    "relu": "relu", "swish": "silu", "silu": "silu", "gelu": "gelu", "hardtanh": "hardtanh",
    "identity": "none",
}  # fmt: skip
# What has no say in what a trained model computes, for any value.
_OF_TRAINING = {
    "_target_", "dither", "pad_to", "pad_value", "nb_augmentation_prob", "nb_max_freq", "rng",
    "use_grads", "max_duration", "init_mode", "conv_mask", "quantize", "params", "cls",
    "stft_conv", "stft_exact_pad", "device",
}  # fmt: skip
_BLOCK_DEFAULTS: dict[str, Any] = {
    "groups": 1, "heads": -1, "normalization": "batch", "norm_groups": -1,
    "se_interpolation_mode": "nearest",
}  # fmt: skip
_MOST_REPEATS = 1000  # units of a block, which a number alone may make as many as it likes
_NORMALIZER = "asr.text.normalizer.Normalizer"


def parts(config: Mapping[str, Any], files: Mapping[str, bytes]) -> dict[str, Any]:
    """The parts of the recogniser that a NeMo config describes.

    Args:
        files: other than config and weights, of the same archive.

    Raises:
        InputError: something in the config has no counterpart here; the message names it.
    """
    decoder, encoder = _section(config, "decoder"), _section(config, "encoder")
    if _class(encoder, "encoder") != "ConvASREncoder":
        raise InputError(f"encoder {_class(encoder, 'encoder')} is not made of Conv1d blocks")
    made: dict[str, Any] = {"model": _model(encoder)}
    features = _features(_section(config, "preprocessor"), config)
    kind = _class(decoder, "decoder")
    if kind == "ConvASRDecoder":
        made["task"] = {
            "_target_": "asr.tasks.ctc.CTC",
            "decoder": {"_target_": "asr.decoding.greedy.GreedyDecoder"},
        }
        made["vocabulary"] = _vocabulary(config, decoder, files)
    elif kind == "ConvASRDecoderClassification":
        _only(decoder, "decoder", {"feat_in", "num_classes", "return_logits"}, pooling_type="avg")
        made["task"] = {"_target_": "asr.tasks.classification.Classification"}
        made["model"]["head"] = {"count_padding": True}
        made["vocabulary"] = _labels(config, decoder)
        frames = (config.get("crop_or_pad_augment") or {}).get("audio_length")
        if frames is not None:
            features = {
                "_target_": "asr.features.fixed.FixedFrames", "features": features, "frames": frames
            }  # fmt: skip
    else:
        raise InputError(f"decoder {kind} is neither of CTC nor of labels")
    made["features"] = features
    return made


def left_aside(config: Mapping[str, Any]) -> list[str]:
    """Sections of the config that are of training only, by name."""
    used = {"preprocessor", "encoder", "decoder", "labels", "tokenizer", "crop_or_pad_augment"}
    return sorted(
        name
        for name, value in config.items()
        if name not in used and isinstance(value, dict) and value
    )


def _section(config: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    section = config.get(name)
    if not isinstance(section, dict):
        raise InputError(f"its config has no {name}; it is not a recogniser of speech or sounds")
    return section


def _class(section: Mapping[str, Any], name: str) -> str:
    target = section.get("_target_", section.get("cls"))
    if not isinstance(target, str):
        raise InputError(f"its {name} names no class")
    return target.rpartition(".")[2]


def _only(section: Mapping[str, Any], name: str, known: set[str], **usual: Any) -> None:
    """Refuse whatever is neither known here nor at the value that changes nothing."""
    for key, value in section.items():
        if key in known or key in _OF_TRAINING or value is None:
            continue
        if key not in usual:
            raise InputError(
                f"{name}.{key} ({value!r}) is not known here, so it cannot be imported"
            )
        if value != usual[key]:
            raise InputError(f"{name}.{key} is {value!r}, but only {usual[key]!r} can be imported")


def _features(section: Mapping[str, Any], config: Mapping[str, Any]) -> dict[str, Any]:
    kind = _class(section, "preprocessor")
    rate = int(section.get("sample_rate") or config.get("sample_rate") or 16000)
    shared = {
        "sample_rate": rate,
        "window_ms": 1000 * _seconds(section, "window_size", rate, 0.02),
        "hop_ms": 1000 * _seconds(section, "window_stride", rate, 0.01),
        "window": section.get("window", "hann"),
        "n_fft": section.get("n_fft"),
        "low_hz": float(section.get("lowfreq") or 0),
        "high_hz": None if section.get("highfreq") is None else float(section["highfreq"]),
    }
    times = {"sample_rate", "window_size", "window_stride", "n_window_size", "n_window_stride"}
    known = times | {"window", "n_fft", "lowfreq", "highfreq"}
    if kind == "AudioToMFCCPreprocessor":
        _only(section, "preprocessor", known | {"n_mels", "n_mfcc"}, dct_type=2, norm="ortho",
              log=True)  # fmt: skip
        return {
            "_target_": "asr.features.nemo.NemoMFCC", **shared,
            "bins": section.get("n_mels", 64), "coefficients": section.get("n_mfcc", 64),
        }  # fmt: skip
    if kind != "AudioToMelSpectrogramPreprocessor":
        raise InputError(f"preprocessor {kind} cannot be imported")
    _only(
        section, "preprocessor",
        known | {"features", "preemph", "log_zero_guard_type", "log_zero_guard_value",
                 "normalize"},
        log=True, mag_power=2.0, frame_splicing=1, exact_pad=False, mel_norm="slaney",
    )  # fmt: skip
    return {
        "_target_": "asr.features.nemo.NemoMel", **shared,
        "bins": section.get("features", 64),
        "preemphasis": section.get("preemph", 0.97),
        "normalize": _normalization(section.get("normalize", "per_feature")),
        **_guard(section),
    }  # fmt: skip


def _seconds(section: Mapping[str, Any], name: str, rate: int, usual: float) -> float:
    samples = section.get(f"n_{name}")
    return float(section.get(name) or usual) if samples is None else int(samples) / rate


def _normalization(written: Any) -> str:
    if written == "per_feature":
        return "utterance"
    if written in (None, "", "NA", False):
        return "none"
    raise InputError(
        f"preprocessor.normalize is {written!r}, but only 'per_feature' and none can be imported"
    )


def _guard(section: Mapping[str, Any]) -> dict[str, Any]:
    value = section.get("log_zero_guard_value", 2**-24)
    named = {"tiny": 2**-126, "eps": 2**-23}
    if isinstance(value, str) and value not in named:
        raise InputError(f"preprocessor.log_zero_guard_value is {value!r}, not a number")
    kind = section.get("log_zero_guard_type", "add")
    if kind not in ("add", "clamp"):
        raise InputError(f"preprocessor.log_zero_guard_type is {kind!r}, not 'add' or 'clamp'")
    return {"guard": float(named.get(value, value)), "guard_added": kind == "add"}


def _model(encoder: Mapping[str, Any]) -> dict[str, Any]:
    _only(
        encoder, "encoder", {"feat_in", "activation", "jasper"}, normalization_mode="batch",
        residual_mode="add", norm_groups=-1, frame_splicing=1,
    )  # fmt: skip
    activation = encoder.get("activation", "relu")
    if activation not in _ACTIVATIONS:
        raise InputError(f"encoder.activation {activation!r} is not one of {sorted(_ACTIVATIONS)}")
    blocks = encoder.get("jasper")
    if not isinstance(blocks, Sequence) or isinstance(blocks, str) or not blocks:
        raise InputError("encoder.jasper is not a list of blocks")
    return {
        "_target_": "asr.models.conv_stack.ConvStack",
        "every": {
            "norm": "batch", "norm_eps": 1e-3, "activation": _ACTIVATIONS[activation],
            "stride_last": True,
        },
        "blocks": [_block(block, f"encoder.jasper[{i}]") for i, block in enumerate(blocks)],
    }  # fmt: skip


def _block(block: Any, name: str) -> dict[str, Any]:
    if not isinstance(block, dict):
        raise InputError(f"{name} is {block!r}, not a block")
    _only(
        block, name,
        {"filters", "repeat", "kernel", "stride", "dilation", "dropout", "residual",
         "residual_dense", "residual_mode", "separable", "se", "se_reduction_ratio",
         "se_context_size", "se_context_window", "kernel_size_factor", "stride_last",
         "future_context"},
        **_BLOCK_DEFAULTS,
    )  # fmt: skip
    repeat, stride = int(block.get("repeat", 1)), _one(block, "stride", name)
    if not 1 <= repeat <= _MOST_REPEATS:
        raise InputError(f"{name}.repeat is {repeat}, not 1 to {_MOST_REPEATS}")
    if stride > 1 and repeat > 1 and not block.get("stride_last"):
        raise InputError(f"{name} has a stride in each of its {repeat} units; only one can have it")
    residual = bool(block.get("residual", True))
    mode = block.get("residual_mode", "add")
    if residual and mode not in ("add", "stride_add"):
        raise InputError(f"{name}.residual_mode {mode!r} is not 'add' or 'stride_add'")
    factor = float(block.get("kernel_size_factor", 1.0))
    kernel = max(int(_one(block, "kernel", name) * factor), 1)
    dilation = _one(block, "dilation", name)
    kernel += (kernel + 1) % 2  # even ones are made odd there, too
    made: dict[str, Any] = {
        "channels": int(block["filters"]),
        "kernels": [kernel] * repeat,
        "stride": stride,
        "dilation": dilation,
        "dropout": float(block.get("dropout", 0.0)),
        "separable": bool(block.get("separable", False)),
        "residual": ("dense" if block.get("residual_dense") else "projected")
        if residual
        else False,
    }
    future = int(block.get("future_context", -1))
    if future >= 0 and dilation > 1:
        raise InputError(f"{name} has both a future_context and a dilation")
    if 0 <= future < kernel:
        made |= {"padding": "causal", "lookahead": future}
    if block.get("se"):
        made["squeeze_excite"] = {"reduction": int(block.get("se_reduction_ratio", 8))}
    return made


def _one(block: Mapping[str, Any], key: str, name: str) -> int:
    value = block.get(key, 1)
    value = value[0] if isinstance(value, list) and len(value) == 1 else value
    if not isinstance(value, int):
        raise InputError(f"{name}.{key} is {value!r}, not one number")
    return value


def _vocabulary(
    config: Mapping[str, Any], decoder: Mapping[str, Any], files: Mapping[str, bytes]
) -> dict[str, Any]:
    _only(decoder, "decoder", {"feat_in", "num_classes", "vocabulary"})
    if isinstance(config.get("tokenizer"), dict):
        return _subwords(config["tokenizer"], files)
    symbols = decoder.get("vocabulary") or config.get("labels")
    if not isinstance(symbols, list) or not all(
        isinstance(symbol, str) and len(symbol) == 1 for symbol in symbols
    ):
        raise InputError("decoder.vocabulary is not a list of characters")
    return {
        "_target_": "asr.text.units.Units", "unit": "character", "units": symbols,
        "normalizer": {"_target_": _NORMALIZER},
    }  # fmt: skip


def _subwords(tokenizer: Mapping[str, Any], files: Mapping[str, bytes]) -> dict[str, Any]:
    name = str(tokenizer.get("model_path", "")).removeprefix("nemo:")
    found = files.get(name) or next(
        (data for file, data in files.items() if file.endswith("tokenizer.model")), None
    )
    if tokenizer.get("type") != "bpe" or found is None:
        raise InputError(
            f"tokenizer of type {tokenizer.get('type')!r}: only SentencePiece models that are in "
            "the file can be imported"
        )
    return {
        "_target_": "asr.text.subwords.Subwords",
        "kind": "bpe",
        "model": base64.b64encode(found).decode(),
        "normalizer": {"_target_": _NORMALIZER},
    }


def _labels(config: Mapping[str, Any], decoder: Mapping[str, Any]) -> dict[str, Any]:
    labels = config.get("labels")
    if not isinstance(labels, list) or not all(isinstance(label, str) for label in labels):
        raise InputError(
            "its config has no list of labels (a bare yes or no is not a word in YAML)"
        )
    if decoder.get("num_classes", len(labels)) != len(labels):
        raise InputError(f"{len(labels)} labels for {decoder['num_classes']} classes")
    return {"_target_": "asr.text.labels.Labels", "units": labels}
