"""A model was asked for the frames of each utterance alone, which took most of a large start."""

from dataclasses import replace

import pytest

from asr.data.corpora.tones import Tones
from asr.data.index import Index
from asr.decoding.greedy import GreedyDecoder
from asr.features.log_mel import LogMel
from asr.models.conv_stack import ConvStack
from asr.span import Length
from asr.tasks.ctc import CTC, frames_needed
from asr.text.units import Units
from asr.training.data import SpeechData

RATE = 8000


@pytest.fixture
def data(tmp_path_factory: pytest.TempPathFactory) -> SpeechData:
    corpus = Tones(str(tmp_path_factory.mktemp("tones")), train=30, val=4, test=4)
    corpus.prepare()
    rows = list(Index.of(corpus.utterances("train")))
    short = [replace(u, id=f"{u.id}/{n}", seconds=n / RATE) for n, u in enumerate(rows, 1)]
    silent = [replace(u, id=f"{u.id}/no", text="", label="") for u in rows[:3]]
    index = Index.of([*rows, *short, *silent])
    data = SpeechData(corpus, RATE, max_skip_fraction=1)
    data.index = {"train": index, "val": index, "test": index}
    return data


def test_what_is_left_out_is_what_each_utterance_alone_would_tell(data: SpeechData) -> None:
    vocabulary = Units("character", units=list(" abc"))
    features = LogMel(sample_rate=RATE)
    encoder = ConvStack(80, [{"channels": 4, "kernels": [5], "stride": 2}] * 2)
    rows, asked = list(data.index["train"]), list[object]()

    def frames(samples: Length) -> Length:
        asked.append(samples)
        return encoder.output_length(features.output_length(samples))

    data.bind(CTC(vocabulary, GreedyDecoder()), frames)

    assert len(asked) == 3
    given = {u.id: frames(int((u.seconds or 0) * RATE)) for u in rows}
    tokens = {u.id: vocabulary.encode(vocabulary.normalize(CTC.target(u))) for u in rows}
    expected = [i for i in given if 0 < frames_needed(tokens[i]) <= given[i]]
    assert 0 < len(expected) < len(rows) - 3
    assert [u.id for u in data.index["train"]] == expected
    assert [u.id for u in data.index["val"]] == [i for i in given if given[i]]
