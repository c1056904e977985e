"""Bad manifests and texts, row by row of the table of faults."""

import gzip
import itertools
import json
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from asr.data.batch import Batch
from asr.data.corpora.json_lines import read_json_lines
from asr.data.corpora.manifest import Manifest
from asr.data.sampler import BatchSampler
from asr.decoding.greedy import GreedyDecoder
from asr.errors import InputError
from asr.layers.conv import TimeConv
from asr.padded import Padded, pad
from asr.tasks.classification import Classification
from asr.tasks.ctc import CTC, frames_needed
from asr.text.labels import Labels
from asr.text.normalizer import Normalizer
from asr.text.units import Units
from asr.training.data import SpeechData
from tests.faults.conftest import RATE, Run, refused, write_rows, write_tone

NUMBER = itertools.count()  # so that no two clips are alike
GOOD = b'{"audio_filepath": "a.wav", "text": "a"}\n'


def _row(**changes: Any) -> bytes:
    row = {"audio_filepath": "b.wav", "text": "b", **changes}
    return json.dumps({key: value for key, value in row.items() if value is not ...}).encode()


# The second line of a manifest whose first is good, and what is said of it.
STRUCTURAL = [
    pytest.param(b'{"audio_filepath": "b.wav", text: 1}', "2: not JSON (column 29",
                 id="row-42-malformed"),
    pytest.param(b"{'audio_filepath': 'b.wav'}", "2: not JSON (column 2",
                 id="row-42-single-quotes"),
    pytest.param(b"{} {}", "2: not JSON (column 4", id="row-42-two-objects"),
    pytest.param(b'["b.wav"]', "2: list instead of an object", id="row-42-array"),
    pytest.param(b"17", "2: int instead of an object", id="row-42-scalar"),
    pytest.param('{"text": "é"}'.encode("latin-1"), "2: not UTF-8 (byte 11)", id="row-44-latin-1"),
    pytest.param(b'{"audio_filepath": "b.wav", "text": "", "duration": NaN}', "2: NaN is not",
                 id="row-47-nan"),
    pytest.param(b'{"audio_filepath": "b.wav", "text": "", "duration": Infinity}',
                 "2: Infinity is not", id="row-47-infinity"),
    pytest.param(_row(duration=1e308), "2: duration: 1e+308 is out of range", id="row-47-1e308"),
    pytest.param(_row(duration=-1), "2: duration: -1 is out of range", id="row-47-negative"),
    pytest.param(_row(duration=0), "2: duration: 0 is out of range", id="row-47-zero"),
    pytest.param(_row(duration="0.85"), "2: duration: '0.85' is not a number", id="row-47-text"),
    pytest.param(b'{"audio_filepath": "b.wav", "text": "b", "text": "c"}',
                 "2: key 'text' is given twice", id="row-48-key-twice"),
    pytest.param(b'{"a":' + b"[" * 100_000, "2: nested too deeply", id="row-49-nesting"),
    pytest.param(b'{"take": ' + b"9" * 5000 + b"}", "2: ", id="row-49-integer-of-5000-digits"),
    pytest.param(b'{"audio_filepath": "b.wav", "text": "\\ud800"}', "2: half a character",
                 id="row-50-lone-surrogate"),
    pytest.param(_row(audio_filepath=..., audio_path="b.wav"), "2: no key 'audio_filepath'; did",
                 id="row-51-misspelt-key"),
    pytest.param(_row(text=...), "2: no key 'text' or 'label'", id="row-51-no-text"),
    pytest.param(_row(text=None), "2: text: None is not a string", id="row-51-text-null"),
    pytest.param(_row(text=5), "2: text: 5 is not a string", id="row-51-text-a-number"),
    pytest.param(_row(text=["b"]), "2: text: ['b'] is not a string", id="row-51-text-a-list"),
]  # fmt: skip


