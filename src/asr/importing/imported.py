"""Make a bundle of a model that was trained elsewhere."""

import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

from asr.assemble import Recognizer, assemble
from asr.bundle import BUNDLE, refuse_larger, save_bundle
from asr.errors import InputError
from asr.importing import nemo_parts, nemo_weights, wav2letter
from asr.importing.nemo_file import read_nemo, read_weights


class Imported(NamedTuple):
    """What came of an import.

    Attributes:
        path: of the bundle.
        left_aside: sections of the file's config that are of training only.
    """

    path: Path
    recognizer: Recognizer
    left_aside: Sequence[str]


def import_model(
    source: Path, out: Path, units: Path | None = None, sample_rate: int = 16000
) -> Imported:
    """Write a bundle with what a ``.nemo`` file, or a state dict of Wav2Letter, holds.

    Args:
        out: the bundle, or a new folder for it.
        units: a text file with a line for each class, where the source does not hold them.
        sample_rate: in hertz, where the source does not hold it.

    Raises:
        InputError: the source cannot be read, or holds what cannot be said here; nothing is
            written then.
    """
    path = out if out.suffix == ".safetensors" else out / BUNDLE
    if path.exists():
        raise InputError(f"{path}: is there already; remove it or choose another place")
    if not source.is_file():  # what is none may never end
        raise InputError(f"{source}: no such file; give a .nemo file or a state dict")
    try:
        made, aside = _made(source, units, sample_rate)
    except InputError as error:
        prefix = "" if str(error).startswith(str(source)) else f"{source}: "
        raise InputError(f"{prefix}{error}") from error.__cause__
    made.model.eval()
    path.parent.mkdir(parents=True, exist_ok=True)
    save_bundle(path, made, {"imported": _origin(source)})
    return Imported(path, made, aside)


def _made(source: Path, units: Path | None, sample_rate: int) -> tuple[Recognizer, Sequence[str]]:
    if source.suffix == ".nemo":
        if units is not None:
            raise InputError("--units goes with a state dict; a .nemo file holds its own")
        file = read_nemo(source)
        try:
            parts = nemo_parts.parts(file.config, file.files)
        except (TypeError, ValueError, KeyError, AttributeError, OverflowError) as error:
            if isinstance(error, InputError):
                raise
            raise InputError(f"its config is not that of a NeMo model ({error})") from None
        refuse_larger(parts, file.weights)
        made = assemble(parts)
        nemo_weights.load(made.model, file.weights)
        return made, nemo_parts.left_aside(file.config)
    try:
        weights = read_weights(source)
    except ValueError as error:
        raise InputError(f"cannot be read: {error}; give a .nemo file or a state dict") from None
    if not weights or not wav2letter.is_wav2letter(weights):
        raise InputError("not a .nemo file, and not a state dict of torchaudio's Wav2Letter")
    if units is None:
        raise InputError("a state dict has no vocabulary; give --units FILE, a line for each class")
    lines = _lines(units)
    made = assemble(wav2letter.parts(weights, lines, sample_rate))
    wav2letter.load(made.model, weights, lines)
    return made, []


def _lines(units: Path) -> list[str]:
    if not units.is_file():  # what is none may never end
        raise InputError(f"--units {units}: no such file; give a text with a line for each class")
    try:
        return units.read_text(encoding="utf-8").splitlines()
    except UnicodeDecodeError:
        raise InputError(f"--units {units}: is not UTF-8; save it as that") from None


def _origin(source: Path) -> dict[str, Any]:
    digest = hashlib.sha256()
    with source.open("rb") as file:
        while block := file.read(1 << 20):
            digest.update(block)
    return {"file": source.name, "sha256": digest.hexdigest()}
