"""Fluent Speech Commands: 30,000 spoken commands to a smart home, 16 kHz (Lugosch et al., 2019)."""

from collections.abc import Iterator
from pathlib import Path

from torchaudio.datasets import FluentSpeechCommands as TorchaudioFluentSpeechCommands

from asr.data.corpora.on_disk import need
from asr.data.corpora.torchaudio_listing import metadata
from asr.data.utterance import Split, Utterance

_FOLDER = "fluent_speech_commands_dataset"
_SOURCE = "https://fluent.ai (Fluent Speech Commands; by hand, after accepting its licence)"
_SUBSETS: dict[Split, str] = {"train": "train", "val": "valid", "test": "test"}


class FluentSpeechCommands:
    """Whole phrases with their intent: the label is action, object and location in one.

    The splits are the corpus's own, which share no speaker. Whoever wants one part of the intent
    alone finds it in the extras; whoever wants the words, in the text.

    Args:
        root: folder that holds ``fluent_speech_commands_dataset/``.
    """

    def __init__(self, root: str) -> None:
        self.root = Path(root)

    def prepare(self) -> None:
        need(self.root / _FOLDER, _SOURCE)

    def sources(self, split: Split) -> list[Path]:
        return [self.root / _FOLDER]

    def utterances(self, split: Split) -> Iterator[Utterance]:
        folder = self.root / _FOLDER
        need(folder, _SOURCE)
        clips = metadata(lambda: TorchaudioFluentSpeechCommands(self.root, _SUBSETS[split]), folder)
        for path, _, name, speaker, transcript, action, thing, location in clips:
            yield Utterance(
                id=f"{speaker}/{name}",
                path=folder / path,
                text=transcript,
                label=f"{action}_{thing}_{location}",
                speaker=speaker,
                extras={"action": action, "object": thing, "location": location},
            )
