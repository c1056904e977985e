"""Each dataset of each process kept ``data.cache_mb``: three times that, and twice per worker."""

from types import SimpleNamespace

import pytest

from asr.data.corpora.tones import Tones
from asr.decoding.greedy import GreedyDecoder
from asr.tasks.ctc import CTC
from asr.text.units import Units
from asr.training.data import SpeechData


@pytest.fixture(scope="module")
def tones(tmp_path_factory: pytest.TempPathFactory) -> Tones:
    corpus = Tones(str(tmp_path_factory.mktemp("tones")), train=40, val=20, test=20)
    corpus.prepare()
    return corpus


def _data(tones: Tones, mb: float, workers: int) -> SpeechData:
    data = SpeechData(tones, 8000, cache_mb=mb, workers=workers)
    data.read()
    data.bind(CTC(Units("character", units=list(" abc")), GreedyDecoder()), lambda n: n // 80)
    return data


def _audio(data: SpeechData) -> float:
    """MiB of the decoded audio and the tokens that are trained on or validated with."""
    examples = [data.dataset(split)[row, 0] for split in ("train", "val") for row in range(20)]
    examples += [data.dataset("train")[row, 0] for row in range(20, 40)]
    return sum(example.waveform.nbytes + example.tokens.nbytes for example in examples) / 2**20


def _kept(data: SpeechData, monkeypatch: pytest.MonkeyPatch) -> float:
    """MiB that a process keeps of each split, together, once it has read all of it."""
    sizes = list[int]()
    for split in ("train", "val", "test"):
        dataset = data.dataset(split)
        every = [dataset[row, 0] for row in range(len(dataset))]
        missed, read = set[str](), dataset._read
        monkeypatch.setattr(dataset, "_read", lambda u, m=missed, r=read: m.add(u.id) or r(u))
        for row in range(len(dataset)):
            dataset[row, 0]
        sizes += [e.waveform.nbytes + e.tokens.nbytes for e in every if e.id not in missed]
    return sum(sizes) / 2**20


@pytest.mark.parametrize(("workers", "ranks"), [(0, 1), (1, 1), (3, 1), (0, 2), (2, 2)])
def test_all_processes_of_a_machine_together_keep_no_more_than_is_said(
    tones: Tones, monkeypatch: pytest.MonkeyPatch, workers: int, ranks: int
) -> None:
    data = _data(tones, 1.0, workers)
    data.trainer = SimpleNamespace(world_size=2 * ranks, num_nodes=2)  # type: ignore[assignment]
    kept = _kept(data, monkeypatch) * max(1, workers) * ranks
    assert 0.7 < kept <= 1


def test_a_corpus_that_has_room_is_kept_whole(tones: Tones, monkeypatch) -> None:
    audio = _audio(_data(tones, 0, 0))
    assert _kept(_data(tones, audio * 1.05, 0), monkeypatch) == pytest.approx(audio)
