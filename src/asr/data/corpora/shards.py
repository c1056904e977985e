"""Tar files of recordings and transcripts, as WebDataset writes them and ``asr shard`` does."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pyarrow as pa

from asr.data.index import as_utterances
from asr.data.index_file import IndexFile
from asr.data.tar_samples import tar_utterances
from asr.data.utterance import Split, Utterance
from asr.errors import InputError


class Shards:
    """Members ``key.flac`` (or wav, ogg, opus, mp3) beside ``key.txt`` or ``key.json``.

    Where a file of the same name that ends in ``.arrow`` lies beside a shard, is of one of that
    size and is no older, it tells what the shard holds; else the shard is searched, once. So
    copies that do not keep times are searched unless the index was copied after the shard.

    Args:
        root: folder of the shards.
        train: pattern of the shards to train on, as ``train-*.tar``.
        val: pattern of those for validation.
        test: pattern of those for testing.
    """

    def __init__(
        self,
        root: str,
        *,
        train: str = "train-*.tar",
        val: str = "val-*.tar",
        test: str = "test-*.tar",
    ) -> None:
        self.root = Path(root)
        self.patterns: dict[Split, str] = {"train": train, "val": val, "test": test}

    def prepare(self) -> None:
        if not self.root.is_dir():
            raise InputError(f"{self.root}: no such folder; make shards there with 'asr shard'")

    def sources(self, split: Split) -> list[Path]:
        return [path for shard in self._shards(split) for path in (shard, _index_of(shard))]

    def utterances(self, split: Split) -> Iterator[Utterance]:
        shards = self._shards(split)
        if not shards:
            raise InputError(
                f"{self.root}: no {self.patterns[split]}; set corpus.{split} to a pattern of the "
                "shards, or make some with 'asr shard'"
            )
        for shard in shards:
            yield from _indexed(shard) or tar_utterances(shard)

    def _shards(self, split: Split) -> list[Path]:
        try:
            return sorted(self.root.glob(self.patterns[split]))
        except (ValueError, NotImplementedError):
            raise InputError(
                f"corpus.{split}={self.patterns[split]}: not a pattern within the root; write it "
                "as 'train-*.tar'"
            ) from None


def _index_of(shard: Path) -> Path:
    return shard.with_suffix(".arrow")


def _indexed(shard: Path) -> Iterator[Utterance] | None:
    """What the index of a shard says, if there is one and it is of this shard."""
    index = _index_of(shard)
    try:
        file, found = IndexFile(index), shard.stat()
        if not len(file) or file.row(0)["bytes"] != found.st_size:
            return None
        # Sizes of tar files are round, so a shard that was made again often has that of before.
        if found.st_mtime_ns > index.stat().st_mtime_ns:
            return None
    except (OSError, ValueError, pa.ArrowException):
        return None
    return _moved(file, shard)


def _moved(file: IndexFile, shard: Path) -> Iterator[Utterance]:
    """The rows with the path that the shard has by now, whatever it was when they were written."""
    for batch in file.batches:
        places = batch.column("line").to_pylist()
        paths = batch.column("path").to_pylist()
        for utterance, place, path in zip(as_utterances(batch), places, paths, strict=True):
            line = f"{shard}:{place.removeprefix(f'{path}:')}"
            yield replace(utterance, path=shard, line=line)
