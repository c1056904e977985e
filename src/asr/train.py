"""The composition root: config to parts, to fit, to test, to bundle. Read it first.

``python train.py key=value ...`` and ``asr train key=value ...`` both run :func:`main`.
"""

import math
import os
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import hydra
import lightning as L
from hydra.core.hydra_config import HydraConfig
from hydra.errors import HydraException
from hydra.types import RunMode
from omegaconf import DictConfig, OmegaConf
from omegaconf.errors import OmegaConfBaseException

from asr.assemble import assemble, make_encoder, make_vocabulary
from asr.command_line import one_line_errors, one_line_usage
from asr.compose import CONFIGS, check_config, explain, plain, refuse_no_choice
from asr.config import build, locate
from asr.cpu_settings import settle_cpu, settled
from asr.errors import InputError
from asr.evaluation.tables_of_test import tables_of_test
from asr.interrupts import hear_interrupts
from asr.own_parts import refuse_strangers
from asr.training import report
from asr.training.begin import begin
from asr.training.callbacks import make_callbacks
from asr.training.checkpoint import BEST, copy_to_last
from asr.training.csv_logger import CSVLog
from asr.training.finetuning import read_finetuning
from asr.training.intermediate import make_intermediate, shapes
from asr.training.kept_secrets import announce, hide_overrides, secrets_kept
from asr.training.module import SpeechModule
from asr.training.newest import newest, restoring
from asr.training.nonfinite import FiniteSteps
from asr.training.pretrained import load_pretrained, with_pretrained
from asr.training.recipe import recipe, refuse_changes
from asr.training.rehearsal import rehearse
from asr.training.results import finished, save_results
from asr.training.run_folder import (
    choose_folder,
    default_folder,
    is_child,
    refuse_another_trial,
    resumed,
    started_again,
    write_config,
)
from asr.training.saving import Checkpoints
from asr.training.search import is_search
from asr.training.signals import requeue_when_asked
from asr.training.trainer import part_processes


def train(config: Mapping[str, Any], folder: Path) -> float:
    """Fit, test the best weights, export them; returns the best validation, for a search."""
    began = time.monotonic()
    seed = config["seed"]
    stopped = newest(folder) if config["resume"] else None
    finetuning = read_finetuning(config.get("finetune"))
    L.seed_everything(seed, workers=True, verbose=False)

    # What can be refused without data is refused before a corpus is fetched.
    pretrained = load_pretrained(finetuning) if finetuning and not stopped else None
    features, _ = make_encoder(config)
    unlearnt = make_vocabulary(config)
    waveform_augment = build(config["augment"]["waveform"], "augment.waveform")
    spectrogram_augment = build(config["augment"]["spectrogram"], "augment.spectrogram")
    optimizer, schedule = (build(config[part], part) for part in ("optimizer", "schedule"))
    rehearse(features, waveform_augment, spectrogram_augment, optimizer, schedule)
    data = build(
        config["data"], "data", corpus=build(config["corpus"], "corpus"), seed=seed,
        sample_rate=features.sample_rate, channels=features.channels, augment=waveform_augment,
    )  # fmt: skip
    task = locate(config["task"]["_target_"])
    checkpoints = Checkpoints(folder, task.monitor, config["save_every_steps"])
    guard = FiniteSteps(folder, config["max_nonfinite_steps"])
    # Checkpoints come last, so that what is saved has what the others did.
    callbacks = [guard, *make_callbacks(config["callbacks"], task.monitor), checkpoints]
    loggers = [CSVLog(folder / "metrics.csv")]
    loggers += [
        build(node, f"logger.{name}", run_dir=folder) for name, node in config["logger"].items()
    ]
    trainer = build(
        config["trainer"], "trainer", run_dir=folder, callbacks=callbacks, loggers=loggers
    )

    data.read()
    vocabulary = unlearnt.fitted(data.targets(task.target))
    recognizer = assemble(config, vocabulary, spectrogram_augment)
    intermediate = make_intermediate(recognizer)
    data.bind(recognizer.task, recognizer.model.frames)
    checkpoints.recipe = recipe(data, recognizer, trainer, seed)
    if stopped:
        allowed = config["allow_changes"]
        weights = shapes(recognizer.model, intermediate)
        checkpoints.anew = refuse_changes(
            stopped, checkpoints.recipe, weights, trainer, allowed=allowed
        )
        if not is_child():
            copy_to_last(stopped.path)
        data.begin = stopped.place.epoch, 0 if checkpoints.anew else stopped.place.batch
    elif finetuning is None:
        recognizer.model.fit_statistics(batch.waveforms for batch in data.sample(seconds=600))
    report.announce(data, recognizer, trainer)
    if not is_child():
        write_config(folder, config)
        data.write_skipped(folder / "skipped.jsonl")
    beginning = begin(finetuning, pretrained, recognizer)

    module = SpeechModule(
        recognizer, optimizer, schedule, seed, {**data.described, **beginning.facts},
        still=beginning.still, factors=beginning.factors, guard=guard,
        intermediate=intermediate,
    )  # fmt: skip
    ready = time.monotonic()
    with settled(), restoring(stopped, lambda: checkpoints.begun):
        trainer.fit(module, data, ckpt_path=stopped.path if stopped else None, weights_only=True)
    fitted = time.monotonic()
    if stopped and stopped.step == trainer.global_step:
        best = finished(folder, task.monitor, trainer)
        if best is not None:
            return best

    # Testing loads the best weights into the module, so they are what is exported.
    [scores] = trainer.test(module, data, ckpt_path=folder / BEST, weights_only=True, verbose=False)
    seconds = {"fit": fitted - ready, "total": time.monotonic() - began}
    if trainer.is_global_zero:
        save_results(
            folder, recognizer, module, data, trainer, scores, seconds, tables_of_test
        )  # fmt: skip
    part_processes(trainer)
    return checkpoints.best_value


