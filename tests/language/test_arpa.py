import gzip
from pathlib import Path

import pytest

from asr.errors import InputError
from asr.language.arpa import read_arpa

MODEL = r"""\data\
ngram 1=5
ngram 2=4
ngram 3=2

\1-grams:
-1.2	<unk>	0
0	<s>	-0.30103
-0.8	</s>
-0.6	a	-0.25
-0.9	b	-0.125

\2-grams:
-0.4	<s> a	-0.2
-0.5	a b	-0.1
-0.7	b a
-0.35	b </s>

\3-grams:
-0.15	<s> a b
-0.22	a b </s>

\end\
"""
# As KenLM scores these sentences by the file above, q being unknown.
BY_KENLM = {
    "a b": -0.77,
    "b a": -2.95103,
    "a b a": -2.4,
    "q a b": -2.82103,
    "a a a": -3.35,
    "": -1.10103,
    "b b q": -4.35103,
    "a b q b a b": -4.295,
}


@pytest.mark.parametrize("name", ["m.arpa", "m.arpa.gz"])
def test_scores_are_those_of_kenlm(name: str, tmp_path: Path) -> None:
    data = MODEL.encode()
    (tmp_path / name).write_bytes(gzip.compress(data) if name.endswith("gz") else data)

    model = read_arpa(tmp_path / name)

    assert model.words == ["a", "b"]
    for sentence, score in BY_KENLM.items():
        assert model.sentence(sentence.split()) == pytest.approx(score, abs=1e-5)


@pytest.mark.parametrize(
    ("right", "wrong", "line"),
    [
        ("\\data\\", "data", 1),
        ("ngram 2=4", "ngram 3=4", 3),
        ("ngram 2=4", "ngram 2=5", 19),
        ("ngram 2=4", "ngram 2=3", 17),
        ("-0.6\ta", "0.6\ta", 10),
        ("-0.6\ta", "nan\ta", 10),
        ("-0.6\ta", "some\ta", 10),
        ("-0.5\ta b", "-0.5\tb a", 16),
        ("<s> a b", "<s> a b\t-0.1", 20),
        ("\\end\\", "", 23),
        ("-0.8\t</s>", "-0.8\tc", 23),
    ],
)
def test_what_is_malformed_is_told_with_its_line(
    right: str, wrong: str, line: int, tmp_path: Path
) -> None:
    path = tmp_path / "m.arpa"
    path.write_text(MODEL.replace(right, wrong, 1))
    with pytest.raises(InputError, match=rf"m\.arpa:{line}: "):
        read_arpa(path)


def test_what_is_no_gzip_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "m.arpa.gz"
    path.write_text(MODEL)
    with pytest.raises(InputError, match="cannot be read as ARPA"):
        read_arpa(path)
