"""What the settings of the data may be, alone and together."""

import logging
import os

from asr.data.audio import Channel
from asr.data.joining import Joining
from asr.data.pacing import Pacing, cuts
from asr.errors import InputError
from asr.text.labels import Labels
from asr.text.vocabulary import Vocabulary

log = logging.getLogger("asr")

_MOST_WORKERS = 4096  # each is a process


def refuse_sizes(
    batch_seconds: float,
    batch_utterances: int | None,
    eval_seconds: float,
    workers: int,
    cache_mb: float,
) -> None:
    """Raise ValueError unless batches, processes and memory are of a size that can be."""
    if batch_seconds <= 0 or eval_seconds <= 0 or workers < 0 or cache_mb < 0:
        raise ValueError(
            "need batch_seconds and eval_seconds above 0, workers and cache_mb 0 or more, got "
            f"{batch_seconds:g}, {eval_seconds:g}, {workers} and {cache_mb:g}"
        )
    if batch_utterances is not None and batch_utterances < 1:
        raise ValueError(f"batch_utterances must be at least 1 or null, got {batch_utterances}")
    cores = os.cpu_count() or 1
    if workers > _MOST_WORKERS:
        raise ValueError(f"workers must be 0 to {_MOST_WORKERS}, got {workers}")
    if workers > cores:
        log.warning("note: data.workers=%d, but there are %d processors", workers, cores)


def refuse_selection(
    shortest: float, longest: float, max_skip_fraction: float, channels: int, channel: Channel
) -> None:
    """Raise ValueError unless something can be left of a corpus."""
    if not 0 <= shortest < longest:
        raise ValueError(f"need 0 <= shortest < longest, got {shortest:g} and {longest:g} s")
    if not 0 <= max_skip_fraction <= 1:
        raise ValueError(f"max_skip_fraction must be 0 to 1, got {max_skip_fraction:g}")
    if channels > 1 and channel != "all":
        raise ValueError(f"features of {channels} channels need data.channel=all, got {channel!r}")


def refuse_draws(
    shuffle_window: int | None, join: Joining | None, balance: str | None, rare_words: float
) -> None:
    """Raise ValueError unless what an epoch holds is decided in one way."""
    if shuffle_window is not None and shuffle_window < 1:
        raise ValueError(f"shuffle_window must be at least 1 or null, got {shuffle_window}")
    if not 0 <= rare_words <= 1:
        raise ValueError(f"rare_words must be a share, 0 (for none) to 1, got {rare_words:g}")
    if balance and rare_words:
        raise ValueError("balance and rare_words both decide what an epoch holds; choose one")
    if shuffle_window is not None and (join or balance or rare_words):
        raise ValueError(
            "join, balance and rare_words draw from the whole split, shuffle_window from some "
            "files of it; choose shuffle_window=null or none of them"
        )


def refuse_other_targets(
    vocabulary: Vocabulary, join: Joining | None, rare_words: float, pacing: Pacing | None
) -> None:
    """Refuse what is of transcripts for labels, and what is of labels for transcripts.

    Raises:
        InputError: it was asked for.
    """
    if isinstance(vocabulary, Labels):
        if join or rare_words:
            raise InputError(
                "data.join and data.rare_words are of transcripts, but here each utterance has one "
                "label; choose data.join.share=0 and data.rare_words=0"
            )
    elif cuts(pacing):
        raise InputError(
            "augment.waveform has a crop, which is of labels, but here each utterance has a "
            "transcript, which would keep what is cut off; choose another augment, or leave out "
            "the crop"
        )