@pytest.mark.parametrize(("line", "message"), STRUCTURAL)
def test_a_malformed_row_is_named_by_file_and_line_and_does_not_hide_others(
    run: Run, bundle: Path, tmp_path: Path, line: bytes, message: str
) -> None:
    write_tone(tmp_path / "a.wav")
    file = tmp_path / "m.jsonl"
    file.write_bytes(GOOD + line + b"\n" + b"{broken\n")

    used = refused(run("evaluate", bundle, "--manifest", file), f"m.jsonl:{message}")
    checked = run("check", "--manifest", file, "--json")
    report = json.loads(checked.printed)

    assert len(used) < 1000
    assert checked.status == 2
    places = [fault["line"].rpartition(":")[2] for fault in report["faults"]]
    assert places == ["2", "3"] or sorted(places) == ["2", "3"]
    assert report["splits"]["all"]["clips"] == 1


def test_row_62_an_id_twice_is_named_by_its_line(run: Run, bundle: Path, tmp_path: Path) -> None:
    write_tone(tmp_path / "a.wav")
    (tmp_path / "m.jsonl").write_bytes(GOOD + _row(audio_filepath="a.wav"))
    refused(run("evaluate", bundle, "--manifest", tmp_path / "m.jsonl"), "m.jsonl:2: ")
    report = json.loads(run("check", "--manifest", tmp_path / "m.jsonl", "--json").printed)
    assert [fault["kind"] for fault in report["faults"]][:1] == ["duplicate"]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        pytest.param(GOOD.decode().encode("utf-16"), "UTF-16", id="row-44-utf-16"),
        pytest.param(gzip.compress(GOOD, mtime=0), "compressed with gzip", id="row-44-gzip"),
        pytest.param(b"audio_filepath,text\na.wav,a\n", "CSV", id="row-44-csv"),
        pytest.param(b"[\n" + GOOD.strip() + b"\n]", "a JSON array", id="row-44-one-array"),
        pytest.param(b"", "empty", id="row-44-empty"),
        pytest.param(b"\n\n\r\n", "empty", id="row-44-only-newlines"),
        pytest.param(b'{"text": "' + b"a" * (17 << 20), "longer than 16 MiB", id="row-44-one-line"),
    ],
)
@pytest.mark.parametrize("command", ["check", "evaluate"])
def test_what_is_no_manifest_is_named(
    run: Run, bundle: Path, tmp_path: Path, content: bytes, message: str, command: str
) -> None:
    (tmp_path / "m.jsonl").write_bytes(content)
    model = [bundle] if command == "evaluate" else []
    assert message in refused(run(command, *model, "--manifest", tmp_path / "m.jsonl"))


@pytest.mark.parametrize(
    "path",
    [
        pytest.param("/dev/zero", id="row-32-endless-manifest"),
        pytest.param("/dev/null", id="row-32-device-as-manifest"),
    ],
)
def test_a_device_is_no_manifest(run: Run, path: str) -> None:
    refused(run("check", "--manifest", path), "not a regular file")


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(b"\xef\xbb\xbf" + GOOD + _row(), id="row-43-byte-order-mark"),
        pytest.param(GOOD.replace(b"\n", b"\r\n") + _row() + b"\r\n", id="row-45-crlf"),
        pytest.param(GOOD.replace(b"\n", b"\r") + _row() + b"\r", id="row-45-cr-only"),
        pytest.param(GOOD + _row(), id="row-45-no-final-newline"),
    ],
)
def test_ends_of_lines_and_byte_order_marks_change_nothing(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "m.jsonl").write_bytes(content)
    rows = list(Manifest(train=str(tmp_path / "m.jsonl")).utterances("train"))
    assert [(row.text, row.line.rpartition(":")[2]) for row in rows] == [("a", "1"), ("b", "2")]


def test_row_46_a_line_separator_of_unicode_ends_no_line(tmp_path: Path) -> None:
    file = tmp_path / "m.jsonl"
    file.write_text('{"text": "a\u2028b\u0085c"}\n{"text": "d"}\n', "utf-8")
    assert [number for number, _ in read_json_lines(file)] == [1, 2]