class _CrashError(BaseException):
    """Carries an error of a run past Hydra, which would print all overrides, secrets too."""


@contextmanager
def _past_hydra() -> Iterator[None]:
    try:
        yield
    except (InputError, BrokenPipeError):
        raise
    except (HydraException, OmegaConfBaseException) as error:
        raise explain(error, sys.argv[1:]) from None
    except Exception as error:
        raise _CrashError from error


# Resolved once for all trials of a sweep.
OmegaConf.register_new_resolver(
    "sweep_folder",
    lambda wanted: wanted or default_folder().as_posix(),
    use_cache=True,
    replace=True,
)


@hydra.main(version_base="1.3", config_path=str(CONFIGS), config_name="train")
def _run(cfg: DictConfig) -> float:
    job = HydraConfig.get()
    try:
        return _job(job, cfg)
    except SystemExit as ended:
        if ended.code == 2 and job.mode == RunMode.MULTIRUN and is_search(job):
            return math.nan  # its error has been said
        raise


def _job(job: Any, cfg: DictConfig) -> float:
    # As they were written: one that cannot be resolved is told of below.
    overrides: Any = OmegaConf.to_container(job.overrides.task, resolve=False)
    # Here as well: Hydra adds lines of its own to what it sees.
    with one_line_errors(), secrets_kept(overrides), _past_hydra():
        config = plain(cfg)
        trial = job.job.num if job.mode == RunMode.MULTIRUN else None
        if trial is not None:
            announce(trial, overrides)
        wanted = config["run_dir"] if trial is None else config["run_dir"] or job.sweep.dir
        again = started_again(wanted, trial, anyhow=trial is not None and is_search(job))
        if config["resume"]:
            if trial is not None:
                raise InputError("resume: goes on with one run; leave out -m")
            config = resumed(Path(config["resume"]), overrides)
            refuse_strangers(config, overrides)
        elif again:
            stopped = resumed(Path(again), [])
            if trial is not None:
                refuse_another_trial(stopped, with_pretrained(config, overrides))
            config = stopped
        check_config(config)
        if not config["resume"]:
            config = with_pretrained(config, overrides)
            check_config(config)
        if trial is not None:  # Hydra's record of the sweep has its overrides in clear
            Path(job.sweep.dir, "multirun.yaml").unlink(missing_ok=True)
        folder = choose_folder(wanted, trial, config["resume"])
        # Processes that Lightning starts repeat this command, not a whole sweep.
        sys.argv = [__file__, *overrides]
        HydraConfig.instance().cfg = None
        return train(config, folder)


def main() -> None:
    """Run :func:`train` on the command line's config; bad input ends in one line and status 2."""
    os.environ.setdefault("HYDRA_FULL_ERROR", "1")  # errors come to us, not to Hydra's printer
    settle_cpu()
    hear_interrupts()
    requeue_when_asked()
    hide_overrides()
    # Hydra's parser takes no overrides after an option that stands between them.
    sys.argv[1:] = sorted(sys.argv[1:], key=lambda word: word not in ("-m", "--multirun"))
    with one_line_errors(), secrets_kept(sys.argv[1:]):
        refuse_no_choice(sys.argv[1:])
        try:
            with one_line_usage():
                _run()
        except KeyboardInterrupt:
            raise SystemExit(130) from None  # before training, which saves first
        except InputError:
            raise
        except (HydraException, OmegaConfBaseException) as error:
            if isinstance(error.__cause__, InputError):
                raise error.__cause__ from None
            raise explain(error, sys.argv[1:]) from None
        except _CrashError as crash:
            raise crash.__cause__ from None  # type: ignore[misc]  # it is always raised from one
        except OSError as error:  # of the folder of a sweep, or the study in it
            raise InputError(
                f"run_dir: cannot write {error.filename or 'there'} ({error.strerror or error}); "
                "choose another, or make room"
            ) from None
        except Exception as error:
            raise explain(error, sys.argv[1:]) from error  # of Hydra, before there was a config


if __name__ == "__main__":
    main()
