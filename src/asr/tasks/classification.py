"""One label for a whole utterance, as in keyword spotting."""

import math
from collections.abc import Mapping, Sequence
from typing import Literal

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torchmetrics import MetricCollection

from asr.augment.mixing import mixed, partners, shares, spliced
from asr.data.batch import Batch, Mixture
from asr.data.utterance import Utterance
from asr.layers.heads import HeadOptions, Pooled, PooledHead
from asr.losses.consistency import disagreement
from asr.losses.cross_entropy import soft_cross_entropy
from asr.metrics.confusion import Accuracy, MacroF1
from asr.padded import Padded, sent
from asr.tasks.observation import Observation
from asr.tasks.task import Monitor
from asr.text.labels import Labels
from asr.text.vocabulary import Vocabulary

_IGNORED = -100  # in the place of a label that is not known


class Classification:
    """Pick one label for each utterance, by cross-entropy.

    Args:
        vocabulary: the labels.
        class_weights: weight of each label's loss: ``"balanced"`` is inverse to how often it
            occurs in training, a mapping gives them by name (1 where absent), ``None`` is 1.
        label_smoothing: share of the target spread over all labels, from 0 up to below 1.
        dropout: of the pooled channels before the last layer.
        pooling: of the frames, see :class:`~asr.layers.heads.PooledHead`.
        focal: the gamma of the focal loss, 0 for none. See :mod:`asr.losses.cross_entropy`.
        mixup: parameter of the Beta distribution by which training mixes pairs of utterances and
            their labels, 0 for no mixtures. See :mod:`asr.augment.mixing`.
        cutmix: the same for pieces that are put into another utterance. With both, each batch is
            one or the other.
        consistency: weight of what two views of an utterance disagree on, which training then
            shows at once; 0 for one view. See :mod:`asr.losses.consistency`.

    Raises:
        ValueError: a value is out of range, or a weight names no label.
    """

    monitor = Monitor("accuracy", "max")
    intermediate: Sequence[int] = ()

    def __init__(
        self,
        vocabulary: Labels,
        *,
        class_weights: Literal["balanced"] | Mapping[str, float] | None = None,
        label_smoothing: float = 0.0,
        dropout: float = 0.0,
        pooling: Pooled = "mean",
        focal: float = 0.0,
        mixup: float = 0.0,
        cutmix: float = 0.0,
        consistency: float = 0.0,
    ) -> None:
        if not 0 <= label_smoothing < 1:
            raise ValueError(f"label_smoothing must be 0 up to below 1, got {label_smoothing:g}")
        if not 0 <= dropout < 1:
            raise ValueError(f"dropout must be 0 up to below 1, got {dropout:g}")
        if not all(0 <= value < math.inf for value in (focal, mixup, cutmix)):
            raise ValueError(
                f"focal, mixup and cutmix must be 0 or more, got {focal:g}, {mixup:g}, {cutmix:g}"
            )
        if not 0 <= consistency < math.inf:
            raise ValueError(f"consistency must be a weight of 0 or more, got {consistency:g}")
        self.refuse_other(vocabulary)
        self.vocabulary = vocabulary
        self.class_weights = class_weights
        self.label_smoothing = label_smoothing
        self.dropout, self.pooling = dropout, pooling
        self.focal = focal
        self.mixup, self.cutmix = mixup, cutmix
        self.consistency = consistency
        self._weight = _weights(vocabulary, class_weights) if len(vocabulary) else None

    @property
    def views(self) -> int:
        return 2 if self.consistency else 1

    @property
    def reweighs(self) -> bool:
        return self.class_weights is not None or any(
            (self.label_smoothing, self.focal, self.mixup, self.cutmix)
        )

    @property
    def classes(self) -> Sequence[str | None]:
        return self.vocabulary.symbols

    @staticmethod
    def refuse_other(vocabulary: Vocabulary) -> None:
        if not isinstance(vocabulary, Labels):  # a config may choose any
            raise ValueError("classification needs a vocabulary of labels; add vocabulary=labels")

    @staticmethod
    def target(utterance: Utterance) -> str:
        return utterance.label or utterance.text

    def fault(self, tokens: Sequence[int], frames: int) -> str | None:
        if not tokens:
            return "no known label"
        return None if frames >= 1 else "too short: the model gives no frame"

    def make_head(self, in_channels: int, options: HeadOptions | None = None) -> nn.Module:
        classes = len(self.vocabulary)
        return PooledHead(in_channels, classes, self.dropout, pooling=self.pooling, options=options)

    def make_metrics(self) -> MetricCollection:
        labels = self.vocabulary.symbols
        return MetricCollection({"accuracy": Accuracy(labels), "macro_f1": MacroF1(labels)})

    def prepare(self, batch: Batch) -> Batch:
        """The batch, its utterances mixed in pairs where that is asked for."""
        if not self.mixup and not self.cutmix:
            return batch
        splice = bool(self.cutmix) and (not self.mixup or torch.rand(()).item() < 0.5)
        size, device = len(batch.ids), batch.keys.device
        partner = sent(partners(size), device)
        share = sent(shares(size, self.cutmix if splice else self.mixup), device)
        if splice:
            waveforms, share = spliced(batch.waveforms, partner, share)
        else:
            waveforms = mixed(batch.waveforms, partner, share)
        return batch._replace(waveforms=waveforms, mixture=Mixture(partner, share))

    def losses(self, logits: Padded, batch: Batch) -> Tensor:
        """Cross-entropy of each utterance, unweighted and not smoothed; 0 of an unknown label.

        That of a mixture is the mixture of both labels' ones.
        """
        known, scores = _known(batch), logits.values[..., 0].float()
        if _has_no_label(batch):
            return scores.new_zeros(len(known))
        labels = batch.tokens.values[:, 0]
        losses = _of_views(scores, labels)
        if batch.mixture is not None:
            partner, share = batch.mixture
            losses = share * losses + (1 - share) * _of_views(scores, labels[partner])
        return losses.where(known, torch.zeros_like(losses))

    def loss(
        self,
        logits: Padded,
        batch: Batch,
        intermediate: Sequence[Padded] = (),
        losses: Tensor | None = None,
    ) -> Tensor:
        """Mean cross-entropy over the utterances whose label is known, 0 where none is.

        It may be weighted, smoothed or focal, so it is not made of ``losses``. Where there are two
        views it is the mean over both, and ``consistency`` times their disagreement is added.
        """
        scores = logits.values[..., 0].float()
        if _has_no_label(batch):
            return scores.sum() * 0
        known = _known(batch)
        views = len(scores) // len(known)
        # Left out by masks: to pick the known ones would be to wait for a device to count them.
        scores = scores.masked_fill(~known.repeat(views)[:, None], 0)
        loss = self._cross_entropy(scores, batch, known, views)
        if views > 1:
            apart = disagreement(scores.log_softmax(dim=1)[..., None]).sum()
            loss = loss + self.consistency * apart / known.sum().clamp_min(1)
        return loss

    def _cross_entropy(self, scores: Tensor, batch: Batch, known: Tensor, views: int) -> Tensor:
        """That of the utterances which are ``known``, of all of which these are scores."""
        weight = None if self._weight is None else sent(self._weight, scores.device)
        labels = batch.tokens.values[:, 0]
        if batch.mixture is None and not self.focal:
            counts = known.to(scores.dtype) if weight is None else weight[labels] * known
            total = views * counts.sum().clamp_min(torch.finfo(scores.dtype).tiny)
            labels = labels.masked_fill(~known, _IGNORED).repeat(views)
            loss = F.cross_entropy(
                scores, labels, weight=weight, ignore_index=_IGNORED, reduction="sum",
                label_smoothing=self.label_smoothing,
            )  # fmt: skip
            return loss / total
        targets = F.one_hot(labels, scores.shape[1]).to(scores.dtype)
        if batch.mixture is not None:
            share = batch.mixture.share[:, None]
            targets = share * targets + (1 - share) * targets[batch.mixture.partner]
        return soft_cross_entropy(
            scores,
            targets.repeat(views, 1),
            counted=known.repeat(views),
            weight=weight,
            label_smoothing=self.label_smoothing,
            focus=self.focal,
        )

    def predict(self, logits: Padded) -> list[str]:
        labels = logits.values[..., 0].argmax(dim=1).tolist()
        return [self.vocabulary.decode([label]) for label in labels]

    @torch.no_grad()
    def observe(self, logits: Padded, batch: Batch) -> Observation:
        logits = logits.first(len(batch.ids))
        labels, known = len(self.vocabulary), batch.tokens.lengths > 0
        none = logits.lengths.new_zeros(())
        return Observation(
            said=torch.bincount(logits.values[known, :, 0].argmax(dim=1), minlength=labels),
            wanted=torch.bincount(batch.tokens.values[known].flatten(), minlength=labels),
            silent=none, frames=none, needed=none, infeasible=none,
        )  # fmt: skip


