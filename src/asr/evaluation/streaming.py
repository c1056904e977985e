"""Whether a network can hear while somebody speaks, with what delay, and what stands against it."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import inf, isinf
from typing import Any, NamedTuple, cast

from torch import nn

from asr.evaluation.leaves import Leaf, leaves
from asr.models.acoustic import AcousticModel
from asr.span import TimeLayer

_LOOK_AHEAD = "looks ahead"
_SHOWN = 5  # layers of each reason


class Obstacle(NamedTuple):
    """A layer that has to wait.

    Attributes:
        reason: why, in a few words.
        wait_ms: what it adds to the delay of its branch, infinite where it needs the whole
            utterance.
    """

    layer: str
    reason: str
    wait_ms: float


@dataclass(frozen=True, slots=True)
class Streaming:
    """What a stream through the network has to wait for.

    Attributes:
        delay_ms: from the middle of an output frame, sample ``t * hop``, until all that it
            hears has been said: the look-ahead. Infinite where a stream is not possible.
        local_ms: the same without what needs the whole utterance.
        obstacles: layers that wait, or keep all that came before, in the network's order.
    """

    delay_ms: float
    local_ms: float
    obstacles: Sequence[Obstacle]

    @property
    def possible(self) -> bool:
        return not isinf(self.delay_ms)

    def lines(self) -> Iterator[str]:
        """The verdict, then a line for each reason."""
        if self.possible:
            yield f"possible, {self.delay_ms:.4g} ms behind the speaker"
        else:
            waiting = sum(isinf(obstacle.wait_ms) for obstacle in self.obstacles)
            need = "1 layer needs" if waiting == 1 else f"{waiting} layers need"
            rest = "" if isinf(self.local_ms) else f"; without it, {self.local_ms:.4g} ms behind"
            yield f"not possible: {need} the whole utterance{rest}"
        reasons: dict[str, list[Obstacle]] = defaultdict(list)
        for obstacle in self.obstacles:
            reasons[obstacle.reason].append(obstacle)
        for reason, those in reasons.items():
            yield f"{reason}: {_named([obstacle.layer for obstacle in those])}"

    def to_json(self) -> dict[str, Any]:
        """All of it as plain values; what is infinite is ``None``."""
        return {
            "possible": self.possible,
            "delay_ms": _finite(self.delay_ms),
            "obstacles": [
                {"layer": layer, "reason": reason, "wait_ms": _finite(wait)}
                for layer, reason, wait in self.obstacles
            ],
        }


def streaming(model: AcousticModel) -> Streaming:
    """What the spans of the layers say of a stream.

    A layer that hears the whole utterance may say why in an attribute ``streaming_obstacle``, of
    its own or of a part of it.
    """
    ms_per_sample = 1000 / model.sample_rate
    head = cast(TimeLayer, model.head).span
    obstacles = [
        Obstacle(leaf.name, reason, _wait(leaf) * ms_per_sample)
        for leaf in leaves(model)
        if (reason := _reason(leaf))
    ]
    span = model.span.then(head)
    local = span.right * ms_per_sample
    return Streaming(inf if span.whole else local, local, obstacles)


def _wait(leaf: Leaf) -> float:
    return inf if leaf.span.whole else leaf.before.stride * leaf.span.right


def _reason(leaf: Leaf) -> str:
    """Why the layer waits, or empty where it does not."""
    if leaf.span.whole or leaf.span.right == inf:
        return _stated(leaf.layer) or "needs the whole utterance"
    if leaf.span.left == inf:
        return _stated(leaf.layer) or "keeps all that came before"
    return _LOOK_AHEAD if leaf.span.right > 0 else ""


def _stated(layer: nn.Module) -> str:
    stated = (getattr(part, "streaming_obstacle", None) for part in layer.modules())
    return next((reason for reason in stated if isinstance(reason, str) and reason), "")


def _named(layers: Sequence[str]) -> str:
    if len(layers) <= _SHOWN:
        return ", ".join(layers)
    return f"{len(layers)} layers: {', '.join(layers[:_SHOWN])}, ..."


def _finite(value: float) -> float | None:
    return None if isinf(value) else value
