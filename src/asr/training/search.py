"""A search over settings: trials of a sweep, chosen by Optuna, kept in the sweep's folder."""

import logging
import math
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Protocol

from filelock import FileLock, Timeout
from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.core.override_parser.types import Override, Transformer
from omegaconf import DictConfig

from asr.config import build, locate
from asr.errors import InputError
from asr.import_optuna import import_optuna
from asr.text.printable import printable
from asr.training.kept_secrets import without_secret
from asr.training.plain_yaml import to_yaml
from asr.training.run_folder import is_child

log = logging.getLogger("asr")

_SWEEPER = "hydra_plugins.asr_search.Search"
_STUDY, _LOCK, RESULTS = "study.log", "study.lock", "optimization_results.yaml"
_NAME, _FIXED = "search", "overrides"  # of the one study in the file, and of what it notes


class Settings(Protocol):
    """What the sweeper of Hydra knows."""

    config: DictConfig
    launcher: Any
    n_trials: int
    n_jobs: int
    sampler: Any


def is_search(job: Any) -> bool:
    """Whether the trial of Hydra's ``job`` is one of a search."""
    return bool(job.sweeper._target_ == _SWEEPER)


def search(settings: Settings, overrides: Sequence[str]) -> None:
    """Run the trials that the study in the sweep's folder still lacks.

    What a trial gets depends on the seed of the sampler, the number of the trial and the results
    before it alone, so a search that was stopped ends as one that was not. A trial that was
    stopped goes on; one that ends in an error of input counts as failed, and the search goes on
    if another has succeeded.

    Args:
        overrides: of the command line; of a setting given twice the last counts.

    Raises:
        InputError: what is asked for cannot be, or the folder holds or is at another search.
        SystemExit: with status 2, if no trial has succeeded.
    """
    optuna = import_optuna("sweep=optuna")
    for name, value in (("n_trials", settings.n_trials), ("n_jobs", settings.n_jobs)):
        if not isinstance(value, int) or value < 1:
            raise InputError(f"hydra.sweeper.{name}: must be 1 or more, got {value!r}")
    if is_child() or int(os.environ.get("WORLD_SIZE") or 1) > 1:
        raise InputError(
            "sweep=optuna: one process starts the trials; leave torchrun or srun out, and let "
            "trainer.devices start the others"
        )
    space, fixed = _parted(overrides, optuna.distributions)
    folder = Path(settings.config.hydra.sweep.dir)
    folder.mkdir(parents=True, exist_ok=True)
    try:
        with FileLock(folder / _LOCK, timeout=0):
            study = _study(optuna, folder, settings.config, fixed)
            _run(study, settings, space, fixed)
            _tell_best(study, folder)
    except Timeout:
        raise InputError(
            f"run_dir: a search is at work in {folder}; wait for it, or choose another"
        ) from None


def _parted(overrides: Sequence[str], distributions: Any) -> tuple[dict[str, Any], dict[str, str]]:
    """What is searched, by setting, and the overrides that all trials have."""
    space, fixed = dict[str, Any](), dict[str, str]()
    for override in OverridesParser.create().parse_overrides(list(overrides)):
        key = override.get_key_element()
        space.pop(key, None)
        fixed.pop(key, None)
        if override.is_sweep_override():
            space[key] = _distribution(override, distributions)
        else:
            fixed[key] = str(override.input_line)
    if not space:
        raise InputError(
            "sweep=optuna: nothing is searched; give a setting as 'interval(1e-4,1e-2)', or "
            "several values with commas between"
        )
    return space, fixed


def _distribution(override: Override, distributions: Any) -> Any:
    value: Any = override.value()
    if override.is_interval_sweep():
        whole = isinstance(value.start, int) and isinstance(value.end, int)
        kind = distributions.IntDistribution if whole else distributions.FloatDistribution
        return kind(value.start, value.end, log="log" in value.tags)
    values: list[Any] = list(override.sweep_iterator(transformer=Transformer.identity))
    if override.is_range_sweep() and not value.shuffle and values:
        whole = all(isinstance(item, int) for item in values)
        kind = distributions.IntDistribution if whole else distributions.FloatDistribution
        return kind(min(values), max(values), step=abs(value.step))
    return distributions.CategoricalDistribution(
        list(override.sweep_iterator(transformer=Transformer.encode))
    )


def _study(optuna: Any, folder: Path, config: DictConfig, fixed: dict[str, str]) -> Any:
    """The study in ``folder``, new or gone on with."""
    journal = optuna.storages.journal
    # Not Optuna's other lock: Windows lets not everyone make symbolic links.
    file = str(folder / _STUDY)
    backend = journal.JournalFileBackend(file, lock_obj=journal.JournalFileOpenLock(file))
    monitor = locate(config.task._target_).monitor
    study = optuna.create_study(
        storage=optuna.storages.JournalStorage(backend), study_name=_NAME, load_if_exists=True,
        direction={"min": "minimize", "max": "maximize"}[monitor.mode],
    )  # fmt: skip
    told = sorted(without_secret(line) for key, line in fixed.items() if key != "run_dir")
    before = study.user_attrs.get(_FIXED, told)
    if changed := sorted({*told} ^ {*before}):
        raise InputError(
            f"run_dir: {folder} holds a search with and without {changed[0]}, so it cannot go on; "
            "choose another"
        )
    study.set_user_attr(_FIXED, told)
    return study


def _run(study: Any, settings: Settings, space: dict[str, Any], fixed: dict[str, str]) -> None:
    from optuna.trial import TrialState

    # Those of one batch, as the results of a batch are told together.
    stopped = study.get_trials(states=[TrialState.RUNNING])
    while batch := stopped[: settings.n_jobs] or _asked(study, settings, space):
        del stopped[: len(batch)]
        given = [(*_overrides(trial), *fixed.values()) for trial in batch]
        returns = settings.launcher.launch(given, initial_job_idx=batch[0].number)
        for trial, returned in zip(batch, returns, strict=True):
            value = float(returned.return_value)
            if math.isnan(value):
                study.tell(trial.number, state=TrialState.FAIL)
            else:
                study.tell(trial.number, value)
        if not study.get_trials(deepcopy=False, states=[TrialState.COMPLETE]):
            raise SystemExit(2)  # each has said why


def _asked(study: Any, settings: Settings, space: dict[str, Any]) -> list[Any]:
    """The next trials, none if there are enough."""
    begin = len(study.get_trials(deepcopy=False))
    trials = []
    for number in range(begin, min(begin + settings.n_jobs, settings.n_trials)):
        node = dict(settings.sampler)
        if node.get("seed") is not None:
            node["seed"] += number
        study.sampler = build(node, "hydra.sweeper.sampler")
        try:
            trials.append(study.ask(space))
        except ValueError as error:  # other choices than an earlier start had
            raise InputError(f"sweep=optuna: {error}; choose another run_dir") from None
    return trials


def _overrides(trial: Any) -> list[str]:
    return [f"{key}={value}" for key, value in trial.params.items()]


def _tell_best(study: Any, folder: Path) -> None:
    best = study.best_trial
    log.info(
        "\nbest of %d trials: %d, with %.4g on validation: %s",
        len(study.trials), best.number, best.value, printable(" ".join(_overrides(best))),
    )  # fmt: skip
    found = {"best_trial": best.number, "best_value": best.value, "best_params": dict(best.params)}
    (folder / RESULTS).write_text(to_yaml(found), encoding="utf-8")
