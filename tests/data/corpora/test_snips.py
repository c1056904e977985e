from collections.abc import Callable
from pathlib import Path

import pytest
from torchaudio.datasets import Snips

from asr.data.utterance import Corpus
from asr.errors import InputError

Build = Callable[[str], Corpus]


def test_intent_transcript_and_slots_are_given(build: Build, tmp_path: Path) -> None:
    first, second = build("snips").utterances("val")

    assert len(Snips(tmp_path, "valid")) == 2
    assert (first.speaker, second.speaker) == ("Amy", "Joey")
    assert first.text == "play some jazz"
    assert first.label == "PlayMusic"
    assert first.extras == {"slots": "O O B-genre"}


def test_a_recording_without_a_transcript_is_one_line(build: Build, tmp_path: Path) -> None:
    corpus = build("snips")
    (tmp_path / "SNIPS" / "all.iob.snips.txt").write_text("")
    with pytest.raises(InputError, match="KeyError: 'Amy-snips-test-0'"):
        list(corpus.utterances("test"))
