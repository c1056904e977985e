"""IEMOCAP: twelve hours of acted dialogues, labelled with emotions, 16 kHz (Busso et al., 2008)."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Literal

from torchaudio.datasets import IEMOCAP as TorchaudioIEMOCAP  # noqa: N811

from asr.data.corpora.on_disk import need
from asr.data.corpora.torchaudio_listing import metadata
from asr.data.utterance import Split, Utterance
from asr.errors import InputError

Session = Literal[1, 2, 3, 4, 5]
Emotion = Literal["neu", "hap", "ang", "sad", "exc", "fru"]
_SOURCE = "https://sail.usc.edu/iemocap/ (by hand, after a request)"


class IEMOCAP:
    """Turns of five sessions, each between two actors of its own; the label is the emotion.

    The corpus defines no splits. Assigning whole sessions keeps the actors apart; results are
    usually averaged over five runs, each with another session for testing.

    Args:
        root: folder that holds ``IEMOCAP/``.
        train: sessions to train on.
        val: sessions for validation.
        test: sessions for testing.
        utterance_type: keep only the scripted or the improvised dialogues; ``None`` keeps both.
        emotions: the emotions to keep, each with its label, so that two may become one; ``None``
            keeps all six as they are.

    Raises:
        InputError: a session is in two splits.
    """

    def __init__(
        self,
        root: str,
        *,
        train: Sequence[Session] = (1, 2, 3),
        val: Sequence[Session] = (4,),
        test: Sequence[Session] = (5,),
        utterance_type: Literal["scripted", "improvised"] | None = None,
        emotions: Mapping[Emotion, str] | None = None,
    ) -> None:
        self.root = Path(root)
        self.sessions: dict[Split, Sequence[Session]] = {"train": train, "val": val, "test": test}
        self.utterance_type = utterance_type
        self.emotions = emotions
        every = [*train, *val, *test]
        if twice := sorted({session for session in every if every.count(session) > 1}):
            raise InputError(f"sessions {twice} are listed twice; give each to one split")

    def prepare(self) -> None:
        need(self.root / "IEMOCAP", _SOURCE)

    def sources(self, split: Split) -> list[Path]:
        return [self.root / "IEMOCAP"]

    def utterances(self, split: Split) -> Iterator[Utterance]:
        for session in self.sessions[split]:
            yield from self._of(session)

    def _of(self, session: Session) -> Iterator[Utterance]:
        folder = self.root / "IEMOCAP" / f"Session{session}"
        need(folder, _SOURCE)
        turns = metadata(
            lambda: TorchaudioIEMOCAP(self.root, (session,), self.utterance_type), folder
        )
        # Neither the path nor the speaker is taken from torchaudio: its paths go wrong where the
        # root has "Session" in its name, its speaker is whoever wears the markers in the dialogue.
        for _, _, turn, emotion, _ in turns:
            if self.emotions is not None and emotion not in self.emotions:
                continue
            dialogue, _, number = turn.rpartition("_")
            yield Utterance(
                id=turn,
                path=folder / "sentences" / "wav" / dialogue / f"{turn}.wav",
                label=emotion if self.emotions is None else self.emotions[emotion],
                speaker=f"{turn[:5]}{number[:1]}",
                extras={"session": session},
            )
