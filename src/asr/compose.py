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
# What a run is made of beside its settings; each must be there.
_NODES = (
    "corpus", "vocabulary", "features", "augment", "task", "model", "optimizer", "schedule",
    "trainer", "logger", "data", "callbacks",
)  # fmt: skip
_OPTIONAL = ("experiment", "sweep")  # groups that a run may do without
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
    refuse_no_choice(overrides)
    try:
        with initialize_config_dir(str(CONFIGS), version_base="1.3"):
            return plain(hydra_compose("train", list(overrides)))
    except (HydraException, OmegaConfBaseException) as error:
        raise explain(error, overrides) from None


def plain(config: DictConfig) -> dict[str, Any]:
    """A composed config as plain values, interpolations resolved.

    Raises:
        InputError: an interpolation cannot be resolved, or a part has been taken away.
    """
    try:
        resolved: Any = OmegaConf.to_container(config, resolve=True, throw_on_missing=True)
    except OmegaConfBaseException as error:
        raise explain(error, []) from None
    _refuse_missing(resolved)
    return {str(key): value for key, value in resolved.items()}


def refuse_no_choice(overrides: Sequence[str]) -> None:
    """Raise InputError where nothing is chosen of a group, for which Hydra has no plain words."""
    for path in sorted(CONFIGS.iterdir()):
        if path.is_dir() and path.name not in _OPTIONAL and f"{path.name}=null" in overrides:
            raise InputError(
                f"{path.name}=null: a choice is needed; there are {', '.join(_choices(path.name))}"
            )


def check_config(config: Mapping[str, Any]) -> None:
    """Hold every value of a training config against the code that will take it.

    Raises:
        ConfigError: it does not fit; the message lists every mistake.
    """
    _refuse_missing(config)
    check(config, SETTINGS, _SUPPLIED)
    if not 0 <= config["seed"] < 2**32:
        raise InputError(f"seed: must be 0 to 4294967295, got {config['seed']}")
    every = config["save_every_steps"]
    if every is not None and every < 1:
        raise InputError(f"save_every_steps: must be 1 or more, or null, got {every}")
    if config["max_nonfinite_steps"] < 0:
        most = config["max_nonfinite_steps"]
        raise InputError(f"max_nonfinite_steps: must be 0 or more, got {most}")


def _refuse_missing(config: Mapping[str, Any]) -> None:
    if missing := [key for key in (*SETTINGS, *_NODES) if key not in config]:
        raise InputError(f"{missing[0]}: is missing, but a run needs it; do not take it away")


def explain(error: Exception, overrides: Sequence[str]) -> InputError:
    """What Hydra says in many lines, in one, with what was probably meant."""
    text = str(error)
    if found := re.search(r"Could not override '([^']+)'", text):
        key = found[1]
        near = get_close_matches(key, _keys(overrides, key), n=1)
        hint = f"did you mean {near[0]}?" if near else "see configs/train.yaml for what there is"
        if key in near:  # it is there, but one of the keys in its new value is not
            return InputError(f"{key}: holds a key that is not there; add it by +{key}.KEY=VALUE")
        return InputError(f"{key}: no such setting; {hint}")
    if found := re.search(r"Could not find '([^']+)'", text):
        group, _, choice = found[1].removeprefix("/").rpartition("/")
        choices = _choices(group)
        near = get_close_matches(choice, choices, n=1)
        hint = f"did you mean {near[0]}? " if near else ""
        return InputError(f"{group}={choice}: no such choice; {hint}There are {', '.join(choices)}")
    if found := re.search(r"Ambiguous value for argument '([^']+)'", text):
        return InputError(
            f"{found[1]}: several values; write [1,2] for a list of them, quote them for text, or "
            "add -m for a run of each"
        )
    told = [line.strip() for line in text.splitlines()[:3] if not line.startswith("See https:")]
    quote = ""
    grammar = ("Error parsing override", "mismatched input", "LexerNoViable", "token recognition")
    if any(part in text for part in grammar):
        quote = "; quote values with special characters: 'key=\"value\"'"
    return InputError(f"{' '.join(filter(None, told))}{quote}")


def _choices(group: str) -> list[str]:
    return sorted(path.stem for path in (CONFIGS / group).glob("*.yaml"))


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
