"""How much worse a model hears what is noisy, narrow or reverberant."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import torch

from asr.augment.waveform import Transform
from asr.bundle import load_model
from asr.data.audio import Channel
from asr.evaluation.measures import blocked, intervals, measures
from asr.evaluation.recognise import CPU, channel_for, recognise
from asr.evaluation.scores import score
from asr.evaluation.source import Source
from asr.evaluation.usable import refuse_none, usable


class Condition(NamedTuple):
    """What was heard under one condition.

    Attributes:
        metric: ``wer`` or ``accuracy``.
        rates: all that the task has, as shares.
        interval: 95 % of the metric's.
    """

    name: str
    metric: str
    rates: Mapping[str, float]
    interval: Sequence[float]

    def to_json(self) -> dict[str, Any]:
        return {
            "condition": self.name, "metric": self.metric, **self.rates,
            "interval": list(self.interval),
        }  # fmt: skip


def robustness(
    model: Path,
    source: Source,
    conditions: Mapping[str, Transform],
    *,
    batch: int = 16,
    channel: Channel | None = None,
    device: torch.device = CPU,
    allow: Sequence[str] = (),
) -> Iterator[Condition]:
    """Evaluate under each condition in turn.

    What is random about a condition depends on the utterance's id alone, so that two models hear
    the same noise.

    Args:
        batch, channel, allow: see :func:`~asr.evaluation.evaluate.evaluate`.

    Raises:
        InputError: the model or the data cannot be used, or no utterance can.
    """
    bundle = load_model(model, allow)
    recognizer = bundle.recognizer
    index = usable(source, recognizer.model)
    for name, condition in conditions.items():
        share = recognise(
            recognizer, index, batch=batch, channel=channel_for(bundle, channel), device=device,
            augment=condition,
        )  # fmt: skip
        refuse_none(len(share.heard), index, source.name)
        found = score(recognizer.task, index, share.heard)
        first, measure = next(iter(measures(found.utterances).items()))
        bounds = intervals({first: measure}, blocked(found.utterances))[first]
        yield Condition(name, first, found.rates, bounds)
