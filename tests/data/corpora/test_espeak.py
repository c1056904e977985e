import subprocess
import sys
from pathlib import Path

import pytest
import soundfile

from asr.data.corpora.espeak import ACCENTS, DIGITS, Espeak, voices_by_split
from asr.data.corpora.espeak_voice import RATE, Saying, speak, variants
from asr.data.utterance import Corpus, Split
from asr.errors import InputError

SPLITS: tuple[Split, ...] = ("train", "val", "test")


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Espeak:
    pytest.importorskip("espeakng_loader")
    corpus = Espeak(str(tmp_path_factory.mktemp("espeak")), train=20, val=4, test=4)
    corpus.prepare()
    return corpus


def test_every_split_is_as_large_as_asked(corpus: Espeak) -> None:
    assert isinstance(corpus, Corpus)
    assert [len(corpus.utterances(split)) for split in SPLITS] == [20, 4, 4]


def test_texts_are_three_to_seven_digits_in_words(corpus: Espeak) -> None:
    for utterance in corpus.utterances("train"):
        words = utterance.text.split()
        assert 3 <= len(words) <= 7
        assert set(words) <= set(DIGITS)


def test_audio_is_16_bit_mono_and_as_long_as_the_manifest_says(corpus: Espeak) -> None:
    for utterance in corpus.utterances("train"):
        info = soundfile.info(utterance.path)
        assert (info.subtype, info.channels, info.samplerate) == ("PCM_16", 1, 16_000)
        assert utterance.seconds == info.frames / 16_000
        assert abs(soundfile.read(utterance.path)[0]).max() > 0.02


def test_faster_speech_and_wider_gaps_are_heard() -> None:
    pytest.importorskip("espeakng_loader")
    plain = Saying("one two three four", "en-us+Andy", 120, 50, 50, 0)

    usual, fast, gaps = map(
        len, speak([plain, plain._replace(words_per_minute=220), plain._replace(word_gap=10)])
    )

    assert fast < 0.8 * usual
    assert gaps > usual + 0.2 * RATE


def test_the_same_arguments_give_the_same_bytes(corpus: Espeak, tmp_path: Path) -> None:
    again = Espeak(str(tmp_path), train=20, val=4, test=4)
    again.prepare()

    for split in SPLITS:
        for one, other in zip(corpus.utterances(split), again.utterances(split), strict=True):
            assert one.text == other.text
            assert one.path.read_bytes() == other.path.read_bytes()


def test_an_utterance_does_not_depend_on_the_sizes(corpus: Espeak, tmp_path: Path) -> None:
    smaller = Espeak(str(tmp_path), train=5, val=4, test=0)
    smaller.prepare()

    for one, other in zip(smaller.utterances("train"), corpus.utterances("train"), strict=False):
        assert one.path.read_bytes() == other.path.read_bytes()


def test_another_seed_is_another_corpus(corpus: Espeak, tmp_path: Path) -> None:
    other = Espeak(str(tmp_path), train=20, val=0, test=0, seed=1)
    other.prepare()

    texts = [utterance.text for utterance in corpus.utterances("train")]
    assert texts != [utterance.text for utterance in other.utterances("train")]


def test_a_second_prepare_does_nothing(corpus: Espeak, monkeypatch: pytest.MonkeyPatch) -> None:
    files = [utterance.path for utterance in corpus.utterances("train")]
    before = [path.stat().st_mtime_ns for path in files]
    monkeypatch.setattr(subprocess, "run", None)

    corpus.prepare()

    assert before == [path.stat().st_mtime_ns for path in files]


def test_held_out_timbres_are_new_with_every_accent() -> None:
    pytest.importorskip("espeakng_loader")
    formants = {variant.name: variant.formants for variant in variants()}

    shares = {
        split: {formants[voice.split("+")[1]] for voice in voices}
        for split, voices in voices_by_split(variants(), seed=0).items()
    }

    assert not shares["train"] & shares["val"]
    assert not shares["train"] & shares["test"]
    assert not shares["val"] & shares["test"]


def test_every_voice_is_known_and_none_is_lost() -> None:
    pytest.importorskip("espeakng_loader")
    voices = [voice for share in voices_by_split(variants(), seed=3).values() for voice in share]

    assert len(voices) == len(set(voices)) == len(variants()) * len(ACCENTS) > 500
    spoken = speak([Saying("one", voice, 170, 50, 50, 0) for voice in sorted(voices)[::9]])
    assert all(len(samples) > 2000 for samples in spoken)


def test_what_was_said_before_does_not_matter_to_the_next_call() -> None:
    pytest.importorskip("espeakng_loader")
    saying = Saying("oh zero nine", "en-us+f1", 160, 50, 50, 1)

    [first] = speak([saying])
    speak([Saying("one two three", "en+robosoft", 120, 30, 70, 0)])

    assert speak([saying]) == [first]


def test_an_unknown_voice_is_one_line_without_a_traceback() -> None:
    pytest.importorskip("espeakng_loader")

    with pytest.raises(InputError, match="no voice 'xx'") as caught:
        speak([Saying("one", "xx", 160, 50, 50, 1)])

    assert "\n" not in str(caught.value)


def test_without_the_wheel_the_error_names_the_extra(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "espeakng_loader", None)

    with pytest.raises(InputError, match=r"pip install -e '.\[espeak\]'") as caught:
        Espeak(str(tmp_path)).prepare()

    assert "\n" not in str(caught.value)


def test_an_interrupted_generation_is_not_taken_for_a_finished_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("espeakng_loader")
    corpus = Espeak(str(tmp_path), train=2, val=0, test=0)

    def interrupted(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(subprocess, "run", interrupted)
        with pytest.raises(KeyboardInterrupt):
            corpus.prepare()

    with pytest.raises(InputError, match="prepare"):
        corpus.utterances("train")
    corpus.prepare()
    assert len(corpus.utterances("train")) == 2


@pytest.mark.parametrize(
    "arguments", [{"train": -1}, {"fewest_digits": 0}, {"fewest_digits": 8}, {"sample_rate": 1000}]
)
def test_arguments_that_cannot_be_are_refused(arguments: dict[str, int]) -> None:
    with pytest.raises(ValueError, match="got"):
        Espeak("nowhere", **arguments)
