from collections.abc import Callable
from pathlib import Path

from torchaudio.datasets import FluentSpeechCommands

from asr.data.utterance import Corpus

Build = Callable[[str], Corpus]


def test_the_label_is_the_whole_intent_and_the_text_what_is_said(
    build: Build, tmp_path: Path
) -> None:
    first, second = build("fluent_speech_commands").utterances("val")

    assert len(FluentSpeechCommands(tmp_path, "valid")) == 2
    assert (first.id, second.id) == ("4BrX8aDq/0-4474", "4BrX8aDq/1-4474")
    assert first.label == "activate_lights_none"
    assert first.text == "On, please"
    assert first.speaker == "4BrX8aDq"
    assert first.extras == {"action": "activate", "object": "lights", "location": "none"}
