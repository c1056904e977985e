"""Where in a run a checkpoint was taken, in terms that a later process can go on from.

Lightning's counters say which hook a checkpoint was written in, and it guesses from them what is
left to do; after an epoch's end it guesses wrong. So each checkpoint is given the counters of a
state in which nothing is half done.
"""

from typing import Any, NamedTuple

import lightning as L


class Position(NamedTuple):
    """How far training has come.

    Attributes:
        epoch: epochs that are over.
        batch: batches done of the next one, 0 or more, of this process.
        validating: whether the validation that follows these batches is still to be done.
    """

    epoch: int
    batch: int
    validating: bool = False


def position(trainer: L.Trainer, *, validating: bool = False) -> Position:
    """The position between two batches, or around a validation."""
    epochs: Any = trainer.fit_loop.epoch_progress.current
    batches: Any = trainer.fit_loop.epoch_loop.batch_progress.current
    epoch, batch = int(epochs.processed), int(batches.processed)
    if not validating and batch == trainer.num_training_batches:
        return Position(epoch + 1, 0)
    return Position(epoch, batch, validating)


def end(trainer: L.Trainer) -> Position:
    """The position after the last batch, where Lightning counts the epoch as over in any case."""
    epoch, batch, _ = position(trainer)
    return Position(epoch - 1, batch)


def settle(trainer: L.Trainer, loops: dict[str, Any], place: Position) -> None:
    """Make the counters in ``loops``, the fit loop's part of a checkpoint, say ``place``."""
    begun = place.epoch + (place.batch > 0)
    for count in loops["epoch_progress"].values():
        count.update(ready=begun, started=begun, processed=place.epoch, completed=place.epoch)
    batches = loops["epoch_loop.batch_progress"]
    total = batches["total"]["processed"]
    for count, done in ((batches["total"], total), (batches["current"], place.batch)):
        count.update(ready=done, started=done, processed=done, completed=done)
    batches["is_last_batch"] = False
    # One batch of validation begun and not ended is what makes Lightning validate again.
    pending = int(place.validating)
    validation = loops["epoch_loop.val_loop.batch_progress"]
    for count in (validation["total"], validation["current"]):
        count.update(ready=pending, started=pending, processed=0, completed=0)
    validation["is_last_batch"] = False
    # Where a validation is due or just done, Lightning counts the step before it once more.
    again = place.validating or (place.batch > 0 and _validates_after(trainer, place, total))
    steps = loops["epoch_loop.automatic_optimization.optim_progress"]["optimizer"]["step"]
    loops["epoch_loop.state_dict"]["_batches_that_stepped"] = steps["total"]["completed"] - again


def begin(trainer: L.Trainer) -> None:
    """Let Lightning begin an epoch where a checkpoint from between two epochs was loaded."""
    loop = trainer.fit_loop.epoch_loop
    if loop.batch_progress.current.ready == 0:
        # With max_steps it would take every checkpoint for one from within an epoch.
        loop.restarting = False


def _validates_after(trainer: L.Trainer, place: Position, total: int) -> bool:
    every, epochs = trainer.val_check_batch, trainer.check_val_every_n_epoch
    if every is None or not trainer.enable_validation:
        return False
    if epochs is None:
        return total % every == 0
    return (place.epoch + 1) % epochs == 0 and place.batch % every == 0
