"""A ``.nemo`` file: a tar of config, weights and tokenizers, read as data and nothing else."""

import io
import re
import tarfile
import warnings
from collections.abc import Mapping
from pathlib import Path, PurePosixPath
from typing import IO, Any, NamedTuple

import torch
import yaml
from torch import Tensor

from asr.errors import InputError

_CONFIG, _WEIGHTS = "model_config.yaml", "model_weights.ckpt"
_LARGEST = {_CONFIG: 4 << 20, _WEIGHTS: 8 << 30}  # bytes
_LARGEST_OTHER = 64 << 20
_MOST_MEMBERS = 1000
_MOST_NODES = 1_000_000  # values in a config; a vocabulary may stand in it
_REFERENCE = re.compile(r"\$\{([\w.]+)\}")


class NemoFile(NamedTuple):
    """What a ``.nemo`` file holds.

    Attributes:
        config: of the model, references within it resolved.
        weights: by name.
        files: what else there is, by name; tokenizers are among them.
    """

    config: Mapping[str, Any]
    weights: Mapping[str, Tensor]
    files: Mapping[str, bytes]


def read_nemo(path: Path) -> NemoFile:
    """Read a ``.nemo`` file; nothing in it is run, and nothing is written to the disk.

    Raises:
        InputError: it is not such a file, or a part of it is missing, damaged or too large.
    """
    members = _members(path)
    missing = [name for name in (_CONFIG, _WEIGHTS) if name not in members]
    if missing:
        raise InputError(f"{path}: holds no {' and no '.join(missing)}; give a .nemo file")
    config = _config(path, members.pop(_CONFIG))
    return NemoFile(config, _weights(path, members.pop(_WEIGHTS)), members)


def read_weights(data: IO[bytes] | Path) -> dict[str, Tensor]:
    """The tensors of a state dict that ``torch.save`` wrote.

    Raises:
        ValueError: it is damaged, or holds anything else.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of pickles that it then refuses
            weights = torch.load(data, map_location="cpu", weights_only=True)
    except Exception as error:  # whatever a damaged file may lead PyTorch to
        raise ValueError("damaged, or more than weights") from error
    if not isinstance(weights, Mapping) or not all(
        isinstance(name, str) and isinstance(tensor, Tensor) for name, tensor in weights.items()
    ):
        raise ValueError("not a mapping of names to weights")
    return dict(weights)


def _members(path: Path) -> dict[str, bytes]:
    found: dict[str, bytes] = {}
    try:
        with tarfile.open(path, "r:gz" if _is_gzip(path) else "r:") as archive:
            for number, member in enumerate(archive):
                if number == _MOST_MEMBERS:
                    raise InputError(f"{path}: holds more than {_MOST_MEMBERS} files; give a .nemo")
                name = PurePosixPath(member.name).name
                if member.isdir():
                    continue
                # Links and devices have no place in it; a name twice would hide one of the two.
                if not member.isfile() or name in found:
                    raise InputError(f"{path}: {member.name!r} is a link, a device or there twice")
                if member.size > _LARGEST.get(name, _LARGEST_OTHER):
                    raise InputError(f"{path}: {name!r} is too large ({member.size} bytes)")
                data = archive.extractfile(member)
                found[name] = data.read() if data else b""
    except (tarfile.TarError, EOFError, OSError) as error:
        if isinstance(error, OSError) and error.errno is not None:
            raise
        raise InputError(f"{path}: not a .nemo file that can be read ({error})") from None
    return found


def _is_gzip(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(2) == b"\x1f\x8b"


def _config(path: Path, written: bytes) -> dict[str, Any]:
    try:
        config = yaml.safe_load(written)
        if not isinstance(config, dict):
            raise InputError(f"{path}: its {_CONFIG} is not a mapping")
        resolved = _resolved(config, config, depth=0, left=[_MOST_NODES])
    except InputError:
        raise
    except (yaml.YAMLError, RecursionError, ValueError, TypeError) as error:  # of dates, say
        line = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise InputError(f"{path}: its {_CONFIG} cannot be read ({line})") from None
    return dict(resolved)


def _resolved(value: Any, root: Mapping[str, Any], depth: int, left: list[int]) -> Any:
    """The value with each ``${a.b}`` replaced by what it refers to; no functions are called.

    Args:
        left: how many values there may still be, since references and aliases multiply.
    """
    left[0] -= 1
    if depth > 32 or left[0] < 0:
        raise InputError(f"its {_CONFIG} is nested too deeply, too large, or refers to itself")
    if isinstance(value, dict):
        return {key: _resolved(item, root, depth + 1, left) for key, item in value.items()}
    if isinstance(value, list):
        return [_resolved(item, root, depth + 1, left) for item in value]
    match = _REFERENCE.fullmatch(value) if isinstance(value, str) else None
    if not match:
        return value
    found: Any = root
    for name in match[1].removeprefix("model.").split("."):
        found = found.get(name) if isinstance(found, dict) else None
    return _resolved(found, root, depth + 1, left)


def _weights(path: Path, data: bytes) -> dict[str, Tensor]:
    try:
        return read_weights(io.BytesIO(data))
    except ValueError as error:
        raise InputError(f"{path}: its {_WEIGHTS} cannot be read: {error}") from None
