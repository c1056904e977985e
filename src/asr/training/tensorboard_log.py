"""TensorBoard beside a run, by Lightning's logger."""

from pathlib import Path

from lightning.pytorch.loggers import TensorBoardLogger

from asr.errors import InputError


def tensorboard_log(run_dir: Path) -> TensorBoardLogger:
    """A logger that writes its event files into ``tensorboard/`` in the run's folder.

    Raises:
        InputError: TensorBoard is not installed.
    """
    try:
        return TensorBoardLogger(run_dir, name=None, version="tensorboard")
    except ModuleNotFoundError as error:
        raise InputError(
            "logger=tensorboard needs a package that is not installed: "
            "pip install -e '.[tensorboard]'"
        ) from error
