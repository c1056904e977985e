"""The three splits of a corpus as batches, in the order that seed and epoch give."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any, Literal

import lightning as L
import torch
from torch import Tensor
from torch.utils.data import DataLoader

from asr.data.audio import Channel
from asr.data.balance import Balance, groups_by
from asr.data.batch import Batch, collate
from asr.data.dataset import SpeechDataset
from asr.data.drawn import DrawnSampler
from asr.data.index import Index
from asr.data.joining import Joining
from asr.data.limits import LONGEST, MOST_SKIPPED, SHORTEST
from asr.data.locality import shuffle_windows
from asr.data.pacing import WaveformAugment, pacing
from asr.data.rare_words import RareWords
from asr.data.sampler import BatchSampler
from asr.data.skipped import Rows
from asr.data.utterance import Corpus, Split, Utterance
from asr.errors import InputError
from asr.tasks.task import Task
from asr.training.data_values import (
    refuse_draws,
    refuse_other_targets,
    refuse_selection,
    refuse_sizes,
)
from asr.training.fair_test import compare, say_if_one_label
from asr.training.signals import ignore_signals
from asr.training.splits import (
    cache_share,
    facts_of,
    read_splits,
    refuse_too_few,
    teachable_splits,
    write_skipped,
)
from asr.training.usable import Outside, Textless


class SpeechData(L.LightningDataModule):
    """Serves a corpus as batches of similar duration.

    Args:
        corpus: where the utterances come from.
        sample_rate: of the model, in hertz.
        channels: of the model's waveform; more than 1 needs ``channel="all"``.
        augment: of training waveforms.
        seed: of order and augmentation.
        batch_seconds: most padded seconds in a training batch: longest utterance times their
            number.
        batch_utterances: most utterances in a training batch; ``None`` for no limit.
        eval_seconds: most padded seconds in a batch of evaluation.
        workers: loader processes; 0 reads in the main process, which is fastest for short
            clips on a machine without an accelerator.
        channel: ``"mix"``, the number of one, or ``"all"`` to keep several.
        shortest: in seconds; shorter utterances are skipped.
        longest: in seconds; longer utterances are skipped.
        max_skip_fraction: of a split; more unusable utterances than that stop the run.
        cache_mb: decoded audio that the processes of a machine may keep in memory together.
        shuffle_window: for shards: training batches are made within whole files of about so
            many utterances together, so that reading goes from file to file; ``None`` mixes all.
        outside: and ``textless``: see :func:`~asr.training.usable.unteachable`.
        overlap: whether to refuse a test split that shares utterances with training.
        join: continues training utterances with others.
        balance: a column, such as label, speaker or an extra one of the manifest, each value of
            which an epoch of training holds equally often; ``None`` holds every utterance once.
        rare_words: threshold of :class:`~asr.data.rare_words.RareWords`, 0 for no repetition.

    Raises:
        ValueError: a value is out of range.
    """

    def __init__(
        self,
        corpus: Corpus,
        sample_rate: int,
        *,
        channels: int = 1,
        augment: WaveformAugment | None = None,
        seed: int = 0,
        batch_seconds: float = 60.0,
        batch_utterances: int | None = None,
        eval_seconds: float = 120.0,
        workers: int = 0,
        channel: Channel = "mix",
        shortest: float = SHORTEST,
        longest: float = LONGEST,
        max_skip_fraction: float = MOST_SKIPPED,
        cache_mb: float = 1024.0,
        outside: Outside = "skip",
        textless: Textless = "skip",
        overlap: Literal["error", "warn"] = "error",
        shuffle_window: int | None = None,
        join: Joining | None = None,
        balance: str | None = None,
        rare_words: float = 0.0,
    ) -> None:
        super().__init__()
        refuse_sizes(batch_seconds, batch_utterances, eval_seconds, workers, cache_mb)
        refuse_selection(shortest, longest, max_skip_fraction, channels, channel)
        self.join = join if join is not None and join.share > 0 else None
        self.balance, self.rare_words = balance, rare_words
        refuse_draws(shuffle_window, self.join, balance, rare_words)
        self.corpus, self.sample_rate, self.seed = corpus, sample_rate, seed
        self.augment, self.pacing = augment, pacing(augment)
        self.batch_seconds, self.batch_utterances = batch_seconds, batch_utterances
        self.eval_seconds = eval_seconds
        self.shuffle_window = shuffle_window
        self.workers = workers
        self.channel: Channel = channel
        self.shortest, self.longest = shortest, longest
        self.max_skip_fraction = max_skip_fraction
        self.cache_bytes = int(cache_mb * 2**20)
        self.outside, self.textless = outside, textless
        self.overlap = overlap
        self.index: dict[Split, Index] = {}
        self._balance: Balance | RareWords | None = None
        self._samplers: dict[tuple[int, int], BatchSampler | DrawnSampler] = {}  # of training
        self.begin = (0, 0)  # epochs done, and batches of the next, where a stopped run goes on

    def read(self) -> None:
        """Prepare the corpus and open its indexes, for which headers are read where need be.

        Raises:
            InputError: a split is empty, too much of it is unusable, the test split is no fair
                test, or the corpus cannot be had.
        """
        self.index = read_splits(self.corpus, self.shortest, self.longest)
        refuse_too_few(self.index, self.max_skip_fraction)
        compare(self.index, refuse=self.overlap == "error")

    def targets(self, target: Callable[[Utterance], str]) -> Iterator[str]:
        """What the training utterances teach, from which a vocabulary is learnt."""
        return (target(utterance) for utterance in self.index["train"])

    def bind(self, task: Task, frames: Callable[[Tensor], Tensor | int]) -> None:
        """Fix what is predicted, and leave out the utterances that cannot be learnt.

        Args:
            frames: encoder frames that each of many numbers of samples gives.

        Raises:
            InputError: too many utterances are unusable, a split has none left, or a label to
                be tested is not among those learnt.
        """
        self.task, self._samplers = task, {}
        self.index = teachable_splits(
            self.index, task, frames, self.sample_rate, self.outside, self.textless
        )
        refuse_too_few(self.index, self.max_skip_fraction)
        refuse_other_targets(task.vocabulary, self.join, self.rare_words, self.pacing)
        if self.balance is not None:
            self._balance = Balance(groups_by(self.index["train"], self.balance), self.seed)
        if self.rare_words:
            normalize = task.vocabulary.normalize
            texts = (normalize(text) for text in self.targets(task.target))
            self._balance = RareWords(texts, self.rare_words, self.seed)
        say_if_one_label(task.vocabulary)

    def write_skipped(self, path: Path, unread: Mapping[str, str] | None = None) -> None:
        """Write what was left out, one JSON object a line, with the reason.

        Args:
            unread: reasons, by id, of what turned out to be unusable when it was decoded.
        """
        write_skipped(path, self.index, unread or {})

    def refuse_unread(self, unread: Mapping[str, str]) -> None:
        """Hold what could not be decoded, by id with the reason, against what may be left out.

        Raises:
            InputError: it is too much of a split.
        """
        refuse_too_few(self.index, self.max_skip_fraction, unread)

    @property
    def facts(self) -> dict[str, Any]:
        """What the splits hold, in numbers, and a fingerprint of each."""
        return {split: facts_of(index) for split, index in self.index.items()}

    @property
    def described(self) -> dict[str, Any]:
        """What a model should remember of the data that it was trained on."""
        return {"data": self.facts, "channel": self.channel}

    def batches(self) -> int:
        """Training batches of this process in an epoch."""
        return len(self._sampler("train"))

    def _sampler(self, split: Split) -> BatchSampler | DrawnSampler:
        share = (self.trainer.global_rank, self.trainer.world_size) if self.trainer else (0, 1)
        if split != "train":
            return self._planned(split, *share)
        if share not in self._samplers:  # an epoch of many utterances takes seconds to plan
            self._samplers = {share: self._planned(split, *share)}
        return self._samplers[share]

    def _planned(self, split: Split, rank: int, world: int) -> BatchSampler | DrawnSampler:
        seconds, count = self.index[split].seconds, len(self.index[split])
        if count < world:
            raise InputError(
                f"corpus: the {split} split has {count} utterances for {world} processes; use "
                "fewer, trainer.devices"
            )
        of_all = partial(BatchSampler, seed=self.seed, rank=rank, world=world)
        if split != "train":
            return of_all(seconds, max_seconds=self.eval_seconds, shuffle=False)
        drawn = partial(
            DrawnSampler, joining=self.join, balance=self._balance, pacing=self.pacing,
            seed=self.seed, rank=rank, world=world,
        )  # fmt: skip
        make = drawn if self.join or self._balance or self.pacing else of_all
        sampler: BatchSampler | DrawnSampler = make(
            seconds,
            max_seconds=self.batch_seconds,
            max_utterances=self.batch_utterances,
            windows=self._windows(),
            position=self._position,
        )
        return sampler

    def _windows(self) -> Rows | None:
        if self.shuffle_window is None:
            return None
        return shuffle_windows(self.index["train"].files, self.shuffle_window, self.seed)

    def _position(self) -> tuple[int, int]:
        # Loader workers ask for the first batches before Lightning has restored its counters.
        if self.trainer is None:
            return self.begin
        loop = self.trainer.fit_loop
        epoch: Any = loop.epoch_progress.current
        now = int(epoch.processed), int(loop.epoch_loop.batch_progress.current.ready)
        return max(now, self.begin)

    def dataset(self, split: Split) -> SpeechDataset:
        """The examples of a split; only those of training are augmented."""
        return SpeechDataset(
            self.index[split],
            target=self.task.target,
            vocabulary=self.task.vocabulary,
            sample_rate=self.sample_rate,
            channel=self.channel,
            augment=self.augment if split == "train" else None,
            seed=self.seed,
            cache_bytes=int(self.cache_bytes * self._cache_share(split)),
        )

    def _cache_share(self, split: Split) -> float:
        here = self.trainer.world_size // self.trainer.num_nodes if self.trainer else 1
        return cache_share(self.index, split, here * max(1, self.workers))

    def loader(self, split: Split) -> DataLoader[Any]:
        """Batches of a split, in this process's share."""
        return DataLoader(
            self.dataset(split),
            batch_sampler=self._sampler(split),
            num_workers=self.workers,
            collate_fn=collate,
            worker_init_fn=ignore_signals,
            pin_memory=torch.cuda.is_available(),
            persistent_workers=self.workers > 0,
            # Its own generator: drawing from the global one would let validation change training.
            generator=torch.Generator().manual_seed(self.seed),
        )

    def train_dataloader(self) -> DataLoader[Any]:
        return self.loader("train")

    def val_dataloader(self) -> DataLoader[Any]:
        return self.loader("val")

    def test_dataloader(self) -> DataLoader[Any]:
        return self.loader("test")

    def sample(self, seconds: float) -> Iterator[Batch]:
        """Training batches, as they are without augmentation, up to about ``seconds`` of audio."""
        dataset = self.dataset("train")
        dataset.augment = None
        sampler = BatchSampler(
            self.index["train"].seconds, max_seconds=self.batch_seconds, seed=self.seed
        )
        for rows in sampler:
            batch = collate([dataset[row] for row in rows])
            if isinstance(batch, Batch):
                yield batch
                seconds -= float(batch.waveforms.lengths.sum()) / self.sample_rate
            if seconds <= 0:
                return
