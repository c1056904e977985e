import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from asr.text.normalizer import Normalizer


@pytest.mark.parametrize(
    ("options", "text", "normal"),
    [
        ({}, "Hello,  World!", "hello world"),
        ({}, "don't", "don't"),
        ({"spare": ""}, "don't", "don t"),
        ({"case": "upper"}, "straße", "STRASSE"),
        ({"case": "keep", "punctuation": "keep"}, "A-b.", "A-b."),
        ({}, "e\u0301te\u0301", "été"),
        ({}, "a\u00a0b\u2028c\td", "a b c d"),
        ({}, "İ", unicodedata.normalize("NFC", "i̇")),
    ],
)
def test_rules(options, text, normal) -> None:
    assert Normalizer(**options)(text) == normal


@given(st.text(st.characters(exclude_categories=["Cs"])), st.sampled_from(["lower", "keep"]))
def test_normal_text_stays_as_it_is(text, case) -> None:
    normalize = Normalizer(case=case)
    assert normalize(normalize(text)) == normalize(text)


@given(st.text(st.characters(exclude_categories=["Cs"])), st.sampled_from(["", "'", "-!"]))
def test_each_symbol_of_punctuation_becomes_a_space(text, spare) -> None:
    spaced = "".join(
        " " if unicodedata.category(c)[0] in "PSC" and c not in spare else c
        for c in unicodedata.normalize("NFC", text)
    )
    normal = unicodedata.normalize("NFC", " ".join(spaced.split()))
    assert Normalizer(case="keep", spare=spare)(text) == normal
