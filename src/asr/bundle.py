"""A trained recogniser as one safe file: weights, and the metadata that rebuilds them.

The file is a safetensors archive whose header holds JSON; see asr.trust for what that may say.
The resumable checkpoint of a run holds the same description, so it can be evaluated as well.
"""

import json
import os
import re
import warnings
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path
from typing import Any, NamedTuple

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor
from torch.nn.modules.module import register_module_module_registration_hook

from asr.assemble import Recognizer, assemble
from asr.errors import InputError
from asr.json_files import finite
from asr.trust import named, trusted

FORMAT, VERSION = "asr-bundle", 1
KEY = "asr"  # of the description: a string of JSON, in a bundle's header and in a checkpoint
BUNDLE = "model.safetensors"
_LARGEST = 64 << 20  # bytes of JSON; a vocabulary of a million words is 20 MB
_LAYERS, _LAYERS_FOR_EACH = 1000, 100  # most that a description may build: and for each tensor
_Shapes = Mapping[str, tuple[int, ...]]


class Bundle(NamedTuple):
    """What a bundle holds.

    Attributes:
        recognizer: in evaluation mode, on the CPU.
        facts: what else was recorded: metrics, data fingerprints.
    """

    recognizer: Recognizer
    facts: Mapping[str, Any]


def description(recognizer: Recognizer, facts: Mapping[str, Any]) -> str:
    """The JSON that, with the weights, makes the recogniser again."""
    header = {
        "format": FORMAT,
        "version": VERSION,
        "app_version": version("asr"),
        "sample_rate": recognizer.model.sample_rate,
        "parts": named(recognizer.parts),
        "facts": finite(facts),
    }
    return json.dumps(header, allow_nan=False)


def save_bundle(path: Path, recognizer: Recognizer, facts: Mapping[str, Any]) -> None:
    """Write a recogniser beside ``path`` and move it there once it is whole.

    Args:
        facts: plain JSON values to record, such as metrics and data fingerprints.

    Raises:
        InputError: the disk is full, or the place cannot be written.
    """
    weights = {
        name: tensor.detach().cpu().contiguous()
        for name, tensor in recognizer.model.state_dict().items()
    }
    beside = path.with_name(f".{path.name}.writing")
    try:
        save_file(weights, beside, {KEY: description(recognizer, facts)})
        beside.chmod(_usual_mode())  # else nobody but its owner could read it
        beside.replace(path)
    except SafetensorError as error:
        raise InputError(f"{path}: not written ({error}); make room or choose another") from None
    finally:
        beside.unlink(missing_ok=True)


def _usual_mode() -> int:
    """What a new file may be used for, by the habits of this process."""
    mask = os.umask(0)
    os.umask(mask)
    return 0o666 & ~mask


def add_facts(path: Path, facts: Mapping[str, Any], allow: Sequence[str] = ()) -> Path:
    """Record more in a bundle; it is loaded, checked and written anew, its weights unchanged.

    Args:
        path: a bundle, or a run folder that holds one.
        facts: plain JSON values; of what the bundle holds under the same names nothing is kept.
        allow: see :func:`load_model`.

    Returns:
        The file that was written.

    Raises:
        InputError: it is no bundle.
    """
    file = find_model(path)
    if file.suffix == ".ckpt":
        raise InputError(f"{file}: is a checkpoint, which cannot hold more; give a {BUNDLE}")
    bundle = load_model(file, allow)
    save_bundle(file, bundle.recognizer, {**bundle.facts, **facts})
    return file


def load_model(path: Path, allow: Sequence[str] = ()) -> Bundle:
    """Rebuild a recogniser from a bundle, a run folder, or a checkpoint of a run.

    Args:
        allow: other packages whose classes the file may name.

    Raises:
        InputError: the file is none of these, is of an unknown version, names what is not
            ours, or its weights do not fit its description.
    """
    path = find_model(path)
    try:
        return (
            _from_checkpoint(path, allow) if path.suffix == ".ckpt" else _from_bundle(path, allow)
        )
    except InputError as error:
        raise InputError(f"{path}: {error}") from error.__cause__
    except Exception as error:  # a file from anywhere may lead libraries to raise what they like
        told = " ".join(str(error).split())[:200] or type(error).__name__
        raise InputError(f"{path}: no model can be made of it ({told}); give another") from error


def find_model(path: Path) -> Path:
    """The file that ``path`` means: itself, or of a run folder its bundle or best checkpoint.

    Raises:
        InputError: there is none.
    """
    if re.match(r"[a-z][a-z0-9+]+:/", str(path)):
        raise InputError(f"{path}: a local path is needed; download the file first")
    if path.is_dir():
        found = [path / name for name in (BUNDLE, "best.ckpt") if (path / name).is_file()]
        if not found:
            raise InputError(f"{path}: holds no {BUNDLE} and no best.ckpt; give a finished run")
        path = found[0]
    if not path.is_file():
        raise InputError(f"{path}: no such file; give a bundle, a run folder or a .ckpt file")
    return path


