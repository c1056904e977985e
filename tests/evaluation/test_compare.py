"""``asr compare`` on evaluations that were made up."""

import json
import random
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from asr.cli import main
from asr.errors import InputError
from asr.evaluation.compare import Comparison, compare
from asr.evaluation.evaluation_folder import EvaluationFolder, read_evaluation
from asr.json_files import write_json, write_json_lines
from tests.evaluation.rows import label, transcript

Rows = Sequence[dict[str, Any]]


def _folder(rows: Rows, name: str = "a") -> EvaluationFolder:
    return EvaluationFolder(Path(name), {"model": name}, rows)


def _spoken(seed: int, error: float, *, speakers: int = 20, each: int = 10) -> Rows:
    """Transcripts with a share of wrong words; the references do not depend on the seed."""
    texts, dice = random.Random(0), random.Random(seed)
    rows = []
    for number in range(speakers * each):
        words = [texts.choice("abcdefgh") for _ in range(6)]
        heard = ["x" if dice.random() < error else word for word in words]
        rows.append(
            transcript(
                number, " ".join(words), " ".join(heard), f"s{number % speakers}",
                extras={"room": number % 3},
            )
        )  # fmt: skip
    return rows


def _labelled(seed: int, error: float, count: int = 200) -> Rows:
    dice = random.Random(seed)
    rows = []
    for number in range(count):
        right = 0.9 if dice.random() > error else 0.1
        rows.append(label(number, "a", (right, 1 - right), f"s{number % 10}"))
    return rows


def _verdict(a: Rows, b: Rows) -> Comparison:
    return compare(_folder(a), _folder(b, "b"))


def test_equal_models_show_no_evidence_of_a_difference() -> None:
    for make in (_spoken, _labelled):
        found = _verdict(make(1, 0.2), make(2, 0.2))

        low, high = found.rates[found.metric]["interval"]
        assert found.better is None
        assert found.verdict.startswith("no evidence of a difference (")
        assert low < 0 < high


def test_the_better_model_is_named_whichever_comes_first() -> None:
    for make in (_spoken, _labelled):
        good, bad = make(1, 0.1), make(2, 0.3)

        assert _verdict(bad, good).better == "b"
        assert _verdict(bad, good).verdict.startswith("B is better: ")
        assert _verdict(good, bad).better == "a"
        assert _verdict(good, bad).test["p"] < 1e-4


def test_the_difference_is_of_b_less_a_and_lies_in_its_interval() -> None:
    a, b = _spoken(1, 0.3), _spoken(2, 0.1)

    found = _verdict(a, b).rates["wer"]

    def rate(rows: Rows) -> float:
        return float(sum(row["substitutions"] for row in rows) / sum(row["words"] for row in rows))

    assert (found["a"], found["b"]) == (rate(a), rate(b))
    assert found["difference"] == rate(b) - rate(a)
    assert found["interval"][0] <= found["difference"] <= found["interval"][1] < 0


def test_one_speaker_who_differs_is_no_evidence() -> None:
    """Of three speakers, one of whom B never understands."""
    a = [transcript(i, "a b", "a b", f"s{i % 3}") for i in range(60)]
    b = [transcript(i, "a b", "x y" if i % 3 == 0 else "a b", f"s{i % 3}") for i in range(60)]

    found = _verdict(a, b)

    assert found.interval["blocked_by"] == "speaker"
    assert found.test["p"] < 0.001
    assert found.better is None


def test_the_same_hypotheses_are_no_difference() -> None:
    found = _verdict(_spoken(1, 0.2), _spoken(1, 0.2))

    assert found.verdict.startswith("no difference: ")
    assert found.changed == []
    assert found.rates["wer"]["interval"] == [0, 0]


def test_rows_are_matched_by_id_in_whatever_order() -> None:
    a, b = _spoken(1, 0.3), _spoken(2, 0.1)

    assert _verdict(a, list(reversed(b))) == _verdict(a, b)


def test_slices_are_corrected_for_their_number() -> None:
    a = _spoken(1, 0.2)
    b = [
        transcript(r["id"], r["reference"], r["reference"], r["speaker"], extras=r["extras"])
        if r["extras"]["room"] == 1
        else r
        for r in a
    ]

    found = compare(_folder(a), _folder(b, "b"), ["room"])

    every = [told for values in found.slices.values() for told in values.values()]
    rooms = found.slices["room"]
    assert len(every) == 3 + 20
    assert sum(told["utterances"] for told in rooms.values()) == len(a)
    assert all(told["p"] <= told["p_holm"] <= 1 for told in every)
    assert rooms["1"]["p_holm"] / rooms["1"]["p"] == pytest.approx(len(every))
    assert rooms["1"]["p_holm"] < 0.05
    assert rooms["0"]["p_holm"] == rooms["2"]["p_holm"] == 1
    assert rooms["1"]["interval"][1] < 0


