"""Mutated model files: each is loaded as before or refused, in bounded time and memory."""

import json
import resource
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from safetensors.torch import save_file

from asr.bundle import KEY, description, load_model
from asr.errors import InputError

FEW, MANY = 60, 800
SECONDS, MEGABYTES = 10.0, 600

# What a stranger might put in the place of a value.
HOSTILE = st.one_of(
    st.none(), st.booleans(), st.text(max_size=20), st.floats(),
    st.sampled_from([0, -1, 1, 2, 3, 2**31, 2**40, 2**62, 2**63, 10**30, -(2**63)]),
    st.sampled_from(["os.system", "${oc.env:HOME}", "torch.nn.Linear", "asr.tasks.ctc.CTC", ""]),
    st.just([]), st.just({}), st.lists(st.integers(), max_size=5),
    st.dictionaries(st.sampled_from(["class", "_target_", "units", "x"]), st.text(max_size=9)),
)  # fmt: skip


@pytest.fixture(scope="module")
def files(bundle: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """The bytes of a bundle and of a checkpoint of it."""
    recognizer, facts = load_model(bundle)
    path = tmp_path_factory.mktemp("fuzz") / "best.ckpt"
    weights = {f"model.{name}": value for name, value in recognizer.model.state_dict().items()}
    torch.save({"state_dict": weights, KEY: description(recognizer, facts)}, path)
    return {"evil.safetensors": bundle.read_bytes(), "evil.ckpt": path.read_bytes()}


def _loads_or_refuses(path: Path) -> None:
    began, before = time.monotonic(), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    told = ""
    try:
        load_model(path)
    except InputError as error:
        told = str(error)
    assert not told or told.startswith(str(path))
    assert "\n" not in told
    assert len(told) < 2000
    assert time.monotonic() - began < SECONDS
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < MEGABYTES * 1024


@st.composite
def _mutations(draw: st.DrawFn) -> list[tuple[str, float, int]]:
    """What is done, at which share of the file (more often near its ends), and with what byte."""
    place = st.one_of(st.floats(0, 1), st.floats(0, 0.1), st.floats(0.9, 1))
    kind = st.sampled_from(["flip", "flip", "flip", "cut", "insert", "remove", "zero"])
    return draw(st.lists(st.tuples(kind, place, st.integers(0, 255)), min_size=1, max_size=8))


def _mutated(content: bytes, mutations: list[tuple[str, float, int]]) -> bytes:
    data = bytearray(content)
    for kind, share, value in mutations:
        at = min(int(share * len(data)), max(len(data) - 1, 0))
        if kind == "flip" and data:
            data[at] ^= value or 1
        elif kind == "cut":
            del data[at:]
        elif kind == "insert":
            data[at:at] = bytes([value]) * 9
        elif kind == "remove":
            del data[at : at + value]
        else:
            data[at : at + 64] = bytes(min(64, len(data) - at))
    return bytes(data)


def _places(node: Any, at: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    items = node.items() if isinstance(node, dict) else enumerate(node)
    for key, value in items:
        yield (*at, key)
        if isinstance(value, dict | list):
            yield from _places(value, (*at, key))


def _edited(header: Any, edits: list[tuple[int, Any]]) -> Any:
    for number, value in edits:
        places = list(_places(header))
        if not places:
            return value
        *path, last = places[number % len(places)]
        node = header
        for key in path:
            node = node[key]
        node[last] = value
    return header


NAMES = st.sampled_from(["evil.safetensors", "evil.ckpt"])
EDITS = st.lists(st.tuples(st.integers(0, 10_000), HOSTILE), min_size=1, max_size=4)
EXAMPLES = [FEW, pytest.param(MANY, marks=pytest.mark.slow)]


@pytest.mark.parametrize("examples", EXAMPLES)
def test_attack_13_mutated_bytes_are_loaded_or_refused(
    files: dict[str, bytes], tmp_path: Path, examples: int
) -> None:
    @settings(max_examples=examples)
    @given(name=NAMES, mutations=_mutations())
    def check(name: str, mutations: Any) -> None:
        (tmp_path / name).write_bytes(_mutated(files[name], mutations))
        _loads_or_refuses(tmp_path / name)

    check()


@pytest.mark.parametrize("examples", EXAMPLES)
def test_attack_13_edited_descriptions_are_loaded_or_refused(
    bundle: Path, tmp_path: Path, examples: int
) -> None:
    recognizer, facts = load_model(bundle)
    weights = dict(recognizer.model.state_dict())
    path = tmp_path / "evil.safetensors"

    @settings(max_examples=examples)
    @given(edits=EDITS)
    def check(edits: Any) -> None:
        header = _edited(json.loads(description(recognizer, facts)), edits)
        save_file(weights, path, {KEY: json.dumps(header)})
        _loads_or_refuses(path)

    check()
