"""What every corpus promises; a new YAML in configs/corpus is tested without being listed here."""

import copy
import importlib
import inspect
import itertools
from collections.abc import Callable
from pathlib import Path
from typing import Any, get_args, get_type_hints

import pydantic
import pytest
from omegaconf import OmegaConf

from asr.data.audio import audio_info
from asr.data.source_state import source_state
from asr.data.utterance import Corpus, Split
from asr.errors import InputError

CONFIGS = sorted((Path(__file__).parents[3] / "configs" / "corpus").glob("*.yaml"))
GENERATED = {"espeak", "tones"}  # have no folder to be laid out; they have tests of their own
NAMES = [path.stem for path in CONFIGS if path.stem not in GENERATED]
SPEAKERS_APART = [
    "speech_commands", "librispeech", "libritts", "cmuarctic", "commonvoice", "tedlium", "vctk",
    "fluent_speech_commands", "iemocap", "folders",
]  # fmt: skip
SPLITS: tuple[Split, ...] = get_args(Split)
Build = Callable[[str], Corpus]


def load(path: Path, root: Path) -> dict[str, Any]:
    config = OmegaConf.merge({"data_root": str(root)}, {"corpus": OmegaConf.load(path)})
    return OmegaConf.to_container(config.corpus, resolve=True)  # type: ignore[return-value]


def find(target: str) -> Any:
    module, _, name = target.rpartition(".")
    return getattr(importlib.import_module(module), name)


@pytest.mark.parametrize("path", CONFIGS, ids=lambda path: path.stem)
def test_every_value_of_a_yaml_suits_the_constructor_that_it_names(
    path: Path, tmp_path: Path
) -> None:
    config = load(path, tmp_path)
    constructor = find(config.pop("_target_"))
    parameters = inspect.signature(constructor).parameters
    hints = get_type_hints(constructor.__init__)

    assert set(config) <= set(parameters)
    for key, value in config.items():
        pydantic.TypeAdapter(hints[key]).validate_python(value, strict=True)


@pytest.mark.parametrize("name", NAMES)
def test_every_argument_of_a_constructor_is_in_its_yaml_with_its_default(
    name: str, tmp_path: Path
) -> None:
    config = load(next(path for path in CONFIGS if path.stem == name), tmp_path)
    parameters = inspect.signature(find(config.pop("_target_"))).parameters

    assert set(config) == set(parameters)
    for key, parameter in parameters.items():
        if parameter.default is not inspect.Parameter.empty and parameter.default is not None:
            default = parameter.default
            assert config[key] == (list(default) if isinstance(default, tuple) else default)


@pytest.mark.parametrize("name", NAMES)
def test_ids_are_unique_within_a_split(name: str, build: Build) -> None:
    corpus = build(name)
    for split in SPLITS:
        ids = [utterance.id for utterance in corpus.utterances(split)]
        assert ids
        assert len(set(ids)) == len(ids)


@pytest.mark.parametrize("name", NAMES)
def test_the_order_is_the_same_every_time(name: str, build: Build) -> None:
    corpus = build(name)
    for split in SPLITS:
        assert list(corpus.utterances(split)) == list(corpus.utterances(split))


@pytest.mark.parametrize("name", NAMES)
def test_every_path_is_an_audio_file_and_every_utterance_has_a_text_or_a_label(
    name: str, build: Build
) -> None:
    corpus = build(name)
    for split in SPLITS:
        for utterance in itertools.islice(corpus.utterances(split), 20):
            assert isinstance(utterance.path, Path)
            assert audio_info(utterance.path, utterance.window).seconds > 0
            assert utterance.text or utterance.label


@pytest.mark.parametrize("name", NAMES)
def test_no_recording_for_training_is_tested_on(name: str, build: Build) -> None:
    corpus = build(name)
    ids = {split: {utterance.id for utterance in corpus.utterances(split)} for split in SPLITS}
    assert not ids["train"] & ids["test"]
    assert not ids["val"] & ids["test"]
    if name != "yesno":  # validates on its training recordings unless told otherwise
        assert not ids["train"] & ids["val"]


@pytest.mark.parametrize("name", SPEAKERS_APART)
def test_no_speaker_is_in_two_splits(name: str, build: Build) -> None:
    corpus = build(name)
    speakers = [{utterance.speaker for utterance in corpus.utterances(split)} for split in SPLITS]
    assert all(one and "" not in one for one in speakers)
    assert all(not one & other for one, other in itertools.combinations(speakers, 2))


@pytest.mark.parametrize("name", NAMES)
def test_preparing_what_is_there_changes_nothing(name: str, build: Build, tmp_path: Path) -> None:
    corpus = build(name)
    before = sorted(tmp_path.rglob("*"))

    corpus.prepare()
    corpus.prepare()

    assert sorted(tmp_path.rglob("*")) == before


@pytest.mark.parametrize("name", NAMES)
def test_a_root_that_is_missing_or_empty_is_one_line(name: str, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    path = next(path for path in CONFIGS if path.stem == name)
    for root in (tmp_path / "missing", tmp_path / "empty"):
        config = load(path, root)
        constructor = find(config.pop("_target_"))
        if "download" in config:
            config["download"] = False
        if name == "manifest":
            config["path"] = str(root / "manifest.jsonl")
        corpus = constructor(**config)

        with pytest.raises(InputError) as caught:
            list(corpus.utterances("train"))
        assert "\n" not in str(caught.value)
        assert str(root) in str(caught.value)
        if name != "folders" or root.name == "missing":  # an empty folder is there, after all
            with pytest.raises(InputError):
                corpus.prepare()
    assert not list((tmp_path / "empty").iterdir())
    assert not (tmp_path / "missing").exists()


@pytest.mark.parametrize("name", NAMES)
def test_a_corpus_can_say_whether_it_has_changed(name: str, build: Build, tmp_path: Path) -> None:
    corpus = build(name)
    for split in SPLITS:
        state = source_state(corpus, split)
        assert state is not None
        assert source_state(copy.deepcopy(corpus), split) == state
        for source in corpus.sources(split):  # type: ignore[attr-defined]
            place = source / "new.trans.txt" if source.is_dir() else source
            with place.open("a") as file:
                file.write("\n")
        assert source_state(corpus, split) != state
