"""Edits, alignments and confusions against jiwer, which counts them by itself."""

import random

import jiwer
import pytest

from asr.metrics.alignment import Pair, aligned, confusions
from asr.metrics.edits import character_edits, word_edits


def _texts(count: int) -> list[tuple[str, str]]:
    dice = random.Random(5)

    def text(least: int) -> str:
        words = [
            "".join(dice.choice("abc") for _ in range(dice.randint(1, 3)))
            for _ in range(dice.randint(least, 8))
        ]
        return " ".join(words)

    return [(text(0), text(1)) for _ in range(count)]  # jiwer takes no empty reference


def test_error_rates_of_a_thousand_pairs_are_those_of_jiwer() -> None:
    texts = _texts(1000)
    hypotheses, references = map(list, zip(*texts, strict=True))

    for ours, theirs in (
        (word_edits, jiwer.process_words(references, hypotheses)),
        (character_edits, jiwer.process_characters(references, hypotheses)),
    ):
        found = [ours(*pair) for pair in texts]
        assert sum(e.substitutions for e in found) == theirs.substitutions
        assert sum(e.deletions for e in found) == theirs.deletions
        assert sum(e.insertions for e in found) == theirs.insertions
        rate = sum(e.errors for e in found) / sum(e.length for e in found)
        assert rate == pytest.approx(getattr(theirs, "wer", None) or getattr(theirs, "cer", None))


def test_alignments_of_a_thousand_pairs_are_those_of_jiwer() -> None:
    for hypothesis, reference in _texts(1000):
        said, heard = reference.split(), hypothesis.split()
        expected = list[Pair]()
        for chunk in jiwer.process_words(reference, hypothesis).alignments[0]:
            left = said[chunk.ref_start_idx : chunk.ref_end_idx]
            right = heard[chunk.hyp_start_idx : chunk.hyp_end_idx]
            length = max(len(left), len(right))
            left, right = (side or [None] * length for side in (left, right))  # type: ignore[misc]
            expected += map(Pair, left, right)

        assert aligned(heard, said) == expected


def test_an_alignment_holds_both_texts_and_has_the_fewest_edits() -> None:
    for hypothesis, reference in [*_texts(200), ("a b", ""), ("", "")]:
        pairs = aligned(hypothesis, reference)

        assert "".join(pair.reference or "" for pair in pairs) == reference
        assert "".join(pair.hypothesis or "" for pair in pairs) == hypothesis
        wrong = sum(pair.reference != pair.hypothesis for pair in pairs)
        assert wrong == character_edits(hypothesis, reference).errors


def test_the_most_frequent_confusions_come_first_and_then_the_alphabet() -> None:
    texts = [("x", "b"), ("x", "a"), ("y", "a"), ("y", "a"), ("", "c"), ("c c", "c")]

    found = confusions(texts, most=2)

    assert found == {
        "substitutions": [["a", "y", 2], ["a", "x", 1]],
        "deletions": [["c", 1]],
        "insertions": [["c", 1]],
    }