def _from_bundle(path: Path, allow: Sequence[str]) -> Bundle:
    try:
        with safe_open(path, framework="pt") as archive:
            header = _header((archive.metadata() or {}).get(KEY))
            names = list(archive.keys())
            shapes = {name: tuple(archive.get_slice(name).get_shape()) for name in names}
            recognizer = _rebuild(header, shapes, allow)
            weights = {name: archive.get_tensor(name) for name in names}
    except (SafetensorError, OSError) as error:
        raise InputError(f"not a bundle that can be read ({error})") from None
    return _loaded(recognizer, weights, header)


def _from_checkpoint(path: Path, allow: Sequence[str]) -> Bundle:
    try:
        _refuse_compressed(path)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of pickles that it then refuses
            checkpoint = torch.load(path, map_location="cpu", weights_only=True, mmap=True)
    except Exception:  # whatever a damaged file may lead PyTorch to
        raise InputError(
            "not a checkpoint that can be read: damaged, or not of a run; give another"
        ) from None
    if not isinstance(checkpoint, dict) or not isinstance(checkpoint.get("state_dict"), dict):
        raise InputError("not a checkpoint of this application")
    header = _header(checkpoint.get(KEY))
    weights = {
        name.removeprefix("model."): tensor
        for name, tensor in checkpoint["state_dict"].items()
        if str(name).startswith("model.") and isinstance(tensor, Tensor)
    }
    if hollow := [name for name, tensor in weights.items() if not _is_whole(tensor)]:
        raise InputError(f"{hollow[0]} is not stored as a whole; give a checkpoint of a run")
    shapes = {name: tuple(tensor.shape) for name, tensor in weights.items()}
    return _loaded(_rebuild(header, shapes, allow), weights, header)


def _refuse_compressed(path: Path) -> None:
    """Raise ValueError where the archive would grow when it is read; ours never do."""
    if not zipfile.is_zipfile(path):
        return
    with zipfile.ZipFile(path) as archive:
        sizes = [item.file_size for item in archive.infolist()]
    if sum(sizes) > path.stat().st_size:
        raise ValueError("the archive claims more bytes than it has")


def _is_whole(tensor: Tensor) -> bool:
    """Whether each element is a number of its own in the file, so that copying it costs no more."""
    return tensor.layout == torch.strided and tensor.is_contiguous()


def _header(written: Any) -> dict[str, Any]:
    if not isinstance(written, str):
        raise InputError("not a file of this application: it holds no description of a model")
    if len(written) > _LARGEST:
        raise InputError(f"its description is larger than {_LARGEST} bytes")
    try:
        header = json.loads(written)
    except (ValueError, RecursionError):
        header = None
    if not isinstance(header, dict) or header.get("format") != FORMAT:
        raise InputError("its description is not one of this application")
    if header.get("version") != VERSION:
        raise InputError(
            f"version {header.get('version')!r}, but this application reads version {VERSION}; "
            f"use the asr that wrote it ({header.get('app_version')!r})"
        )
    return header


def _rebuild(header: Mapping[str, Any], shapes: _Shapes, allow: Sequence[str]) -> Recognizer:
    parts = trusted(header.get("parts"), allow)
    # Shapes without memory, whatever sizes are claimed, and without end whatever number.
    with torch.device("meta"), _at_most(_LAYERS + _LAYERS_FOR_EACH * len(shapes)):
        expected = assemble(parts).model.state_dict()
    if set(expected) != set(shapes):
        missing, extra = sorted(set(expected) - set(shapes)), sorted(set(shapes) - set(expected))
        raise InputError(
            f"the weights do not fit the description: missing {missing[:3] or 'none'}, "
            f"unexpected {extra[:3] or 'none'}"
        )
    for name, tensor in expected.items():
        if shapes[name] != tuple(tensor.shape):
            raise InputError(
                f"{name} has shape {shapes[name]}, but the description says {tuple(tensor.shape)}"
            )
    return assemble(parts)


def refuse_larger(parts: Mapping[str, Any], weights: Mapping[str, Tensor]) -> None:
    """Raise InputError where ``parts`` describe a network larger than these weights could be of.

    It is not built for that: a few bytes may describe more than any memory holds.
    """
    with torch.device("meta"), _at_most(_LAYERS + _LAYERS_FOR_EACH * len(weights)):
        model = assemble(parts).model
    described = sum(parameter.numel() for parameter in model.parameters())
    given = sum(tensor.numel() for tensor in weights.values())
    if described > given:
        raise InputError(f"describes {described} weights, but holds {given}")
    if sum(buffer.numel() for buffer in model.buffers()) > given + _LARGEST:
        raise InputError("describes features that are too large")


@contextmanager
def _at_most(layers: int) -> Iterator[None]:
    """Refuse a network with more layers than the weights that came with it could be of."""
    built = 0

    def count(*_: object) -> None:
        nonlocal built
        built += 1
        if built > layers:
            raise InputError(f"describes more than {layers} layers, for fewer weights")

    hook = register_module_module_registration_hook(count)
    try:
        yield
    finally:
        hook.remove()


def _loaded(recognizer: Recognizer, weights: Mapping[str, Tensor], header: Any) -> Bundle:
    for name, ours in recognizer.model.state_dict().items():
        if weights[name].is_floating_point() != ours.is_floating_point():
            raise InputError(f"{name} holds {weights[name].dtype}, not {ours.dtype}")
    recognizer.model.load_state_dict(weights)
    recognizer.model.eval()
    facts = header.get("facts")
    return Bundle(recognizer, facts if isinstance(facts, dict) else {})