# Training, on a manifest of tones: what is left out, and why a run is refused


def _data(tmp_path: Path, train: list[Any], test: list[Any] | None = None, **options: Any) -> Any:
    """Splits of clips that all differ; a row is a text, or all that is to be said of it."""
    for split, texts in {"train": train, "val": ["a"], "test": test or ["a"]}.items():
        rows = []
        for number, said in enumerate(texts):
            name = f"{split}{number}.wav"
            write_tone(tmp_path / name, seconds=1 + next(NUMBER) / 500)
            row = said if isinstance(said, dict) else {"text": said}
            rows.append({"audio_filepath": name, **row})
        write_rows(tmp_path / f"{split}.jsonl", *rows)
    files = {split: str(tmp_path / f"{split}.jsonl") for split in ("train", "val", "test")}
    return SpeechData(Manifest(**files), RATE, max_skip_fraction=0.9, **options)


def _bind(data: SpeechData, units: str = "ab ", frames: int = 100) -> None:
    data.read()
    data.bind(CTC(Units("character", units=list(units)), GreedyDecoder()), lambda _: frames)


def _reasons(data: SpeechData) -> list[str]:
    return [skipped.reason for skipped in data.index["train"].skipped]


@pytest.mark.parametrize("text", ["", "   "])
def test_row_52_an_empty_text_is_skipped_or_kept(tmp_path: Path, text: str) -> None:
    data = _data(tmp_path, ["a", text])
    _bind(data)
    assert _reasons(data) == ["no text"]
    kept = _data(tmp_path, ["a", text], textless="keep")
    _bind(kept)
    assert len(kept.index["train"]) == 2


OUTSIDE = [
    pytest.param("Z", "'z'", id="row-53-character"),
    pytest.param("7", "'7'", id="row-53-digit"),
    pytest.param("\u0430", "'\u0430'", id="row-53-homoglyph"),
]


@pytest.mark.parametrize(("text", "symbol"), OUTSIDE)
def test_a_symbol_outside_is_skipped_dropped_or_an_error(
    faults, bundle: Path, tmp_path: Path, text: str, symbol: str
) -> None:
    skipped = _data(tmp_path, ["a", text])
    _bind(skipped)
    assert _reasons(skipped) == [f"outside the vocabulary: {symbol}"]
    dropped = _data(tmp_path, ["a", "a" + text], outside="drop")
    _bind(dropped)
    assert len(dropped.index["train"]) == 2
    with pytest.raises(InputError, match=r"train\.jsonl:2: outside the vocabulary: "):
        _bind(_data(tmp_path, ["a", text], outside="error"))
    write_tone(tmp_path / "x.wav")
    found = faults({"audio_filepath": "x.wav", "text": text}, "--model", bundle)
    assert any(kind == "outside" and "1 times" in why and "as in bad" in why for kind, why in found)


@pytest.mark.parametrize("text", [pytest.param("“A”", id="row-53-smart-quotes"),
                                  pytest.param("A\u00a0B", id="row-53-no-break-space"),
                                  pytest.param("A\u200bB", id="row-53-zero-width"),
                                  pytest.param("A\u202eB", id="row-53-bidi"),
                                  pytest.param("A\tB", id="row-53-tab")])  # fmt: skip
def test_what_the_normaliser_knows_is_inside(tmp_path: Path, text: str) -> None:
    data = _data(tmp_path, ["a", text])
    _bind(data)
    assert _reasons(data) == []


def test_row_54_composed_and_decomposed_are_the_same_text() -> None:
    normalize = Normalizer()
    assert normalize("e\u0301") == normalize("\u00e9") == "é"
    assert normalize(normalize("İ")) == normalize("İ")
    assert Normalizer(case="upper")("ß") == "SS"


