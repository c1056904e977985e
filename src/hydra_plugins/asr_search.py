"""The sweeper of ``sweep=optuna``, here because Hydra looks for plugins nowhere else."""

from typing import Any

from hydra.core.config_store import ConfigStore
from hydra.plugins.sweeper import Sweeper
from hydra.types import HydraContext, TaskFunction
from omegaconf import DictConfig, OmegaConf


class Search(Sweeper):
    """Trials whose settings Optuna chooses by the results so far; see asr.training.search.

    Args:
        n_trials: of the whole study, with those of earlier starts of the same command.
        n_jobs: trials that the launcher gets at a time, to run side by side if it can.
        sampler: node of one of Optuna's samplers; its seed, if it has one, is that of trial 0.
        params: what is searched, as overrides are written: setting to ``interval(1e-4, 1e-2)``.
    """

    config: DictConfig
    launcher: Any

    def __init__(self, n_trials: int, n_jobs: int, sampler: DictConfig, params: DictConfig) -> None:
        self.n_trials, self.n_jobs = n_trials, n_jobs
        self.sampler: Any = OmegaConf.to_container(sampler, resolve=True)
        self.params = params

    def setup(
        self, *, hydra_context: HydraContext, task_function: TaskFunction, config: DictConfig
    ) -> None:
        from hydra.core.plugins import Plugins

        self.config = config
        self.launcher = Plugins.instance().instantiate_launcher(
            config=config, hydra_context=hydra_context, task_function=task_function
        )

    def sweep(self, arguments: list[str]) -> None:
        """Search; ``arguments`` are overrides, of which those with several values are searched."""
        from asr.training.search import search  # Hydra loads this file in every run

        params: Any = self.params
        search(self, [*(f"{key}={value}" for key, value in params.items()), *arguments])


ConfigStore.instance().store(
    group="hydra/sweeper",
    name="search",
    node={
        "_target_": "hydra_plugins.asr_search.Search",
        "_recursive_": False,
        "n_trials": 20,
        "n_jobs": 1,
        "sampler": {},
        "params": {},
    },
    provider="asr",
)
