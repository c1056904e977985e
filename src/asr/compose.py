"""From the command line to a plain config: the only file that speaks with Hydra's composer."""

import re
from collections.abc import Iterator, Mapping, Sequence
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from hydra import compose as hydra_compose
from hydra import initialize_config_dir
from hydra.errors import HydraException
from omegaconf import DictConfig, OmegaConf
from omegaconf.errors import OmegaConfBaseException

import asr
from asr.assemble import SUPPLIED
from asr.config import check
from asr.errors import InputError
from asr.finetune import Finetune

_PACKAGE = Path(asr.__path__[0])
# In the wheel the configs lie inside the package, in a checkout at the top of the tree.
CONFIGS = next(
    folder
    for folder in (_PACKAGE / "configs", _PACKAGE.parents[1] / "configs")
    if (folder / "train.yaml").is_file()
)

# Top-level settings that are not nodes, with the type of their values.
SETTINGS: dict[str, Any] = {
    "seed": int,
    "run_dir": str | None,
    "resume": str | None,
    "allow_changes": bool,
    "save_every_steps": int | None,
    "max_nonfinite_steps": int,
    "data_root": str,
    "finetune": Finetune,
}
# Arguments that the code, not the config, gives to a node.
_SUPPLIED = {
    **SUPPLIED,
    "data": {"corpus", "sample_rate", "channels", "augment", "seed"},
    "trainer": {"run_dir", "callbacks", "loggers"},
    "logger": {"run_dir"},
}


def compose(overrides: Sequence[str]) -> dict[str, Any]:
    """The resolved training config with ``overrides``, as a dict of plain values.

    Raises:
        InputError: an override cannot be applied.
    """
    try:
        with initialize_config_dir(str(CONFIGS), version_base="1.3"):
            return plain(hydra_compose("train", list(overrides)))
    except (HydraException, OmegaConfBaseException) as error:
        raise explain(error, overrides) from None


def plain(config: DictConfig) -> dict[str, Any]:
    """A composed config as plain values, interpolations resolved."""
    resolved: Any = OmegaConf.to_container(config, resolve=True, throw_on_missing=True)
    return {str(key): value for key, value in resolved.items()}


def check_config(config: Mapping[str, Any]) -> None:
    """Hold every value of a training config against the code that will take it.

    Raises:
        ConfigError: it does not fit; the message lists every mistake.
    """
    check(config, SETTINGS, _SUPPLIED)
    if config["seed"] < 0:
        raise InputError(f"seed: must be 0 or more, got {config['seed']}")
    every = config["save_every_steps"]
    if every is not None and every < 1:
        raise InputError(f"save_every_steps: must be 1 or more, or null, got {every}")
    if config["max_nonfinite_steps"] < 0:
        most = config["max_nonfinite_steps"]
        raise InputError(f"max_nonfinite_steps: must be 0 or more, got {most}")


def explain(error: Exception, overrides: Sequence[str]) -> InputError:
    """What Hydra says in many lines, in one, with what was probably meant."""
    text = str(error)
    if found := re.search(r"Could not override '([^']+)'", text):
        key = found[1]
        near = get_close_matches(key, _keys(overrides, key), n=1)
        hint = f"did you mean {near[0]}?" if near else "see configs/train.yaml for what there is"
        return InputError(f"{key}: no such setting; {hint}")
    if found := re.search(r"Could not find '([^']+)'", text):
        group, _, choice = found[1].removeprefix("/").rpartition("/")
        choices = sorted(path.stem for path in (CONFIGS / group).glob("*.yaml"))
        near = get_close_matches(choice, choices, n=1)
        hint = f"did you mean {near[0]}? " if near else ""
        return InputError(f"{group}={choice}: no such choice; {hint}There are {', '.join(choices)}")
    first = " ".join(line.strip() for line in text.splitlines()[:3] if line.strip())
    quote = ""
    if "mismatched input" in text or "LexerNoViableAlt" in text or "token recognition" in text:
        quote = "; quote values with special characters: 'key=\"value\"'"
    return InputError(f"{first}{quote}")


def _keys(overrides: Sequence[str], wrong: str) -> list[str]:
    """Every key there is once the overrides that can be applied are."""
    choices = [item for item in overrides if not item.lstrip("+~").startswith(f"{wrong}=")]
    for attempt in (choices, []):
        try:
            with initialize_config_dir(str(CONFIGS), version_base="1.3"):
                config = hydra_compose("train", attempt)
        except (HydraException, OmegaConfBaseException):
            continue
        groups = [path.name for path in CONFIGS.iterdir() if path.is_dir()]
        return [*_flat(OmegaConf.to_container(config, resolve=False)), *groups]
    return []


def _flat(node: Any, at: str = "") -> Iterator[str]:
    if isinstance(node, dict):
        for key, value in node.items():
            yield f"{at}{key}"
            yield from _flat(value, f"{at}{key}.")
