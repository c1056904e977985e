"""Who may import whom, checked on the source itself."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

SOURCE = Path(__file__).parents[1] / "src" / "asr"

# Each package with the packages of ours it may import, from the leaves up.
LEAVES = {
    "errors",
    "cpu_settings",
    "padded",
    "span",
    "keyed",
    "resample",
    "json_files",
    "regular_file",
}
RECOGNIZER = {"layers", "features", "models", "tasks", "decoding", "metrics", "text", "data"}
MAY_IMPORT: dict[str, set[str]] = {
    "errors": set(),
    "cpu_settings": set(),
    "interrupts": set(),
    "json_files": set(),
    "regular_file": {"errors"},
    "keyed": set(),
    "resample": set(),
    "padded": set(),
    "metrics": set(),
    "text": {"errors"},
    "config": {"errors"},
    "finetune": set(),
    "import_optuna": {"errors"},
    "span": {"padded"},
    "layers": {"padded", "span"},
    "features": {"padded", "span"},
    "decoding": {"errors", "padded"},
    "augment": {"data", "padded", "keyed", "errors", "resample"},
    "language": {"decoding", "errors", "padded", "regular_file", "text"},
    "data": {"padded", "text", "keyed", "errors", "resample"},
    "losses": {"padded"},
    "models": {"layers", "features", "keyed", "padded", "span"},
    "tasks": {"augment", "data", "decoding", "layers", "losses", "metrics", "padded", "text"},
    "assemble": {"config", "errors", "models", "tasks", "text"},
    "trust": {"assemble", "config", "errors"},
    "bundle": {"assemble", "errors", "json_files", "trust"},
    "compose": {"assemble", "config", "errors", "finetune"},
    "own_parts": {"compose", "config", "errors"},
    "training": {
        "assemble", "bundle", "config", "data", "errors", "keyed", "metrics", "models", "tasks",
        "text", "json_files", "padded", "import_optuna",
    },
    "importing": {"assemble", "bundle", "compose", "errors", "layers", "models"},
    "evaluation": LEAVES | RECOGNIZER | {
        "assemble", "augment", "bundle", "compose", "config", "import_optuna", "language",
    },
    "leaderboard": {"errors", "evaluation", "text", "training"},
}  # fmt: skip
# These stand on top of everything.
TOP = {
    "cli", "commands", "cli_arguments", "argument_types", "train", "train_help", "command_line",
    "__main__",
}  # fmt: skip
# Each framework with the only packages of ours that may know it.
CONFINED = {
    "lightning": {"training", "train"},
    "hydra": {"train", "compose", "training"},
    "omegaconf": {"train", "compose", "training"},
    "pydantic": {"config"},
    "torchaudio": {"data", "features", "resample", "decoding"},
    "soundfile": {"data"},
    "wandb": {"training"},
    "optuna": {"import_optuna", "training"},
    "pyarrow": {"data"},
    "matplotlib": {"evaluation", "leaderboard"},
}
FILES = [path for path in SOURCE.rglob("*.py") if path.name != "__init__.py"]


def _imports(path: Path) -> set[str]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    names = {a.name for n in ast.walk(tree) if isinstance(n, ast.Import) for a in n.names}
    return names | {n.module or "" for n in ast.walk(tree) if isinstance(n, ast.ImportFrom)}


def _package(path: Path) -> str:
    return path.relative_to(SOURCE).parts[0].removesuffix(".py")


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(SOURCE)))
def test_imports_point_downwards(path: Path) -> None:
    package = _package(path)
    ours = {name.split(".")[1] for name in _imports(path) if name.startswith("asr.")}
    assert package in TOP or ours - {package} <= MAY_IMPORT[package]


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(SOURCE)))
def test_each_framework_is_known_where_it_belongs(path: Path) -> None:
    outside = {name.split(".")[0] for name in _imports(path)}
    for framework, knowers in CONFINED.items():
        assert framework not in outside or _package(path) in knowers


@pytest.mark.parametrize("path", list(SOURCE.rglob("__init__.py")), ids=lambda p: p.parent.name)
def test_package_files_are_empty(path: Path) -> None:
    assert path.read_text(encoding="utf-8") == ""


@pytest.mark.parametrize("name", ["utils.py", "base.py", "common", "helpers.py"])
def test_there_is_no_drawer_for_odds_and_ends(name: str) -> None:
    assert not list(SOURCE.rglob(name))


def test_the_network_needs_neither_lightning_nor_hydra() -> None:
    code = (
        "import sys, asr.models.conv_stack, asr.models.acoustic, asr.layers.heads;"
        "bad = {'lightning', 'hydra', 'wandb', 'pyarrow'} & {m.split('.')[0] for m in sys.modules};"
        "sys.exit(str(bad) if bad else 0)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
