"""Reads what an offline run has written: records of protobuf in the log format of LevelDB."""

import json
import struct
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from wandb.proto.wandb_internal_pb2 import Record

_HEADER, _BLOCK = 7, 32768
_FULL, _LAST = 1, 4


def records(run_dir: Path) -> list[Any]:
    """Every record of the one run that ``run_dir`` holds."""
    [path] = run_dir.glob("wandb/offline-run-*/run-*.wandb")
    return [Record.FromString(data) for data in _chunks(path.read_bytes())]


def history(found: list[Any]) -> dict[str, list[Any]]:
    """Logged values by key, in order."""
    values: dict[str, list[Any]] = {}
    for record in found:
        for item in record.history.item:
            key = ".".join(item.nested_key) or item.key
            values.setdefault(key, []).append(json.loads(item.value_json))
    return values


def config(found: list[Any]) -> dict[str, Any]:
    """The config that the run was started with."""
    [run] = [record.run for record in found if record.HasField("run")]
    return {item.key: json.loads(item.value_json) for item in run.config.update}


def artifacts(found: list[Any], kind: str) -> list[Any]:
    """The artifacts of a type."""
    return [r.artifact for r in found if r.HasField("artifact") and r.artifact.type == kind]


def _chunks(data: bytes) -> Iterator[bytes]:
    at, whole = _HEADER, b""
    while at + 7 <= len(data):
        if (left := _BLOCK - at % _BLOCK) < 7:
            at += left
            continue
        length, kind = struct.unpack_from("<HB", data, at + 4)
        whole += data[at + 7 : at + 7 + length]
        at += 7 + length
        if kind in (_FULL, _LAST):
            yield whole
            whole = b""