def test_row_55_no_text_spells_the_blank() -> None:
    vocabulary = Units("character", units=list("ab_ "))
    task = CTC(vocabulary, GreedyDecoder())
    assert task.classes[task.blank] is None
    for text in ("_", "<blank>", "<pad>", "\0", "∅"):
        assert task.blank not in vocabulary.encode(text)


def _batch(tokens: list[int], lengths: list[int]) -> Batch:
    return Batch(
        waveforms=Padded(torch.zeros(1, 1, 10), torch.tensor([10])),
        tokens=Padded(torch.tensor([tokens]), torch.tensor(lengths)),
        keys=torch.zeros(1, dtype=torch.int64), references=("",), ids=("x",), rows=(0,),
    )  # fmt: skip


@pytest.mark.parametrize("token", [pytest.param(t, id=f"row-56-target-{t}") for t in
                                   (2, 3, 7, 50_000, 5_000_000, -1, -100_000)])  # fmt: skip
def test_a_target_that_is_no_symbol_never_reaches_the_loss(token: int) -> None:
    task = CTC(Units("character", units=list("ab")), GreedyDecoder())
    with pytest.raises(ValueError, match=f"token {token} is none of the 2 symbols"):
        task.loss(pad([torch.randn(3, 9)]), _batch([0, token], [2]))


@pytest.mark.parametrize(
    ("text", "frames", "kept"),
    [
        pytest.param("abab", 3, False, id="row-57-text-longer-than-frames"),
        pytest.param("abab", 4, True, id="row-57-text-as-long-as-frames"),
        pytest.param("aab", 3, False, id="row-58-repeat-without-room"),
        pytest.param("aab", 4, True, id="row-58-repeat-with-room"),
    ],
)
def test_a_text_needs_frames_for_its_symbols_and_repeats(
    tmp_path: Path, text: str, frames: int, kept: bool
) -> None:
    data = _data(tmp_path, ["a", text])
    _bind(data, frames=frames)
    assert len(data.index["train"]) == 1 + kept
    assert kept or "infeasible" in _reasons(data)[0]
    logits = torch.randn(3, frames).log_softmax(0)
    tokens = [ord(c) - 97 for c in text]
    loss = torch.nn.functional.ctc_loss(
        logits.T[:, None], torch.tensor([tokens]), torch.tensor([frames]),
        torch.tensor([len(text)]), blank=2,
    )  # fmt: skip
    assert bool(loss.isfinite()) == (frames >= frames_needed(tokens)) == kept


@given(length=st.integers(1, 50), kernel=st.sampled_from([1, 3, 7]), stride=st.integers(1, 3))
def test_row_59_the_lengths_of_the_loss_are_those_of_the_logits(length, kernel, stride) -> None:
    conv = TimeConv(1, 3, kernel, stride=stride)
    logits = conv(Padded(torch.randn(1, 1, length), torch.tensor([length])))
    assert int(logits.lengths[0]) == conv.output_length(length) == logits.values.shape[-1]


@pytest.mark.parametrize("dtype", [pytest.param(torch.float32, id="row-60-logits"),
                                   pytest.param(torch.bfloat16, id="row-61-bfloat16")])  # fmt: skip
def test_the_loss_is_of_probabilities_and_in_float32(dtype: torch.dtype) -> None:
    task = CTC(Units("character", units=list("ab")), GreedyDecoder())
    values = torch.randn(1, 3, 9) * 20
    loss = task.loss(Padded(values.to(dtype), torch.tensor([9])), _batch([0, 1], [2]))
    assert loss.dtype == torch.float32
    assert loss >= 0


def test_row_62_the_same_audio_with_another_text_is_told(faults, tmp_path: Path) -> None:
    write_tone(tmp_path / "b.wav", seconds=1.5)  # as is the good one
    found = faults({"audio_filepath": "b.wav", "text": "another"})
    [(kind, reason)] = found
    assert kind == "conflict"
    assert "m.jsonl:1, but 'another' in place of 'a b'" in reason


