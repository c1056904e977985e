"""The wheel carries all that `asr train` needs outside the tree."""

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel of this tree, built by pip without a network."""
    pytest.importorskip("hatchling")
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "pip", "wheel", "--no-build-isolation", "--no-deps",
               "--quiet", "-w", folder, ROOT]  # fmt: skip
    subprocess.run(command, check=True)
    [path] = folder.glob("asr-*.whl")
    return path


def test_every_config_is_in_the_wheel(wheel: Path) -> None:
    names = set(zipfile.ZipFile(wheel).namelist())
    configs = {path.relative_to(ROOT).as_posix() for path in (ROOT / "configs").rglob("*.yaml")}
    assert {f"asr/{name}" for name in configs} <= names
    assert "asr/py.typed" in names


def test_the_parts_of_the_report_are_in_the_wheel(wheel: Path) -> None:
    names = set(zipfile.ZipFile(wheel).namelist())
    folder = ROOT / "src/asr/evaluation/report"
    parts = [*folder.glob("*.js"), *folder.glob("*.css"), *folder.glob("*.html")]
    assert parts
    assert {path.relative_to(ROOT / "src").as_posix() for path in parts} <= names


def test_nothing_else_of_the_tree_is(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    tops = {name.partition("/")[0] for name in names}
    assert {top for top in tops if not top.endswith(".dist-info")} == {"asr", "hydra_plugins"}
    plugins = [name for name in names if name.startswith("hydra_plugins/")]
    assert plugins == ["hydra_plugins/asr_search.py"]  # other packages have theirs there


def test_the_unpacked_wheel_finds_its_own_configs(wheel: Path, tmp_path: Path) -> None:
    zipfile.ZipFile(wheel).extractall(tmp_path / "site")
    code = (
        "import sys; sys.path.insert(0, 'site');"
        "from asr.compose import CONFIGS, compose;"
        "print(CONFIGS); compose(['corpus=tones'])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    assert Path(done.stdout.strip()) == tmp_path / "site" / "asr" / "configs"
