"""The search for words against an enumeration of all alignments and all word sequences."""

import itertools
import math
import random
from collections.abc import Iterator, Sequence
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from asr.errors import InputError
from asr.language.arpa import read_arpa
from asr.language.beam import Beam, WordBeam
from asr.language.flashlight import flashlight
from asr.language.kenlm import native
from asr.language.kneser_ney import write_arpa
from asr.padded import Padded
from asr.tasks.ctc import CTC
from asr.text.subwords import Subwords
from asr.text.units import Units
from asr.text.vocabulary import Vocabulary

WORDS = ["a", "ab", "ba", "bb"]
TEXT = ["a ab", "ab ba a", "a bb", "ba", "a a bb a", "bb ab"]
VOCABULARIES: dict[str, Vocabulary] = {
    "marked": Units("marked", units=["a", "b", "▁a", "▁b"]),
    "characters": Units("character", units=[" ", "a", "b"]),
    "words": Units("word", units=WORDS),
}
SEARCHES = ["python", *(["flashlight"] if flashlight() else [])]
WIDE: dict[str, Any] = {"width": 5000, "classes": 100, "threshold": 1e6}


@pytest.fixture(scope="module")
def bigrams(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("lm") / "bigrams.arpa"
    write_arpa(TEXT, 2, path)
    return path


def _probabilities(frames: Tensor, blank: int) -> dict[tuple[int, ...], float]:
    """Of every token sequence, by the sum over every alignment."""
    rows = frames.exp().tolist()
    totals: dict[tuple[int, ...], float] = {}
    for path in itertools.product(range(len(rows[0])), repeat=len(rows)):
        tokens = tuple(c for c, _ in itertools.groupby(path) if c != blank)
        p = math.prod(row[c] for row, c in zip(rows, path, strict=True))
        totals[tokens] = totals.get(tokens, 0.0) + p
    return totals


def _sequences(words: Sequence[str], most: int) -> Iterator[tuple[str, ...]]:
    for count in range(most + 1):
        yield from itertools.product(words, repeat=count)


def _oracle(
    frames: Tensor, vocabulary: Vocabulary, lm: Path, weight: float, bonus: float
) -> dict[tuple[int, ...], float]:
    """The score of every word sequence that fits into the frames."""
    heard, model = _probabilities(frames, len(vocabulary)), read_arpa(lm)
    found = {}
    for words in _sequences(WORDS, len(frames)):
        tokens = tuple(vocabulary.encode(" ".join(words)))
        if p := heard.get(tokens):
            known = weight * math.log(10) * model.sentence(words) + bonus * len(words)
            found[tokens] = math.log(p) + known
    return found


def _logits(seed: int, classes: int, frames: int) -> Padded:
    generator = torch.Generator().manual_seed(seed)
    values = 2 * torch.randn(1, classes, frames, generator=generator)
    return Padded(values, torch.tensor([frames]))


@pytest.mark.parametrize("search", SEARCHES)
@pytest.mark.parametrize("name", list(VOCABULARIES))
@settings(max_examples=12)
@given(
    seed=st.integers(0, 10_000),
    frames=st.integers(1, 5),
    weight=st.sampled_from([0.0, 0.4, 1.5]),
    bonus=st.sampled_from([-1.0, 0.0, 2.0]),
)
def test_a_wide_beam_finds_what_an_enumeration_finds(
    bigrams: Path, name: str, search: Any, seed: int, frames: int, weight: float, bonus: float
) -> None:
    vocabulary = VOCABULARIES[name]
    logits = _logits(seed, len(vocabulary) + 1, frames)
    beam = Beam(str(bigrams), lm_weight=weight, word_bonus=bonus, search=search, **WIDE)

    [found] = beam.fitted(vocabulary).n_best(logits, len(vocabulary), 100_000)

    scores = logits.values[0].log_softmax(dim=0).T
    expected = _oracle(scores, vocabulary, bigrams, weight, bonus)
    best = sorted(expected, key=expected.__getitem__, reverse=True)
    assert len(found) == len(expected)
    assert [each.score for each in found] == pytest.approx([expected[t] for t in best], abs=1e-3)
    assert found[0].score == pytest.approx(expected[found[0].tokens], abs=1e-3)


@pytest.mark.parametrize("name", list(VOCABULARIES))
@settings(max_examples=12)
@given(seed=st.integers(0, 10_000))
def test_our_own_search_sums_before_it_ranks(bigrams: Path, name: str, seed: int) -> None:
    # Without the exact scores afterwards: the best is right already within the search.
    vocabulary = VOCABULARIES[name]
    decoder = Beam(str(bigrams), search="python", **WIDE).fitted(vocabulary)
    frames = _logits(seed, len(vocabulary) + 1, 5).values[0].log_softmax(dim=0).T

    best = decoder.search(frames, len(vocabulary))[0]

    assert decoder.tokens(best) == decoder.ranked(frames, len(vocabulary))[0].tokens


@pytest.mark.skipif(len(SEARCHES) < 2, reason="flashlight is not installed")
@pytest.mark.parametrize("name", list(VOCABULARIES))
@pytest.mark.parametrize("hot", [False, True])
def test_both_searches_find_the_same(bigrams: Path, name: str, hot: bool, tmp_path: Path) -> None:
    vocabulary = VOCABULARIES[name]
    (tmp_path / "hot").write_text("ba a\t2\nbb\n")
    words = str(tmp_path / "hot") if hot else None
    ours, theirs = (
        Beam(str(bigrams), hot_words=words, width=50, search=search).fitted(vocabulary)  # type: ignore[arg-type]
        for search in SEARCHES
    )
    for seed in range(20):
        logits = _said(vocabulary, random.Random(seed))
        assert ours(logits, len(vocabulary)) == theirs(logits, len(vocabulary))


def _said(vocabulary: Vocabulary, draw: random.Random) -> Padded:
    """Six words, each token held for some frames, then blank, and noise over all."""
    path: list[int] = []
    for token in vocabulary.encode(" ".join(draw.choices(WORDS, k=6))):
        path += [len(vocabulary)] * draw.randint(1, 2)
        path += [token] * draw.randint(1, 3)
    values = 5 * torch.nn.functional.one_hot(torch.tensor(path), len(vocabulary) + 1).T.float()
    noise = torch.randn(values.shape, generator=torch.Generator().manual_seed(draw.randint(0, 99)))
    return Padded((values + noise)[None], torch.tensor([len(path)]))


def _decoder(vocabulary: Vocabulary, search: str = "python", **given: Any) -> WordBeam:
    return Beam(search=search, **given).fitted(vocabulary)  # type: ignore[arg-type]


def _spelled(vocabulary: Vocabulary, path: str, symbols: dict[str, int]) -> Padded:
    classes = torch.tensor([symbols.get(symbol, len(vocabulary)) for symbol in path])
    values = torch.nn.functional.one_hot(classes, len(vocabulary) + 1).T.float()[None] * 20
    return Padded(values, torch.tensor([len(path)]))


@pytest.mark.parametrize("search", SEARCHES)
@pytest.mark.parametrize(
    ("path", "text"),
    [("Aaa", "aa"), ("AAAAAa", "aa"), ("A-aaBBb", "aa bb"), ("AAAaaB-bb-", "aa bb"), ("---", "")],
)
def test_last_tokens_of_words_may_be_held(
    search: str, path: str, text: str, tmp_path: Path
) -> None:
    vocabulary = Units("marked", units=["a", "b", "▁a", "▁b"])
    (tmp_path / "words").write_text("aa\nbb\nab\n")
    decoder = _decoder(vocabulary, search, lexicon=str(tmp_path / "words"))
    logits = _spelled(vocabulary, path, {"a": 0, "b": 1, "A": 2, "B": 3})
    assert vocabulary.decode(decoder(logits, 4)[0]) == text


@pytest.mark.parametrize("search", SEARCHES)
def test_a_blank_stands_between_equal_words(search: str, tmp_path: Path) -> None:
    vocabulary = Units("word", units=["one", "two"])
    (tmp_path / "words").write_text("one\ntwo\n")
    decoder = _decoder(vocabulary, search, lexicon=str(tmp_path / "words"))
    said = {"1": 0, "2": 1}
    held, twice = (_spelled(vocabulary, path, said) for path in ("1112", "1-12"))
    assert decoder(held, 2) == [[0, 1]]
    assert decoder(twice, 2) == [[0, 0, 1]]


@pytest.mark.parametrize("search", SEARCHES)
def test_an_utterance_does_not_depend_on_its_batch(bigrams: Path, search: str) -> None:
    vocabulary = VOCABULARIES["marked"]
    decoder = _decoder(vocabulary, search, lm=str(bigrams))
    values = torch.randn(3, 5, 12)
    lengths = torch.tensor([12, 4, 7])
    together = decoder(Padded(values, lengths), 4)
    alone = [
        decoder(Padded(values[i : i + 1, :, :n], torch.tensor([n])), 4)[0]
        for i, n in enumerate(lengths.tolist())
    ]
    assert together == alone


@pytest.mark.parametrize("search", SEARCHES)
def test_a_hot_word_that_no_model_knows_can_be_heard(
    bigrams: Path, search: str, tmp_path: Path
) -> None:
    vocabulary = VOCABULARIES["marked"]
    (tmp_path / "hot").write_text("AAB\t5\n")  # in another case than the model's
    logits = _spelled(vocabulary, "A-a-b--", {"a": 0, "b": 1, "A": 2, "B": 3})
    logits = Padded(logits.values / 5, logits.lengths)
    plain = _decoder(vocabulary, search, lm=str(bigrams))
    hot = _decoder(vocabulary, search, lm=str(bigrams), hot_words=str(tmp_path / "hot"))
    assert vocabulary.decode(plain(logits, 4)[0]) != "aab"
    assert vocabulary.decode(hot(logits, 4)[0]) == "aab"


def test_a_hot_word_that_cannot_be_spelt_is_named(bigrams: Path, tmp_path: Path) -> None:
    (tmp_path / "hot").write_text("ab\nba xa\n")
    with pytest.raises(InputError, match=r"hot: 'xa' cannot be spelt"):
        _decoder(VOCABULARIES["marked"], lm=str(bigrams), hot_words=str(tmp_path / "hot"))


@pytest.mark.parametrize("search", SEARCHES)
def test_a_word_may_have_several_spellings(bigrams: Path, search: str, tmp_path: Path) -> None:
    vocabulary = VOCABULARIES["marked"]
    (tmp_path / "words").write_text("ab\t▁a b\nab\t▁b b b\nba\n")
    decoder = _decoder(vocabulary, search, lm=str(bigrams), lexicon=str(tmp_path / "words"))
    for path, tokens in (("A-b", [2, 1]), ("B-b-b", [3, 1, 1])):
        logits = _spelled(vocabulary, path, {"b": 1, "A": 2, "B": 3})
        assert decoder(logits, 4) == [tokens]


def test_words_that_cannot_be_spelt_are_left_out(bigrams: Path) -> None:
    assert _decoder(Units("character", units=["a"]), lm=str(bigrams)).lexicon.words == ["a"]
    with pytest.raises(InputError, match="none of its words"):
        _decoder(Units("character", units=["x"]), lm=str(bigrams))


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({}, "needs lm or lexicon"),
        ({"lm": "m", "width": 0}, "at least 1"),
        ({"lm": "m", "width": 10_001}, "at most 10000"),
        ({"lm": "m", "lm_weight": -1.0}, "0 or more"),
        ({"lm": "m", "lm_weight": math.nan}, "0 or more"),
        ({"lm": "m", "lm_weight": math.inf}, "0 or more"),
        ({"lm": "m", "threshold": math.nan}, "threshold above 0"),
        ({"lm": "m", "word_bonus": math.nan}, "finite"),
    ],
)
def test_settings_that_cannot_be_are_refused(options: dict[str, Any], told: str) -> None:
    with pytest.raises(ValueError, match=told):
        Beam(**options)


