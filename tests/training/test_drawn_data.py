"""What is joined or balanced, from the plan of an epoch to its batches."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from asr.augment.gain import Gain
from asr.augment.speed import Speed
from asr.augment.waveform import Chain
from asr.data.batch import Unread
from asr.data.corpora.tones import Tones
from asr.data.index import Index
from asr.data.joining import Joining
from asr.data.rare_words import RareWords
from asr.data.utterance import Utterance
from asr.decoding.greedy import GreedyDecoder
from asr.errors import InputError
from asr.tasks.classification import Classification
from asr.tasks.ctc import CTC
from asr.text.labels import Labels
from asr.text.units import Units
from asr.training.data import SpeechData

RATE = 8000
JOINED = Joining(0.5, most=3, longest_pause=0.3)


@pytest.fixture(scope="module")
def tones(tmp_path_factory: pytest.TempPathFactory) -> Tones:
    corpus = Tones(str(tmp_path_factory.mktemp("tones")), train=40, val=4, test=4)
    corpus.prepare()
    return corpus


def _data(corpus: Tones, **how) -> SpeechData:
    data = SpeechData(corpus, RATE, batch_seconds=12.0, seed=1, **how)
    data.read()
    task = CTC(Units("character", units=[" ", "a", "b", "c"]), GreedyDecoder())
    data.bind(task, lambda samples: samples // 80)
    return data


def test_a_joined_utterance_has_the_sound_the_text_and_the_duration_of_its_parts(tones) -> None:
    data = _data(tones, join=JOINED)
    plain, dataset = _data(tones).dataset("train"), data.dataset("train")
    planned = [drawn for batch in data._sampler("train") for drawn in batch]
    assert sum(bool(drawn.followers) for drawn in planned) == 20

    for drawn in planned:
        example = dataset[drawn]
        rows = [drawn.row, *(row for row, _ in drawn.followers)]
        parts = [plain[row, 0] for row in rows]
        assert example.reference == " ".join(part.reference for part in parts)
        assert dataset.vocabulary.decode(example.tokens.tolist()) == example.reference
        assert example.followers == tuple(rows[1:])
        waits = [round(pause * RATE) for _, pause in drawn.followers]
        lengths = [part.waveform.shape[-1] for part in parts]
        assert example.waveform.shape[-1] == sum(lengths) + sum(waits)
        begin = 0
        for part, wait in zip(parts, [*waits, 0], strict=True):
            end = begin + part.waveform.shape[-1]
            assert torch.equal(example.waveform[:, begin:end], part.waveform)
            begin = end + wait


@pytest.mark.parametrize("how", [{"join": JOINED}, {"balance": "label"}, {"rare_words": 0.5}])
def test_batches_are_the_same_for_any_number_of_workers_and_under_the_cap(tones, how) -> None:
    here, there = (
        list(_data(tones, augment=Gain(), workers=workers, **how).loader("train"))
        for workers in (0, 2)
    )
    assert len(here) == len(there) > 3
    for one, other in zip(here, there, strict=True):
        assert one.ids == other.ids
        assert one.references == other.references
        assert torch.equal(one.waveforms.values, other.waveforms.values)
        assert int(one.waveforms.lengths.max()) * len(one.ids) <= 12 * RATE + len(one.ids)


def test_batches_have_the_durations_that_were_planned_of_speed_and_joining(tones) -> None:
    augment = Chain([Speed([0.8, 1.25]), Gain()])
    data = _data(tones, augment=augment, join=JOINED)
    plain, dataset = _data(tones, join=JOINED).dataset("train"), data.dataset("train")
    planned = [drawn for batch in data._sampler("train") for drawn in batch]
    assert {drawn.factors for drawn in planned} == {(0.8,), (1.25,)}

    for drawn in planned:
        heard, as_it_was = dataset[drawn], plain[drawn]
        samples = as_it_was.waveform.shape[-1] / drawn.factors[0]
        assert heard.waveform.shape[-1] == pytest.approx(samples, abs=1)
        assert torch.equal(heard.waveform, dataset[drawn].waveform)
    batches = list(data.loader("train"))
    assert all(len(b.ids) * int(b.waveforms.lengths.max()) <= 12 * RATE + 20 for b in batches)


def test_what_an_epoch_draws_twice_is_augmented_in_two_ways(tones) -> None:
    dataset = _data(tones, augment=Gain(), balance="label").dataset("train")
    first, again, second = (dataset[0, 1, number, ()] for number in (0, 1, 2))
    assert first.key == dataset[0, 1].key
    assert len({first.key, again.key, second.key}) == 3
    assert not torch.equal(first.waveform, again.waveform)


def test_labels_are_heard_equally_often_where_that_is_asked_for(tones) -> None:
    data = _data(tones, balance="label")
    index = data.index["train"]
    given = np.unique([utterance.label for utterance in index], return_counts=True)[1]
    rows = {(drawn.row, drawn.number) for batch in data._sampler("train") for drawn in batch}
    heard = np.unique([index[row].label for row, _ in rows], return_counts=True)[1]
    assert len(set(given)) > 1
    assert set(heard) == {14}


def test_words_are_rare_as_they_are_learnt(tones) -> None:
    data = _data(tones, rare_words=0.5)
    texts = [data.task.vocabulary.normalize(utterance.text) for utterance in data.index["train"]]
    wanted = RareWords(texts, 0.5, seed=1).rows(0)
    drawn = [each.row for batch in data._sampler("train") for each in batch]
    assert set(drawn) == set(wanted.tolist())
    for bad in ({"rare_words": 1.5}, {"rare_words": 0.5, "balance": "label"}):
        with pytest.raises(ValueError, match="rare_words"):
            SpeechData(tones, RATE, **bad)  # type: ignore[arg-type]


def test_a_follower_that_cannot_be_read_is_left_out(tones, tmp_path: Path) -> None:
    dataset = _data(tones, join=JOINED).dataset("train")
    index = dataset.index
    spoilt = {1: replace(index[1], path=tmp_path / "gone.wav")}
    dataset.index = _Swapped(index, spoilt)  # type: ignore[assignment]

    whole, less = dataset[0, 0, 0, ((2, 0.0),)], dataset[0, 0, 0, ((1, 0.1), (2, 0.0))]

    assert isinstance(dataset[1, 0], Unread)
    assert torch.equal(whole.waveform, less.waveform)
    assert whole.reference == less.reference
    assert less.followers == (2,)


class _Swapped:
    def __init__(self, index: Index, others: dict[int, Utterance]) -> None:
        self.index, self.others = index, others

    def __getitem__(self, row: int) -> Utterance:
        return self.others.get(row) or self.index[row]


@pytest.mark.parametrize("how", [{"join": JOINED}, {"rare_words": 0.5}])
def test_labels_are_neither_joined_nor_have_rare_words(tones, how) -> None:
    data = SpeechData(tones, RATE, **how)
    data.read()
    with pytest.raises(InputError, match=r"data\.join and data\.rare_words.*one label"):
        data.bind(Classification(Labels(units=["a", "b", "c"])), lambda samples: samples)


def test_a_share_of_nothing_is_no_joining_and_windows_go_with_neither(tones) -> None:
    assert SpeechData(tones, RATE, join=Joining(0.0), shuffle_window=5).join is None
    for how in ({"join": JOINED}, {"balance": "label"}, {"rare_words": 0.5}):
        with pytest.raises(ValueError, match="shuffle_window"):
            SpeechData(tones, RATE, shuffle_window=5, **how)  # type: ignore[arg-type]