SHARED = [
    pytest.param({"id": "train1"}, "1 id: train1", id="row-63-id"),
    pytest.param({"audio_filepath": "train1.wav"}, "1 recording: ", id="row-63-path"),
    pytest.param({"audio_filepath": "copy.wav"}, "1 copy of a recording: ", id="row-63-audio"),
    pytest.param({"speaker": "ann"}, "1 speaker: ann", id="row-63-speaker"),
]


@pytest.mark.parametrize(("row", "message"), SHARED)
def test_training_and_test_must_be_apart(
    run: Run, tmp_path: Path, row: dict[str, Any], message: str, notes
) -> None:
    train = ["a", {"text": "b", "id": "train1", "speaker": "ann"}, "a b"]
    options: dict[str, Any] = {"train": train, "test": ["a", {"text": "b", "id": "own", **row}]}
    data = _data(tmp_path, **options)
    (tmp_path / "copy.wav").write_bytes((tmp_path / "train1.wav").read_bytes())

    if "speaker" in row:
        data.read()
        assert f"note: train and test share {message}" in notes.messages
    else:
        with pytest.raises(InputError, match=f"train and test share {message}"):
            data.read()
        allowed = _data(tmp_path, **options, overlap="warn")
        (tmp_path / "copy.wav").write_bytes((tmp_path / "train1.wav").read_bytes())
        allowed.read()
        assert any(message in text for text in notes.messages)
    lines = [
        {**json.loads(line), "split": split}
        for split in ("train", "test")
        for line in (tmp_path / f"{split}.jsonl").read_text("utf-8").splitlines()
    ]
    report = run("check", "--manifest", write_rows(tmp_path / "all.jsonl", *lines), "--json")
    overlaps = [f for f in json.loads(report.printed)["faults"] if f["kind"] == "overlap"]
    assert any(message in fault["reason"] for fault in overlaps)


def test_row_63_neighbours_in_one_recording_are_apart(tmp_path: Path) -> None:
    write_tone(tmp_path / "long.wav", seconds=4)
    part = {"audio_filepath": "long.wav", "text": "a", "duration": 1.0}
    data = _data(tmp_path, [{**part, "offset": 0.0}], [{**part, "offset": 1.0}])
    data.read()
    with pytest.raises(InputError, match="1 recording: "):
        _data(tmp_path, [{**part, "offset": 0.0}], [{**part, "offset": 0.5}]).read()


def _labels(data: SpeechData) -> Labels:
    data.read()
    labels = Labels().fitted(data.targets(Classification.target))
    data.bind(Classification(labels), lambda _: 10)
    return labels


@pytest.mark.parametrize(
    ("label", "message"),
    [
        pytest.param("c", r"test\.jsonl:1: the label 'c' does not occur", id="row-64-unseen"),
        pytest.param("", r"test\.jsonl:1: the label '' does not occur", id="row-64-missing"),
    ],
)
def test_a_label_that_was_never_taught_is_named(tmp_path: Path, label: str, message: str) -> None:
    with pytest.raises(InputError, match=message):
        _labels(_data(tmp_path, [{"label": "a"}, {"label": "b"}], [{"label": label}]))


def test_row_64_a_label_may_be_a_whole_number(tmp_path: Path) -> None:
    data = _data(tmp_path, [{"label": 0}, {"label": "a"}], [{"label": 0}])
    assert _labels(data).symbols == ("0", "a")


def test_row_64_a_batch_without_a_known_label_costs_nothing() -> None:
    task = Classification(Labels(["a", "b"]))
    batch = _batch([0], [0])
    assert task.loss(Padded(torch.randn(1, 2, 1), torch.tensor([1])), batch) == 0


def test_row_65_one_label_alone_is_told(tmp_path: Path, notes) -> None:
    _labels(_data(tmp_path, [{"label": "a"}] * 2, [{"label": "a"}]))
    assert any("'a' is the only label" in message for message in notes.messages)


