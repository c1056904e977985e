"""The weight of a language model and the bonus of a word that suit a model best."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

import torch
from torch import Tensor

from asr.bundle import load_model
from asr.data.audio import Channel
from asr.data.batch import Batch, collate
from asr.data.dataset import SpeechDataset
from asr.decoding.greedy import GreedyDecoder
from asr.errors import InputError
from asr.evaluation.recognise import CPU, channel_for, infer
from asr.evaluation.source import Source
from asr.evaluation.usable import refuse_none, usable
from asr.import_optuna import import_optuna
from asr.language.beam import Beam
from asr.metrics.error_rate import ErrorRate
from asr.models.folding import folded
from asr.padded import Padded
from asr.tasks.ctc import CTC, Decoder
from asr.text.vocabulary import Vocabulary

WEIGHTS, BONUSES = (0.0, 2.0), (-3.0, 3.0)  # natural logarithms, between which is searched


class Heard(NamedTuple):
    """What a model computes of some utterances, before it is decoded.

    Attributes:
        logits: of each utterance, ``(classes, frames)``.
        references: their normalised transcripts.
    """

    vocabulary: Vocabulary
    logits: Sequence[Tensor]
    references: Sequence[str]

    def wer(self, decoder: Decoder) -> float:
        """The word error rate with a decoder, as a share."""
        metric = ErrorRate("word")
        for logits, reference in zip(self.logits, self.references, strict=True):
            one = Padded(logits[None], torch.tensor([logits.shape[1]]))
            [tokens] = decoder(one, len(self.vocabulary))
            metric.update([self.vocabulary.decode(tokens)], [reference])
        return float(metric.compute())


class Trial(NamedTuple):
    """A pair that was tried."""

    lm_weight: float
    word_bonus: float
    wer: float


class Tuned(NamedTuple):
    """What was found.

    Attributes:
        greedy: the word error rate without a search.
        trials: in the order tried.
        best: the trial with the fewest errors; of several, the first.
    """

    greedy: float
    trials: Sequence[Trial]
    best: Trial
    utterances: int


def heard(
    model: Path,
    source: Source,
    *,
    channel: Channel | None = None,
    device: torch.device = CPU,
    allow: Sequence[str] = (),
) -> Heard:
    """Compute the logits of all utterances that can be read, once.

    Raises:
        InputError: the model gives labels, or it or the data cannot be used.
    """
    bundle = load_model(model, allow)
    recognizer = bundle.recognizer
    if not isinstance(recognizer.task, CTC):
        raise InputError(f"{model}: gives labels, which are not searched for; give a transcriber")
    index = usable(source, recognizer.model)
    dataset = SpeechDataset(
        index, target=recognizer.task.target, vocabulary=recognizer.vocabulary,
        sample_rate=recognizer.model.sample_rate, channel=channel_for(bundle, channel),
    )  # fmt: skip
    network, logits, references = folded(recognizer.model).to(device), list[Tensor](), list[str]()
    for row in range(len(index)):
        batch = collate([dataset[row, 0]])
        if isinstance(batch, Batch):
            found = infer(network, batch.waveforms, device)
            logits.append(found.values[0, :, : int(found.lengths[0])].cpu())
            references += batch.references
    refuse_none(len(logits), index, source.name)
    return Heard(recognizer.vocabulary, logits, references)


def tuned(utterances: Heard, settings: Beam, trials: int, seed: int) -> Tuned:
    """Search weight and bonus for the fewest word errors, by Optuna's estimator of Parzen trees.

    Args:
        settings: of which everything else is kept; they are what is tried first.

    Raises:
        InputError: Optuna is not installed, or a file of the settings cannot be used.
    """
    optuna = import_optuna("asr tune")
    decoder, done = settings.fitted(utterances.vocabulary), list[Trial]()

    def tried(weight: float, bonus: float) -> float:
        chosen = replace(settings, lm_weight=weight, word_bonus=bonus)
        done.append(Trial(weight, bonus, utterances.wer(decoder.weighed(chosen))))
        return done[-1].wer

    def objective(trial: Any) -> float:
        weight = trial.suggest_float("lm_weight", *WEIGHTS)
        return tried(weight, trial.suggest_float("word_bonus", *BONUSES))

    tried(settings.lm_weight, settings.word_bonus)
    study = optuna.create_study(sampler=optuna.samplers.TPESampler(seed=seed))
    study.optimize(objective, n_trials=trials - 1)
    best = min(done, key=lambda trial: trial.wer)
    return Tuned(utterances.wer(GreedyDecoder()), done, best, len(utterances.logits))