def test_without_flashlight_ours_is_used(bigrams: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("asr.language.beam.flashlight", lambda: None)
    decoder = _decoder(VOCABULARIES["marked"], "auto", lm=str(bigrams))
    assert type(decoder.search).__name__ == "WordSearch"
    with pytest.raises(InputError, match=r"\.\[beam\]"):
        _decoder(VOCABULARIES["marked"], "flashlight", lm=str(bigrams))


@pytest.mark.parametrize("search", SEARCHES)
@pytest.mark.parametrize("order", [1, 6])
def test_models_of_any_order_give_the_same_by_both_searches(
    order: int, search: Any, tmp_path: Path
) -> None:
    write_arpa(TEXT, order, tmp_path / "m.arpa")
    vocabulary = VOCABULARIES["marked"]
    decoder = _decoder(vocabulary, search, lm=str(tmp_path / "m.arpa"), width=50)
    ours = _decoder(vocabulary, lm=str(tmp_path / "m.arpa"), width=50)
    for seed in range(5):
        logits = _said(vocabulary, random.Random(seed))
        assert decoder(logits, len(vocabulary)) == ours(logits, len(vocabulary))


@pytest.mark.parametrize("search", SEARCHES)
def test_subwords_are_searched_too(bigrams: Path, search: str) -> None:
    pytest.importorskip("sentencepiece")
    vocabulary = Subwords(8).fitted(TEXT * 5)
    decoder = _decoder(vocabulary, search, lm=str(bigrams), width=50)
    assert decoder.lexicon.words == WORDS
    assert all(vocabulary.decode(tokens) == word for word, tokens in decoder.lexicon.spellings)
    for text in TEXT:
        path = [c for token in vocabulary.encode(text) for c in (token, token, len(vocabulary))]
        values = torch.nn.functional.one_hot(torch.tensor(path), len(vocabulary) + 1).T.float()
        logits = Padded(20 * values[None], torch.tensor([len(path)]))
        assert vocabulary.decode(decoder(logits, len(vocabulary))[0]) == text
    for seed in range(5):
        [tokens] = decoder(_logits(seed, len(vocabulary) + 1, 12), len(vocabulary))
        assert set(vocabulary.decode(tokens).split()) <= set(WORDS)


@pytest.mark.parametrize("search", SEARCHES)
def test_a_task_with_it_can_be_copied(bigrams: Path, search: Any) -> None:
    task = CTC(VOCABULARIES["marked"], Beam(str(bigrams), search=search))
    logits = _logits(0, 5, 8)
    assert deepcopy(task).predict(logits) == task.predict(logits)


@pytest.mark.skipif(len(SEARCHES) < 2, reason="flashlight is not installed")
def test_a_model_is_read_once_for_all_weights(
    bigrams: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    read: list[Path] = []

    def counted(path: Path, words: Sequence[str]) -> Any:
        read.append(path)
        return native(path, words)

    monkeypatch.setattr("asr.language.beam.native", counted)
    vocabulary, logits = VOCABULARIES["marked"], _logits(3, 5, 12)
    first = _decoder(vocabulary, "flashlight", lm=str(bigrams))
    for weight in (0.0, 0.3, 2.0):
        chosen = Beam(str(bigrams), lm_weight=weight, search="flashlight")
        again = first.weighed(chosen).n_best(logits, 4, 5)
        assert again == chosen.fitted(vocabulary).n_best(logits, 4, 5)
    assert len(read) == 3  # the first, and those two from scratch that weigh anything


@pytest.mark.skipif(len(SEARCHES) < 2, reason="flashlight is not installed")
def test_kenlm_says_nothing(bigrams: Path, capfd: pytest.CaptureFixture[str]) -> None:
    _decoder(VOCABULARIES["marked"], "flashlight", lm=str(bigrams))
    assert capfd.readouterr() == ("", "")
