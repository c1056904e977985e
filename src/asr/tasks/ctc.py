"""Sequence recognition with Connectionist Temporal Classification (Graves et al., 2006)."""

import math
from collections.abc import Sequence
from itertools import pairwise
from typing import Protocol, runtime_checkable

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torchmetrics import MetricCollection

from asr.data.batch import Batch
from asr.data.utterance import Utterance
from asr.decoding.hypothesis import Hypothesis
from asr.layers.heads import FrameHead, HeadOptions
from asr.losses.confidence import confidence
from asr.losses.consistency import disagreement
from asr.metrics.error_rate import ErrorRate
from asr.padded import Padded
from asr.tasks.observation import Observation
from asr.tasks.task import Monitor
from asr.text.vocabulary import Vocabulary


class Decoder(Protocol):
    """What a decoder file must provide."""

    def __call__(self, logits: Padded, blank: int) -> list[list[int]]: ...


@runtime_checkable
class WordDecoder(Protocol):
    """What searches for words, and so needs the vocabulary before it can decode."""

    def fitted(self, vocabulary: Vocabulary) -> Decoder: ...


@runtime_checkable
class RankingDecoder(Protocol):
    """A decoder that can tell the best several transcripts, with their scores."""

    def n_best(self, logits: Padded, blank: int, count: int) -> list[list[Hypothesis]]: ...


