"""Every committed config fits the code that it configures."""

import re
import shlex
from pathlib import Path

import pytest

from asr.compose import CONFIGS, check_config, compose

CHOICES = [
    f"{path.parent.name}={path.stem}"
    for path in sorted(Path(CONFIGS).glob("*/*.yaml"))
    if path.parent.name != "sweep"  # only Hydra's own multirun can compose a sweeper
]

COMMAND = r"python train\.py ([^`\n]+)"
DOCS = Path(__file__).parents[1] / "docs"
TOLD = [
    (page, command)
    for page in ("augmentation", "doctor", "regularisation")
    for command in re.findall(COMMAND, (DOCS / f"{page}.md").read_text("utf-8"))
]


@pytest.mark.parametrize(("page", "command"), TOLD)
def test_a_command_in_the_docs_fits_the_code(page: str, command: str) -> None:
    check_config(compose([word for word in shlex.split(command, comments=True) if word != "..."]))


@pytest.mark.parametrize("choice", CHOICES)
def test_choice_fits_the_code(choice: str) -> None:
    check_config(compose([choice]))


@pytest.mark.parametrize("path", sorted(Path(CONFIGS).glob("*/*.yaml")), ids=lambda p: p.stem)
def test_a_config_begins_with_what_it_is(path: Path) -> None:
    first = path.read_text(encoding="utf-8").splitlines()[0]
    assert first.startswith(("#", "_target_: torch.optim", "_target_: asr.training.schedules"))
