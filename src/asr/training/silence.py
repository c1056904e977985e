"""When a run fell silent, as CTC does at first, and when it began to speak again."""

from typing import Any


class Silence:
    """The all-blank plateau: entered below ``limit`` symbols for each of the targets, left at 4
    times that, so that a single symbol now and then is no end of it.

    Attributes:
        entered: step and epoch at which it was first seen, or ``None``.
        left: those at which it was last seen to be over.
        seconds: how long training had taken then, or ``None`` where it is not over or nobody knows.
    """

    def __init__(self, limit: float) -> None:
        self.limit = limit
        self.entered: tuple[int, int] | None = None
        self.left: tuple[int, int] | None = None
        self.seconds: float | None = None

    def see(self, said: float, step: int, epoch: int, seconds: float | None = None) -> bool:
        """Note how much a step's batch was answered with; returns whether that ended the silence.

        Args:
            said: symbols emitted for each of the targets.
            seconds: that training has taken, if that is known.
        """
        if said < self.limit:
            self.entered, self.left, self.seconds = self.entered or (step, epoch), None, None
        elif self.entered and not self.left and said >= 4 * self.limit:
            self.left, self.seconds = (step, epoch), seconds
            return True
        return False

    def summary(self) -> dict[str, Any]:
        """Steps and epochs from 1, or null."""
        return {
            name: None if at is None else {"step": at[0], "epoch": at[1] + 1}
            for name, at in (("entered", self.entered), ("left", self.left))
        }

    def state(self) -> list[Any]:
        """All of it, as plain values."""
        places = [None if at is None else list(at) for at in (self.entered, self.left)]
        return [*places, self.seconds]

    def restore(self, state: list[Any]) -> None:
        """Go on from :meth:`state`, or from that of before, which had no seconds."""
        self.entered, self.left = (None if at is None else (at[0], at[1]) for at in state[:2])
        self.seconds = state[2] if len(state) > 2 else None
