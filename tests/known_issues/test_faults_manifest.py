"""Rows of the table of faults, manifest part: one line that names file and line."""

from pathlib import Path

import pytest

from asr.data.corpora.manifest import Manifest
from asr.errors import InputError

_GOOD = b'{"audio_filepath": "a.wav", "text": "x"}'
REFUSED = {
    "M42-not-json": (_GOOD + b"\n{'a': 1}", "2: not JSON"),
    "M42-two-objects": (_GOOD + b"\n{} {}", "2: not JSON"),
    "M44-gzip": (b"\x1f\x8b\x08\0", "gzip"),
    "M44-utf16": (_GOOD.decode().encode("utf-16"), "UTF-16"),
    "M44-empty": (b"\n\n", "empty"),
    "M47-nan": (_GOOD[:-1] + b', "duration": NaN}', "1: NaN"),
    "M48-key-twice": (_GOOD[:-1] + b', "text": "y"}', "twice"),
    "M49-nested": (b'{"a":' + b"[" * 100_000, "nested too deeply"),
    "M62-id-twice": (_GOOD + b"\n" + _GOOD, "2: 'a.wav' was there before"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_a_structural_fault_is_one_line(tmp_path: Path, name: str) -> None:
    content, message = REFUSED[name]
    path = tmp_path / "m.jsonl"
    path.write_bytes(content)
    with pytest.raises(InputError, match=message) as error:
        list(Manifest(train=str(path)).utterances("train"))
    assert "\n" not in str(error.value)
