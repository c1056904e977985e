"""A .nemo file comes from anywhere: nothing in it is run, and nothing leaves the archive."""

import io
import pickle
import tarfile
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
import yaml

from asr.errors import InputError
from asr.importing.nemo_file import read_nemo
from tests.importing.nemo_models import write_tar


class Bomb:
    """Makes a file when it is unpickled."""

    def __init__(self, mark: Path) -> None:
        self.mark = mark

    def __reduce__(self) -> tuple[object, ...]:
        return (self.mark.touch, ())


def weights(value: object) -> bytes:
    written = io.BytesIO()
    torch.save(value, written)
    return written.getvalue()


GOOD = weights({"a": torch.ones(2)})


def write(path: Path, config: str = "a: 1", data: bytes = GOOD, **others: bytes) -> Path:
    write_tar(path, {"model_config.yaml": config.encode(), "model_weights.ckpt": data, **others})
    return path


def test_config_weights_and_other_files_are_read(tmp_path: Path) -> None:
    found = read_nemo(write(tmp_path / "a.nemo", "a: {b: 3}\nc: '${model.a.b}'", tok=b"12"))
    assert found.config == {"a": {"b": 3}, "c": 3}
    assert found.weights["a"].tolist() == [1, 1]
    assert found.files == {"tok": b"12"}


def test_a_compressed_file_is_read(tmp_path: Path) -> None:
    plain = write(tmp_path / "a.nemo")
    with tarfile.open(plain) as source, tarfile.open(tmp_path / "b.nemo", "w:gz") as target:
        for member in source:
            target.addfile(member, source.extractfile(member))
    assert read_nemo(tmp_path / "b.nemo").config == {"a": 1}


@pytest.mark.parametrize(
    ("config", "message"),
    [
        ("a: !!python/object/apply:os.system ['true']", "cannot be read"),
        ("- a", "not a mapping"),
        ("a: [", "cannot be read"),
        ("a: ${b}\nb: ${a}", "refers to itself"),
        ("a: " + "[" * 500 + "]" * 500, "nested too deeply|cannot be read"),
    ],
)
def test_a_config_is_only_data(tmp_path: Path, config: str, message: str) -> None:
    with pytest.raises(InputError, match=message):
        read_nemo(write(tmp_path / "a.nemo", config))


def test_the_environment_stays_out_of_a_config(tmp_path: Path) -> None:
    config = yaml.safe_dump({"a": "${oc.env:HOME}"})
    assert read_nemo(write(tmp_path / "a.nemo", config)).config == {"a": "${oc.env:HOME}"}


@pytest.mark.parametrize("write_with", [weights, pickle.dumps])
def test_weights_run_nothing(tmp_path: Path, write_with: Callable[[object], bytes]) -> None:
    mark = tmp_path / "mark"
    with pytest.raises(InputError, match=r"model_weights.ckpt cannot be read"):
        read_nemo(write(tmp_path / "a.nemo", data=write_with(Bomb(mark))))
    assert not mark.exists()
    pickle.loads(pickle.dumps(Bomb(mark)))
    assert mark.exists(), "else the bomb is none"


@pytest.mark.parametrize("data", [b"", b"nonsense", GOOD[:200], weights([1, 2])])
def test_weights_are_only_tensors(tmp_path: Path, data: bytes) -> None:
    with pytest.raises(InputError, match=r"model_weights.ckpt cannot be read"):
        read_nemo(write(tmp_path / "a.nemo", data=data))


def test_links_are_refused(tmp_path: Path) -> None:
    path = write(tmp_path / "a.nemo")
    with tarfile.open(path, "a:") as archive:
        link = tarfile.TarInfo("tokenizer.model")
        link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
        archive.addfile(link)
    with pytest.raises(InputError, match="is a link"):
        read_nemo(path)


def test_a_name_twice_is_refused(tmp_path: Path) -> None:
    path = write(tmp_path / "a.nemo", **{"./model_config.yaml": b"b: 2"})
    with pytest.raises(InputError, match="there twice"):
        read_nemo(path)


def test_nothing_is_written_outside(tmp_path: Path) -> None:
    inside = tmp_path / "inside"
    inside.mkdir()
    read_nemo(write(inside / "a.nemo", **{"../../escaped": b"x"}))
    assert [path.name for path in tmp_path.rglob("*")] == ["inside", "a.nemo"]


@pytest.mark.parametrize(
    ("written", "message"),
    [(b"", "not a .nemo file that can be read"), (b"x" * 2000, "not a .nemo file|holds no")],
)
def test_other_files_end_in_one_line(tmp_path: Path, written: bytes, message: str) -> None:
    (tmp_path / "a.nemo").write_bytes(written)
    with pytest.raises(InputError, match=message) as caught:
        read_nemo(tmp_path / "a.nemo")
    assert "\n" not in str(caught.value)


def test_a_file_that_is_too_large_is_not_read(tmp_path: Path) -> None:
    with tarfile.open(tmp_path / "a.nemo", "w:") as archive:
        member = tarfile.TarInfo("model_config.yaml")
        member.size = 5 << 20
        archive.addfile(member, io.BytesIO(bytes(5 << 20)))
    with pytest.raises(InputError, match="too large"):
        read_nemo(tmp_path / "a.nemo")