def test_row_66_a_batch_larger_than_the_data_is_a_step_all_the_same() -> None:
    assert len(BatchSampler(np.ones(3), max_seconds=1e6)) == 1
    assert sum(len(batch) for batch in BatchSampler(np.ones(3), max_seconds=1e6)) == 3


def test_row_67_a_corpus_with_nothing_usable_is_refused_with_the_reasons(tmp_path: Path) -> None:
    data = _data(tmp_path, ["a"] * 20)
    for path in tmp_path.glob("train*.wav"):
        path.write_bytes(b"")
    with pytest.raises(InputError, match=r"20 of 20 train utterances cannot be used.*empty file"):
        data.read()


@pytest.mark.slow
def test_row_68_a_million_rows_are_read_one_by_one(tmp_path: Path) -> None:
    file = tmp_path / "m.jsonl"
    line = '{"audio_filepath": "a.wav", "text": "a", "id": %d}\n'
    with file.open("w") as out:
        out.writelines(line % number for number in range(1_000_000))
    assert sum(1 for _ in read_json_lines(file)) == 1_000_000


def test_row_69_an_offset_past_the_end_is_skipped(faults, tmp_path: Path) -> None:
    write_tone(tmp_path / "b.wav")
    found = faults({"audio_filepath": "b.wav", "text": "b", "offset": 5.0})
    assert found == [("unusable", "begins at 5 s of a file of 1.00 s")]


# Nothing is lost


def test_good_and_bad_rows_go_to_two_manifests(run: Run, bundle: Path, tmp_path: Path) -> None:
    for number in range(3):
        write_tone(tmp_path / f"{number}.wav", seconds=1 + number / 10)
    (tmp_path / "empty.wav").write_bytes(b"")
    file = write_rows(
        tmp_path / "m.jsonl",
        *({"audio_filepath": f"{n}.wav", "text": "a", "nested": {"kept": n}} for n in range(3)),
        {"audio_filepath": "empty.wav", "text": "a"},
        {"audio_filepath": "1.wav", "text": "a"},
        {"audio_filepath": "2.wav", "text": "é", "id": "strange"},
    )
    file.write_text(file.read_text() + "{broken\n")
    (tmp_path / "out").mkdir()

    out = tmp_path / "out"
    run("check", "--manifest", file, "--model", bundle,
        "--good", out / "good.jsonl", "--bad", out / "bad.jsonl")  # fmt: skip

    good, bad = (
        [json.loads(line) for line in (out / name).read_text("utf-8").splitlines()]
        for name in ("good.jsonl", "bad.jsonl")
    )
    assert len(good) + len(bad) == 7
    assert [row["nested"]["kept"] for row in good] == [0, 1, 2]
    reasons = Counter(row["reason"].partition(":")[0].partition(" (")[0] for row in bad)
    assert set(reasons) == {
        "not JSON", "empty file; replace or remove it", "the id was there before",
        "outside the vocabulary",
    }  # fmt: skip
    assert run("check", "--manifest", out / "good.jsonl").status == 0
    refused(run("check", "--manifest", file, "--good", file), "must be different files")


def test_what_cannot_be_decoded_is_counted_and_written_with_its_line(tmp_path: Path) -> None:
    data = _data(tmp_path, ["a", "b", "a b"])
    data.read()
    unread = {"train1.wav": f"{tmp_path}/train1.wav: holds samples that are not finite"}

    data.write_skipped(tmp_path / "skipped.jsonl", unread)

    [row] = [json.loads(line) for line in (tmp_path / "skipped.jsonl").read_text().splitlines()]
    assert row["line"].endswith("train.jsonl:2")
    assert (row["split"], row["reason"]) == ("train", "holds samples that are not finite")
    data.refuse_unread(unread)
    data.max_skip_fraction = 0.1
    with pytest.raises(InputError, match="1 of 3 train utterances cannot be used"):
        data.refuse_unread(unread)