class CTC:
    """Transcribe with one class for each token of the vocabulary, and a blank as the last.

    Args:
        vocabulary: what to predict.
        decoder: turns logits into token sequences.
        consistency: weight of what two views of an utterance disagree on, which training then
            shows at once; 0 for one view. See :mod:`asr.losses.consistency`.
        label_smoothing: share of the loss that is the output's divergence per token from the
            uniform distribution, from 0 up to below 1. See :mod:`asr.losses.confidence`.
        intermediate: numbers of the blocks of the encoder after which training puts a head of its
            own, see :class:`~asr.models.intermediate.IntermediateHeads`; such heads are no part
            of the model.
        intermediate_weight: share of the loss that is theirs, 0 up to below 1.

    Raises:
        ValueError: a weight is out of range.
    """

    monitor = Monitor("wer", "min")
    reweighs = False

    def __init__(
        self,
        vocabulary: Vocabulary,
        decoder: Decoder | WordDecoder,
        *,
        consistency: float = 0.0,
        label_smoothing: float = 0.0,
        intermediate: Sequence[int] = (),
        intermediate_weight: float = 0.3,
    ) -> None:
        if not 0 <= consistency < math.inf:
            raise ValueError(f"consistency must be a weight of 0 or more, got {consistency:g}")
        if not 0 <= label_smoothing < 1:
            raise ValueError(f"label_smoothing must be 0 up to below 1, got {label_smoothing:g}")
        if not 0 <= intermediate_weight < 1:
            raise ValueError(
                f"intermediate_weight must be 0 up to below 1, got {intermediate_weight:g}"
            )
        self.vocabulary = vocabulary
        self.decoder: Decoder
        if isinstance(decoder, WordDecoder):
            self.decoder = decoder.fitted(vocabulary)
        else:
            self.decoder = decoder
        self.consistency = consistency
        self.label_smoothing = label_smoothing
        self.intermediate = tuple(intermediate)
        self.intermediate_weight = intermediate_weight

    @property
    def views(self) -> int:
        return 2 if self.consistency else 1

    @property
    def blank(self) -> int:
        return len(self.vocabulary)

    @property
    def classes(self) -> Sequence[str | None]:
        return [*self.vocabulary.symbols, None]

    @staticmethod
    def refuse_other(vocabulary: Vocabulary) -> None:
        """Any will do."""

    @staticmethod
    def target(utterance: Utterance) -> str:
        return utterance.text or utterance.label

    def fault(self, tokens: Sequence[int], frames: int) -> str | None:
        if not tokens:
            return "no text"
        need = frames_needed(tokens)
        if frames < need:
            return f"infeasible: {len(tokens)} tokens need {need} frames, the model gives {frames}"
        return None

    def make_head(self, in_channels: int, options: HeadOptions | None = None) -> nn.Module:
        return FrameHead(in_channels, len(self.vocabulary) + 1, options=options)

    def make_metrics(self) -> MetricCollection:
        return MetricCollection({"wer": ErrorRate("word"), "cer": ErrorRate("character")})

    def prepare(self, batch: Batch) -> Batch:
        return batch

    def losses(self, logits: Padded, batch: Batch) -> Tensor:
        """Loss of each utterance per token, of its views on average.

        That of an utterance that augmentation has made too short for its tokens is 0, instead
        of infinity.

        Raises:
            ValueError: a token is no symbol: there, PyTorch reads memory that is not its own.
        """
        _refuse_strangers(batch.tokens, self.blank)
        views = len(logits.lengths) // len(batch.tokens.lengths)
        if views == 1:
            return self._alignments(logits, batch.tokens)
        losses = self._alignments(logits.zeroed(), batch.tokens.repeated(views))
        return losses.reshape(views, -1).mean(0)

    def loss(
        self,
        logits: Padded,
        batch: Batch,
        intermediate: Sequence[Padded] = (),
        losses: Tensor | None = None,
    ) -> Tensor:
        """Mean over the batch, and its views, of each utterance's loss per token.

        An utterance that augmentation has made too short for its tokens adds nothing, instead
        of infinity. ``label_smoothing`` of the loss is the confidence per token; where there are
        two views, their disagreement per token is added; and of the whole,
        ``intermediate_weight`` is the mean CTC loss of the intermediate heads, if any.

        Raises:
            ValueError: a token is no symbol: there, PyTorch reads memory that is not its own.
        """
        if losses is None:
            losses = self.losses(logits, batch)
        loss = losses.mean()
        views = len(logits.lengths) // len(batch.tokens.lengths)
        tokens = batch.tokens if views == 1 else batch.tokens.repeated(views)
        if views > 1 or self.label_smoothing:
            loss = self._regularised(loss, logits, batch, tokens, views)
        if not intermediate:
            return loss
        below = [self._alignments(x, tokens).mean() for x in intermediate]
        return torch.lerp(loss, torch.stack(below).mean(), self.intermediate_weight)

    def _regularised(
        self, loss: Tensor, logits: Padded, batch: Batch, tokens: Padded, views: int
    ) -> Tensor:
        if views > 1:
            logits = logits.zeroed()  # so that views agree on padding
        log_probabilities = _log_probabilities(logits)
        if self.label_smoothing:
            sure = confidence(Padded(log_probabilities, logits.lengths))
            loss = torch.lerp(loss, _per_token(sure, tokens).mean(), self.label_smoothing)
        if views > 1:
            apart = _per_token(disagreement(log_probabilities), batch.tokens).mean()
            loss = loss + self.consistency * apart
        return loss

    def _alignments(self, logits: Padded, tokens: Padded) -> Tensor:
        """Loss of each utterance per token."""
        losses = F.ctc_loss(
            _log_probabilities(logits).permute(2, 0, 1),
            tokens.values,
            logits.lengths,
            tokens.lengths,
            blank=self.blank,
            reduction="none",
            zero_infinity=True,
        )
        return _per_token(losses, tokens)

    def predict(self, logits: Padded) -> list[str]:
        return self.texts(self.decoder(logits, self.blank))

    def texts(self, sequences: Sequence[Sequence[int]]) -> list[str]:
        """What each sequence of tokens spells."""
        return [self.vocabulary.decode(tokens) for tokens in sequences]

    @torch.no_grad()
    def observe(self, logits: Padded, batch: Batch) -> Observation:
        """What the best path says, whatever the decoder would make of it."""
        logits = logits.first(len(batch.ids))
        best, there, tokens = logits.values.argmax(dim=1), logits.mask, batch.tokens
        said = there & (best != self.blank)
        said[:, 1:] &= best[:, 1:] != best[:, :-1]
        again = (tokens.values[:, 1:] == tokens.values[:, :-1]) & tokens.mask[:, 1:]
        needed = tokens.lengths + again.sum(dim=1)
        return Observation(
            said=torch.bincount(best[said], minlength=self.blank),
            wanted=torch.bincount(tokens.values[tokens.mask], minlength=self.blank),
            silent=(there & (best == self.blank)).sum(),
            frames=logits.lengths.sum(),
            needed=needed.sum(),
            infeasible=(logits.lengths < needed).sum(),
        )


def _log_probabilities(logits: Padded) -> Tensor:
    return logits.values.float().log_softmax(dim=1)  # CTC has no half precision


def _per_token(losses: Tensor, tokens: Padded) -> Tensor:
    return losses / tokens.lengths.clamp_min(1)  # as PyTorch's CTC takes its mean


def _refuse_strangers(tokens: Padded, symbols: int) -> None:
    outside = (tokens.values < 0) | (tokens.values >= symbols)
    # Of an utterance without tokens, in a batch with none at all, nothing is read.
    if outside.numel() and bool(outside.any()):
        stranger = int(tokens.values[outside][0])
        raise ValueError(
            f"token {stranger} is none of the {symbols} symbols; the batch was made with another "
            "vocabulary than the task"
        )


def frames_needed(tokens: Sequence[int]) -> int:
    """The least frames that CTC can align ``tokens`` to: a blank must part equal neighbours.

    >>> frames_needed([7, 7, 8])
    4
    """
    return len(tokens) + sum(left == right for left, right in pairwise(tokens))
