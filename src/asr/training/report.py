"""What a run says before it begins and after it has ended."""

import logging
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import lightning as L
import torch

from asr.assemble import Recognizer
from asr.models.acoustic import AcousticModel
from asr.training.data import SpeechData
from asr.training.finetuning import Finetuning
from asr.training.splits import SPLITS
from asr.training.transfer import Transfer

log = logging.getLogger("asr")
_SHOWN = 12  # new symbols by name


def announce(data: SpeechData, recognizer: Recognizer, trainer: L.Trainer) -> None:
    """Say in a few lines what is about to be trained on what."""
    for split in SPLITS:
        index = data.index[split]
        rates = ", ".join(f"{rate} Hz" for rate in sorted(index.rates))
        log.info(
            "%-5s %7.2f h in %d clips (%s), %d skipped%s",
            split, index.hours, len(index), rates, len(index.skipped), _reasons(index.skipped),
        )  # fmt: skip
    model = recognizer.model
    log.info(
        "model %s parameters, %d symbols, receptive field %.0f ms, a frame every %g ms",
        f"{parameters(model):,}", len(recognizer.vocabulary),
        receptive_field_ms(model), model.hop_ms,
    )  # fmt: skip
    log.info(
        "on %s, precision %s, %d process%s of %d threads; %d batches an epoch",
        trainer.strategy.root_device, trainer.precision, trainer.world_size,
        "" if trainer.world_size == 1 else "es", torch.get_num_threads(), data.batches(),
    )  # fmt: skip


def announce_transfer(finetuning: Finetuning, done: Transfer) -> None:
    """Say what of a trained network is reused and what is new."""
    log.info(
        "fine-tuning %s: encoder %s parameters; output: %d of %d rows reused%s",
        finetuning.name, f"{done.reused:,}", done.rows, done.rows + len(done.new), _new(done.new),
    )  # fmt: skip


def announce_rates(model: AcousticModel, factors: Mapping[str, float]) -> None:
    """Say how much is frozen, and what is trained at which part of the learning rate."""
    trained = {n: p.numel() for n, p in model.named_parameters() if p.requires_grad}
    frozen, every = parameters(model) - sum(trained.values()), parameters(model)
    if frozen:
        log.info("frozen: %s of %s parameters", f"{frozen:,}", f"{every:,}")
    shares: Counter[float] = Counter()
    for name, size in trained.items():
        shares[factors.get(name, 1.0)] += size
    if set(shares) != {1.0}:
        told = ", ".join(f"{factor:.3g} for {size:,}" for factor, size in sorted(shares.items()))
        log.info("learning rate: %s parameters, as factors of optimizer.lr", told)


def parameters(model: torch.nn.Module) -> int:
    """Numbers that training changes, or could if they were not frozen."""
    return sum(parameter.numel() for parameter in model.parameters())


def receptive_field_ms(model: AcousticModel) -> float:
    """Milliseconds of audio under one output frame, without statistics of the utterance."""
    return 1000 * model.span.receptive_field / model.sample_rate


def table(scores: Mapping[str, Any]) -> str:
    """Scores as an aligned table of names and values."""
    width = max(map(len, scores), default=0)
    return "\n".join(f"  {name:<{width}}  {_shown(name, value)}" for name, value in scores.items())


def _shown(name: str, value: Any) -> str:
    share = name in ("wer", "cer", "accuracy", "macro_f1")
    return (
        f"{100 * value:.2f} %"
        if share
        else f"{value:.4f}"
        if isinstance(value, float)
        else str(value)
    )


def _new(symbols: Sequence[str | None]) -> str:
    if not symbols:
        return ""
    shown = ["the blank" if symbol is None else repr(symbol) for symbol in symbols[:_SHOWN]]
    more = len(symbols) - len(shown)
    return f", new: {' '.join(shown)}" + (f" and {more} more" if more else "")


def _reasons(skipped: Any) -> str:
    reasons = Counter(reason.partition(":")[0] for reason in skipped.reasons())
    told = ", ".join(f"{count} {reason}" for reason, count in reasons.most_common(3))
    return f" ({told})" if told else ""
