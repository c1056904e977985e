"""A wrong text among joined utterances was blamed on the first of them, which was innocent."""

from pathlib import Path

import torch

from asr.data.batch import Batch
from asr.data.corpora.tones import Tones
from asr.data.joining import Joining
from asr.decoding.greedy import GreedyDecoder
from asr.tasks.ctc import CTC
from asr.text.units import Units
from asr.training.data import SpeechData
from asr.training.doctor import Doctor


def test_all_that_were_joined_are_told(tmp_path: Path) -> None:
    doctor, joined = _seen(tmp_path, Joining(0.5, most=3))

    told = {row["id"]: row.get("followers") for row in _told(doctor)}

    assert any(told.values())
    assert told == {name: others or None for name, others in joined.items()}


def test_a_run_that_goes_on_still_knows_them(tmp_path: Path) -> None:
    first, joined = _seen(tmp_path, Joining(0.5, most=3))
    second = Doctor()

    second.load_state_dict(first.state_dict())

    assert any(joined.values())
    assert _told(second) == _told(first)


def test_what_is_told_of_one_alone_is_as_it_was(tmp_path: Path) -> None:
    doctor, _ = _seen(tmp_path, None)
    assert {tuple(row) for row in _told(doctor)} == {("loss", "id", "reference", "hypothesis")}


def _told(doctor: Doctor) -> list[dict[str, object]]:
    return doctor.summary()["highest_loss"]["train"]["utterances"]


def _seen(folder: Path, join: Joining | None) -> tuple[Doctor, dict[str, tuple[str, ...]]]:
    """A doctor who has seen an epoch, and what was joined to each utterance in it."""
    corpus = Tones(str(folder / "tones"), train=12, val=2, test=2)
    corpus.prepare()
    data = SpeechData(corpus, 8000, join=join)
    data.read()
    task = CTC(Units("character", units=[" ", "a", "b", "c"]), GreedyDecoder())
    data.bind(task, lambda samples: samples // 80)
    doctor, joined, index = Doctor(), dict[str, tuple[str, ...]](), data.index["train"]
    doctor.record.begin(0)
    for batch in data.train_dataloader():
        assert isinstance(batch, Batch)
        doctor.record.add(torch.rand(len(batch.ids)), batch)
    dataset = data.dataset("train")
    for where in (row for rows in data._sampler("train") for row in rows):
        example = dataset[where]
        joined[example.id] = tuple(index[row].id for row in example.followers)
    return doctor, joined
