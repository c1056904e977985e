"""Shards are another place for the same data: batches, order and resume must not notice."""

import pytest
import torch

from asr.data.batch import Batch
from asr.data.corpora.shards import Shards
from asr.data.corpora.tones import Tones
from asr.data.index import Index
from asr.data.sharding import write_shards
from asr.data.utterance import Corpus
from asr.decoding.greedy import GreedyDecoder
from asr.tasks.ctc import CTC
from asr.text.units import Units
from asr.training.data import SpeechData
from asr.training.splits import SPLITS

RATE = 8000


@pytest.fixture(scope="module")
def tones(tmp_path_factory: pytest.TempPathFactory) -> Tones:
    corpus = Tones(str(tmp_path_factory.mktemp("tones")), train=40, val=4, test=4)
    corpus.prepare()
    return corpus


@pytest.fixture(scope="module")
def shards(tones: Tones, tmp_path_factory: pytest.TempPathFactory) -> Shards:
    folder = tmp_path_factory.mktemp("shards")
    for split in SPLITS:
        index = Index.of(tones.utterances(split))
        write_shards(index, folder, split, shard_bytes=100_000, seed=None)
    assert len(list(folder.glob("train-*.tar"))) > 3
    return Shards(str(folder))


def _data(corpus: Corpus, **how) -> SpeechData:
    data = SpeechData(corpus, RATE, batch_seconds=5.0, **how)
    data.read()
    task = CTC(Units("character", units=[" ", "a", "b", "c"]), GreedyDecoder())
    data.bind(task, lambda samples: samples // 80)
    return data


def _same(one: Batch, other: Batch) -> bool:
    return (
        one.ids == other.ids
        and one.references == other.references
        and torch.equal(one.waveforms.values, other.waveforms.values)
        and torch.equal(one.keys, other.keys)
    )


def test_batches_from_shards_are_those_from_files(tones: Tones, shards: Shards) -> None:
    from_files, from_shards = (list(_data(corpus).loader("train")) for corpus in (tones, shards))
    assert len(from_files) == len(from_shards) > 5
    assert all(map(_same, from_files, from_shards))


@pytest.mark.parametrize("window", [None, 12])
def test_batches_from_shards_are_the_same_for_any_number_of_workers(shards, window) -> None:
    here, there = (
        list(_data(shards, shuffle_window=window, workers=workers).loader("train"))
        for workers in (0, 2)
    )
    assert len(here) == len(there) > 5
    assert all(map(_same, here, there))


def test_a_window_keeps_a_batch_in_few_shards(shards: Shards) -> None:
    data = _data(shards, shuffle_window=1)  # every shard its own window
    index = data.index["train"]
    for batch in data.loader("train"):
        assert len({index[row].path for row in batch.rows}) == 1