def test_what_changed_most_comes_first_and_what_did_not_is_left_out() -> None:
    a = [transcript(n, "a b c", text) for n, text in enumerate(["a b c", "a b c", "x b c"])]
    b = [transcript(n, "a b c", text) for n, text in enumerate(["a b x", "x y z", "x b c"])]

    found = _verdict(a, b).changed

    assert [item["id"] for item in found] == ["1", "0"]
    assert found[0] == {
        "id": "1", "reference": "a b c", "a": "a b c", "b": "x y z", "errors_a": 0, "errors_b": 3
    }  # fmt: skip


@pytest.mark.parametrize(
    ("b", "told"),
    [
        ([transcript(1, "a", "a"), transcript(3, "b", "b")],
         r"1 \(first: '2'\) only in the first, 1 \(first: '3'\) only in the second"),
        ([transcript(1, "a", "a"), transcript(2, "c", "b")],
         r"other references for 1 .*'b' and 'c'"),
        ([label(1, "a", (1, 0)), label(2, "b", (1, 0))], "a is of transcripts, but b of labels"),
    ],
)  # fmt: skip
def test_other_data_is_refused_in_one_line(b: Rows, told: str) -> None:
    a = [transcript(1, "a", "a"), transcript(2, "b", "b")]

    with pytest.raises(InputError, match=told) as error:
        _verdict(a, b)
    assert "\n" not in str(error.value)


def _write(folder: Path, rows: Rows) -> Path:
    folder.mkdir()
    write_json(folder / "summary.json", {"model": "m"})
    write_json_lines(folder / "utterances.jsonl", rows)
    return folder


def test_the_command_prints_the_verdict_last_and_writes_what_it_prints_as_json(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    a, b = _write(tmp_path / "a", _spoken(1, 0.3)), _write(tmp_path / "b", _spoken(2, 0.1))

    assert main(["compare", str(a), str(b), "--slice", "room"]) == 0
    text = capsys.readouterr().out
    assert main(["compare", str(a), str(b), "--json", "--output", str(tmp_path / "o")]) == 0
    printed = json.loads(capsys.readouterr().out)

    assert text.splitlines()[-1] == printed["verdict"]
    assert printed["better"] == "b"
    assert "room" in text
    assert "room" not in printed["slices"]
    assert json.loads((tmp_path / "o/compare.json").read_text("utf-8")) == printed


def test_a_hostile_text_does_not_reach_the_terminal(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    a = _write(tmp_path / "a", [transcript(1, "a\x1b[31m", "a")])
    b = _write(tmp_path / "b", [transcript(1, "a\x1b[31m", "\x1b]0;b")])

    main(["compare", str(a), str(b)])

    assert "\x1b" not in capsys.readouterr().out


@pytest.mark.parametrize(
    ("file", "content", "told"),
    [
        ("summary.json", None, "has no summary.json"),
        ("summary.json", "[1]", "is no JSON object"),
        ("utterances.jsonl", "", "is no JSON object|holds no utterances"),
        ("utterances.jsonl", '{"id": 1', "utterances.jsonl:1: is no JSON object"),
        ("utterances.jsonl", '{"id": "1"}', "has no extras, hypothesis"),
        ("utterances.jsonl", "\udcff", "is not UTF-8"),
    ],
)
def test_a_folder_that_is_none_is_refused(
    tmp_path: Path, file: str, content: str | None, told: str
) -> None:
    folder = _write(tmp_path / "a", [transcript(1, "a", "a")])
    if content is None:
        (folder / file).unlink()
    else:
        (folder / file).write_bytes(content.encode("utf-8", "surrogateescape"))

    with pytest.raises(InputError, match=told):
        read_evaluation(folder)


def test_an_id_that_repeats_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="occurs twice"):
        read_evaluation(_write(tmp_path / "a", [transcript(1, "a", "a")] * 2))
    with pytest.raises(InputError, match="no such folder"):
        read_evaluation(tmp_path / "b")