def _has_no_label(batch: Batch) -> bool:
    """Whether no utterance has a known label, which the shape of the labels tells."""
    return not batch.tokens.values.shape[1]


def _known(batch: Batch) -> Tensor:
    """``(batch,)``: whether an utterance's label is one, and that of what it is mixed with."""
    known = batch.tokens.lengths > 0
    return known if batch.mixture is None else known & known[batch.mixture.partner]


def _of_views(scores: Tensor, labels: Tensor) -> Tensor:
    """``(batch,)``: cross-entropy with the labels, in the mean over the views."""
    views = len(scores) // len(labels)
    losses = F.cross_entropy(scores, labels.repeat(views), reduction="none")
    return losses if views == 1 else losses.reshape(views, -1).mean(0)


def _weights(
    vocabulary: Labels, weights: Literal["balanced"] | Mapping[str, float] | None
) -> Tensor | None:
    if weights is None:
        return None
    if weights == "balanced":
        counts = torch.tensor(vocabulary.counts or [1] * len(vocabulary), dtype=torch.float)
        return counts.sum() / (counts.clamp_min(1) * len(counts))
    strangers = sorted(set(weights) - set(vocabulary.symbols))
    if strangers:
        raise ValueError(f"class_weights name labels that do not occur: {strangers}")
    return torch.tensor([float(weights.get(label, 1)) for label in vocabulary.symbols])
