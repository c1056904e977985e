"""The utterances with the highest losses of very many."""

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple


class Doubtful(NamedTuple):
    """An utterance that the network finds hard to believe.

    Attributes:
        loss: nats per token.
        id: of the utterance.
        reference: what it is said to say.
        hypothesis: what was recognised, where that is known.
        followers: ids of the utterances that were joined to it, whose texts end the reference.
    """

    loss: float
    id: str
    reference: str
    hypothesis: str | None = None
    followers: tuple[str, ...] = ()

    def plain(self) -> dict[str, Any]:
        """What it holds, by name; followers only where there are some."""
        there = self._asdict()
        if not self.followers:
            del there["followers"]
        return there


class Highest:
    """Keeps the ``most`` highest losses, an utterance once, in memory for no more than those.

    What it holds does not depend on the order in which utterances are added.
    """

    def __init__(self, most: int, rows: Iterable[Sequence[Any]] = (), seen: int = 0) -> None:
        self.most = most
        self.seen = seen  # utterances
        self.rows: list[Doubtful] = []  # the highest first
        self.merge(Doubtful(*row) for row in rows)

    def add(
        self,
        losses: Sequence[float],
        ids: Sequence[str],
        references: Sequence[str],
        followers: Sequence[Sequence[str]] = (),
    ) -> None:
        """Look at a batch, or several of them.

        Args:
            followers: of each utterance; nothing at all where there are none.
        """
        self.seen += len(losses)
        floor = self.rows[-1].loss if len(self.rows) == self.most else -1.0
        self.merge(
            Doubtful(loss, name, reference, followers=tuple(joined))
            for loss, name, reference, joined in zip(
                losses, ids, references, followers or [()] * len(ids), strict=True
            )
            if loss >= floor
        )

    def merge(self, rows: Iterable[Doubtful]) -> None:
        """Add rows that another kept."""
        best: dict[str, Doubtful] = {}
        for row in (*self.rows, *rows):
            best[row.id] = max(row, best.get(row.id, row))
        ranked = sorted(best.values(), key=lambda row: (-row.loss, row.id))
        self.rows = ranked[: self.most]
