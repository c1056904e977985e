"""What it means to be a task: a head, a loss, a prediction and a way to score it."""

from collections.abc import Sequence
from typing import Literal, NamedTuple, Protocol

from torch import Tensor, nn
from torchmetrics import MetricCollection

from asr.data.batch import Batch
from asr.data.utterance import Utterance
from asr.layers.heads import HeadOptions
from asr.padded import Padded
from asr.tasks.observation import Observation
from asr.text.vocabulary import Vocabulary


class Monitor(NamedTuple):
    """The metric that picks the best checkpoint, and which way is better."""

    metric: str
    mode: Literal["min", "max"]


class Task(Protocol):
    """Everything that differs between recognising sequences and classifying utterances.

    A task holds no parameters: what it learns lives in the head that it builds.
    """

    monitor: Monitor
    vocabulary: Vocabulary
    views: int  # of each utterance that training shows, augmented apart: one or two
    intermediate: Sequence[int]  # blocks after which training puts a head, too
    reweighs: bool  # whether the loss wants other probabilities than labels have in training

    @property
    def classes(self) -> Sequence[str | None]:
        """What each output of the head stands for, in order; ``None`` is the CTC blank."""

    @staticmethod
    def refuse_other(vocabulary: Vocabulary) -> None:
        """Refuse a vocabulary of a kind that this task cannot do with, learnt or not yet.

        Raises:
            ValueError: it is of another kind.
        """

    @staticmethod
    def target(utterance: Utterance) -> str:
        """What of an utterance is to be predicted, before normalisation."""

    def fault(self, tokens: Sequence[int], frames: int) -> str | None:
        """Why an utterance with these tokens and encoder frames cannot be learnt, if so."""

    def make_head(self, in_channels: int, options: HeadOptions | None = None) -> nn.Module:
        """The layer that turns encoder frames into this task's logits.

        Args:
            options: what the encoder's architecture says of it.
        """

    def make_metrics(self) -> MetricCollection:
        """Fresh scalar metrics by name, updated with predictions and references."""

    def prepare(self, batch: Batch) -> Batch:
        """What training is to show of a batch: itself, or mixtures of its utterances."""

    def loss(
        self,
        logits: Padded,
        batch: Batch,
        intermediate: Sequence[Padded] = (),
        losses: Tensor | None = None,
    ) -> Tensor:
        """Mean loss over the batch, a scalar.

        Args:
            logits: of the batch, or of all first views, then all second ones, and so on.
            intermediate: those of the heads that the task asked for, in training.
            losses: those of :meth:`losses`, where they are known already.
        """

    def losses(self, logits: Padded, batch: Batch) -> Tensor:
        """``(batch,)``: nats per token of each utterance, without anything that regularises; 0
        where nothing can be learnt, and the mean over views where there are several.
        """

    def observe(self, logits: Padded, batch: Batch) -> Observation:
        """What the network says and what it should, in counts; of several views the first."""

    def predict(self, logits: Padded) -> list[str]:
        """One text or label for each utterance."""
