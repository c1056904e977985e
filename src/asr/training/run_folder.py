"""The folder of a run: where it is, and what is written into it."""

import os
import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import yaml
from hydra.core.override_parser.overrides_parser import OverridesParser
from omegaconf import DictConfig, OmegaConf

from asr.errors import InputError
from asr.training.plain_yaml import read_yaml, to_yaml

CONFIG, SUMMARY, SKIPPED = "config.yaml", "summary.json", "skipped.jsonl"
_OURS = (CONFIG, SUMMARY, "metrics.csv", "last.ckpt", "best.ckpt", "model.safetensors")
_SINGLE = ("seed", "save_every_steps", "allow_changes", "max_nonfinite_steps")
# How often SLURM has requeued a job, and torchrun restarted its processes.
_STARTED_AGAIN = ("SLURM_RESTART_COUNT", "TORCHELASTIC_RESTART_COUNT")
_CHOSEN = "ASR_RUN_DIR"  # the first process tells the others that it starts
_SECRET = re.compile(
    r"((^|_|-|api)key|token|secret|passw(or)?d|credential)s?$|_key_id$", re.IGNORECASE
)
SHORTEST_SECRET = 6  # characters; less would be found in many words by chance


def choose_folder(wanted: str | None, trial: int | None, resume: str | None) -> Path:
    """Decide where a run writes; a folder that holds another run is never taken.

    Args:
        wanted: by the user; a time-stamped folder under ``runs/`` where not given.
        trial: number of this job in a sweep, which gets a folder of its own.
        resume: folder of the run to go on with.

    Raises:
        InputError: the folder holds a run already, or cannot be made.
    """
    if _CHOSEN in os.environ and is_child():
        return Path(os.environ[_CHOSEN])
    folder = Path(resume) if resume else _wanted(wanted, trial)
    taken = [name for name in _OURS if (folder / name).exists()]
    if taken and resume is None and not is_child():
        raise InputError(
            f"run_dir: {folder} holds a run already ({taken[0]}); choose another, or go on with "
            f"it by resume={folder}"
        )
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(f"run_dir: cannot make {folder} ({error.strerror})") from None
    if not os.access(folder, os.W_OK):
        raise InputError(f"run_dir: {folder} cannot be written; choose another")
    os.environ[_CHOSEN] = str(folder.resolve())
    return folder


def started_again(wanted: str | None, trial: int | None, *, anyhow: bool = False) -> str | None:
    """The folder to go on with where a scheduler has started the same command once more.

    Args:
        wanted: folder, by the user.
        trial: number of this job in a sweep.
        anyhow: whether it has been started again in any case.
    """
    if not anyhow and not any(int(os.environ.get(name) or 0) > 0 for name in _STARTED_AGAIN):
        return None
    found = _wanted(wanted, trial)
    return str(found) if (found / CONFIG).is_file() else None


def is_child() -> bool:
    """Whether another process of the same run is the first one."""
    return any(
        int(os.environ.get(name, "0") or 0) > 0 for name in ("RANK", "LOCAL_RANK", "SLURM_PROCID")
    )


def resumed(folder: Path, overrides: Sequence[str]) -> dict[str, Any]:
    """The config of the run in ``folder``, with single values overridden.

    Raises:
        InputError: there is no run to go on with, or a whole group is overridden.
    """
    try:
        config = OmegaConf.create(read_yaml(folder / CONFIG))
    except (OSError, yaml.YAMLError):
        config = None
    if not isinstance(config, DictConfig):
        raise InputError(f"resume: {folder} holds no run that could go on; look for its {CONFIG}")
    OmegaConf.update(config, "allow_changes", False)  # what was allowed once is so no more
    for override in OverridesParser.create().parse_overrides(list(overrides)):
        key = override.key_or_group
        if key in ("resume", "run_dir"):
            continue
        if isinstance(OmegaConf.select(config, key), DictConfig) or (
            ("." not in key and key not in _SINGLE) or key.startswith("finetune.")
        ):
            raise InputError(
                f"{key}: a resumed run keeps its parts; start a new run, or change single values "
                f"such as trainer.max_epochs"
            )
        OmegaConf.update(config, key, override.value(), merge=False)
    plain: Any = OmegaConf.to_container(config, resolve=False)
    return {**plain, "resume": str(folder)}


def refuse_another_trial(stopped: Mapping[str, Any], config: Mapping[str, Any]) -> None:
    """Raise InputError unless a trial of a sweep has the settings that it had when it stopped."""
    now = without_secrets(config)
    changed = [key for key in now if key != "resume" and now[key] != stopped.get(key)]
    if changed:
        raise InputError(
            f"run_dir: {stopped['resume']} holds a trial with another {changed[0]} than this one, "
            "so the sweep cannot go on; choose another run_dir"
        )


def write_config(folder: Path, config: Mapping[str, Any]) -> None:
    """Write the resolved config, without secrets."""
    text = to_yaml(without_secrets(config))
    # Another process of the same run may be reading it.
    beside = folder / f".{CONFIG}.writing"
    beside.write_text(text, encoding="utf-8")
    beside.replace(folder / CONFIG)


def without_secrets(node: Any, name: str = "") -> Any:
    """A copy in which what looks like a secret, by its key or by the environment, is starred."""
    if isinstance(node, Mapping):
        return {key: without_secrets(value, str(key)) for key, value in node.items()}
    if isinstance(node, list | tuple):
        return [without_secrets(item, name) for item in node]
    if not isinstance(node, str) or not node:
        return node
    if _SECRET.search(name):
        return "***"
    for secret in secret_values():
        node = node.replace(secret, "***")
    return node


def secret_values() -> set[str]:
    """What the environment holds of passwords and keys, by the names of its variables."""
    return {
        value
        for name, value in os.environ.items()
        if len(value) >= SHORTEST_SECRET and _SECRET.search(name)
    }


def _wanted(folder: str | None, trial: int | None) -> Path:
    found = Path(folder or default_folder())
    return found if trial is None else found / str(trial)


def default_folder() -> Path:
    """Where a run, or a sweep, writes that has been given no folder."""
    # Processes that a launcher started side by side must agree without talking.
    for name in ("TORCHELASTIC_RUN_ID", "SLURM_JOB_ID"):
        if os.environ.get(name, "none") != "none":
            return Path("runs") / os.environ[name]
    now = datetime.now()
    return Path("runs") / f"{now:%Y-%m-%d}" / f"{now:%H-%M-%S}"
