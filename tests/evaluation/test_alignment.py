"""Alignment of tones, whose letters all last as long: where words begin and end is known."""

from pathlib import Path
from statistics import median

import pytest
import soundfile
import torch

from asr.assemble import Recognizer
from asr.bundle import load_model
from asr.data.audio import read_audio
from asr.data.corpora.tones import SECONDS_PER_LETTER
from asr.evaluation.alignment import Alignment, Recording, align_recordings
from asr.evaluation.transcribe import Failure
from tests.tone_models import spoken

QUIET = 0.03  # seconds at the edges of a tone that fades in and out


@pytest.fixture
def recognizer(bundle: Path) -> Recognizer:
    return load_model(bundle).recognizer


def aligned(recognizer: Recognizer, *recordings: Recording, **more: float) -> list[Alignment]:
    found = list(align_recordings(recognizer, recordings, **more))  # type: ignore[arg-type]
    assert [each.reason for each in found if isinstance(each, Failure)] == []
    return found  # type: ignore[return-value]


def known(text: str) -> list[tuple[str, float, float]]:
    words, place = [], 0
    for word in text.split():
        words.append((word, place * SECONDS_PER_LETTER, (place + len(word)) * SECONDS_PER_LETTER))
        place += len(word) + 1
    return words


def test_words_are_where_they_were_put(recognizer: Recognizer, tones: Path) -> None:
    errors = []
    for utterance in spoken(tones):
        [found] = aligned(recognizer, Recording("x", utterance.path, utterance.text.upper()))

        assert found.text == utterance.text
        assert found.seconds == pytest.approx(utterance.seconds)
        for word, (text, begin, end) in zip(found.words, known(utterance.text), strict=True):
            assert word.text == text
            assert 0 < word.confidence <= 1
            errors += [abs(word.begin - begin - QUIET / 2), abs(word.end - end + QUIET / 2)]
    assert median(errors) <= 0.04


def test_a_long_recording_is_aligned_as_a_whole_however_it_is_cut(
    recognizer: Recognizer, tones: Path, tmp_path: Path
) -> None:
    clips = [utterance for utterance in spoken(tones) for _ in range(2)]
    waves = [read_audio(utterance.path, 8000) for utterance in clips]
    gap = 0.003 * torch.randn(1, 4000)
    whole = torch.cat([part for wave in waves for part in (wave, gap)], dim=1)
    soundfile.write(tmp_path / "long.wav", whole[0].numpy(), 8000)
    text = " ".join(utterance.text for utterance in clips)
    begins = [0.0]
    for wave in waves:
        begins.append(begins[-1] + (wave.shape[1] + 4000) / 8000)
    true = [
        begin + time for begin, utterance in zip(begins, clips, strict=False)
        for _, *times in known(utterance.text) for time in times
    ]  # fmt: skip

    [found] = aligned(recognizer, Recording("long", tmp_path / "long.wav", text), longest=3.0)

    times = [time for word in found.words for time in (word.begin, word.end)]
    assert found.seconds == pytest.approx(whole.shape[1] / 8000)
    assert times == sorted(times)
    assert median(abs(a - b) for a, b in zip(times, true, strict=True)) <= 0.04


def test_a_part_of_a_file_is_aligned_in_its_own_time(
    recognizer: Recognizer, tones: Path, tmp_path: Path
) -> None:
    utterance = spoken(tones)[0]
    wave = read_audio(utterance.path, 8000)
    apart = torch.cat([torch.randn(1, 8000), wave, torch.randn(1, 8000)], dim=1)
    soundfile.write(tmp_path / "long.wav", apart[0].numpy(), 8000, subtype="FLOAT")
    seconds = wave.shape[1] / 8000

    [alone] = aligned(recognizer, Recording("x", utterance.path, utterance.text))
    [part] = aligned(
        recognizer, Recording("x", tmp_path / "long.wav", utterance.text, 1.0, seconds)
    )

    assert part.seconds == alone.seconds
    assert [w[:3] for w in part.words] == [(w.text, pytest.approx(w.begin), pytest.approx(w.end))
                                           for w in alone.words]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "reason"),
    [("a xyz", "does not know 'x', 'y', 'z'; write"), (" ?! ", "no text to align"),
     ("ab " * 900, "2699 tokens need 2699 frames, the model gives"), ],
)  # fmt: skip
def test_a_text_that_cannot_be_aligned_is_told_and_stops_nothing(
    recognizer: Recognizer, tones: Path, text: str, reason: str
) -> None:
    file = spoken(tones)[0].path
    wrong = Recording("w", file, text, place="m.jsonl:3")

    failed, right = align_recordings(recognizer, [wrong, Recording("r", file, "a")])

    assert isinstance(failed, Failure)
    assert failed.reason.startswith("m.jsonl:3: ")
    assert reason in failed.reason
    assert isinstance(right, Alignment)
