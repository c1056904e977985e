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
