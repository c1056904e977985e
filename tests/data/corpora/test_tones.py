from pathlib import Path

import pytest
import soundfile
import torch

from asr.data.corpora.tones import HERTZ, SAMPLE_RATE, SECONDS_PER_LETTER, Tones
from asr.data.utterance import Corpus, Split
from asr.errors import InputError

SPLITS: tuple[Split, ...] = ("train", "val", "test")


@pytest.fixture
def corpus(tmp_path: Path) -> Tones:
    corpus = Tones(str(tmp_path / "one"), train=12, val=3, test=2)
    corpus.prepare()
    return corpus


def test_every_split_is_as_large_as_asked(corpus: Tones) -> None:
    assert isinstance(corpus, Corpus)
    assert [len(corpus.utterances(split)) for split in SPLITS] == [12, 3, 2]


def test_the_spectrum_spells_the_text(corpus: Tones) -> None:
    for utterance in corpus.utterances("train"):
        samples, rate = soundfile.read(utterance.path, dtype="float32")
        letters = torch.from_numpy(samples).view(len(utterance.text), -1)
        assert "".join(_letter(samples, rate) for samples in letters) == utterance.text


def test_the_label_is_the_first_letter_and_the_duration_is_known(corpus: Tones) -> None:
    for utterance in corpus.utterances("train"):
        assert utterance.label == utterance.text[0]
        assert utterance.seconds == pytest.approx(len(utterance.text) * SECONDS_PER_LETTER)
        assert utterance.seconds == soundfile.info(utterance.path).frames / SAMPLE_RATE


def test_the_same_arguments_give_the_same_bytes(corpus: Tones, tmp_path: Path) -> None:
    again = Tones(str(tmp_path / "two"), train=12, val=3, test=2)
    again.prepare()

    for split in SPLITS:
        for one, other in zip(corpus.utterances(split), again.utterances(split), strict=True):
            assert one.text == other.text
            assert one.path.read_bytes() == other.path.read_bytes()


def test_a_second_prepare_does_nothing(corpus: Tones, tmp_path: Path) -> None:
    before = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*")}

    corpus.prepare()

    assert before == {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*")}


def test_other_arguments_do_not_touch_what_is_there(corpus: Tones, tmp_path: Path) -> None:
    texts = [utterance.text for utterance in corpus.utterances("train")]

    other = Tones(str(tmp_path / "one"), train=12, val=3, test=2, seed=1)
    other.prepare()

    assert texts == [utterance.text for utterance in corpus.utterances("train")]
    assert texts != [utterance.text for utterance in other.utterances("train")]


def test_utterances_before_prepare_say_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"call prepare\(\)"):
        Tones(str(tmp_path)).utterances("val")


def test_a_negative_size_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="got"):
        Tones(str(tmp_path), val=-1)


def _letter(samples: torch.Tensor, rate: int) -> str:
    if samples.square().mean() < 1e-4:
        return " "
    hertz = float(torch.fft.rfft(samples).abs().argmax()) * rate / len(samples)
    return min(HERTZ, key=lambda letter: abs(HERTZ[letter] - hertz))
