import json
import re
import zlib
from base64 import b64decode, b64encode
from hashlib import sha256
from html.parser import HTMLParser
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
import soundfile
import torch

from asr.bundle import load_model
from asr.cli import main
from asr.data.audio import read_audio
from asr.errors import InputError
from asr.evaluation.evaluation_folder import read_evaluation
from asr.evaluation.recognise import infer
from asr.evaluation.report.activity import activity
from asr.evaluation.report.clips import make_clips, worst
from asr.evaluation.report.page import page
from asr.evaluation.report.picture import spectrogram
from asr.evaluation.report.report import report
from asr.padded import pad
from tests.evaluation.report_folders import HOSTILE, hostile, hostile_labels, ordinary, tone
from tests.evaluation.rows import transcript


class _Read(HTMLParser):
    """Elements of a page with their attributes, and the contents of its scripts."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.scripts: list[tuple[dict[str, str | None], str]] = []
        self.style = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag == "script":
            self.scripts.append((dict(attrs), ""))

    def handle_data(self, data: str) -> None:
        if self.lasttag == "script":
            attributes, before = self.scripts[-1]
            self.scripts[-1] = attributes, before + data
        if self.lasttag == "style":
            self.style += data

    def handle_endtag(self, tag: str) -> None:
        self.lasttag = ""

    def data(self, name: str) -> dict[str, object]:
        [text] = [text for attributes, text in self.scripts if attributes.get("id") == name]
        return json.loads(text)


def _page(folder: Path, **more: int) -> str:
    return report(folder, **{"listen": 0, **more}).html


@pytest.mark.parametrize("make", [hostile, hostile_labels])
def test_what_comes_from_data_makes_no_element_of_the_page(make, tmp_path: Path) -> None:
    plain = _Read(_page(ordinary(tmp_path / "plain")))
    read = _Read(_page(make(tmp_path / "hostile")))

    assert [tag for tag, _ in read.tags if tag != "p"] == [t for t, _ in plain.tags if t != "p"]
    assert not [name for _, attributes in read.tags for name in attributes if name[:2] == "on"]


@pytest.mark.parametrize("make", [hostile, hostile_labels])
def test_data_stands_in_the_page_without_a_character_that_ends_it(make, tmp_path: Path) -> None:
    html = _page(make(tmp_path / "hostile"))

    [text] = re.findall(r'<script type="application/json" id="data">(.*?)</script>', html, re.S)
    assert not set("<>&\u2028\u2029") & set(text)
    assert HOSTILE[0] in json.dumps(json.loads(text), ensure_ascii=False)
    for attack in HOSTILE[:4]:
        assert attack not in html


def test_the_policy_allows_our_script_and_style_and_nothing_else(tmp_path: Path) -> None:
    read = _Read(_page(ordinary(tmp_path / "e")))

    [policy] = [a["content"] for t, a in read.tags if "http-equiv" in a]
    rules = dict(rule.strip().split(" ", 1) for rule in str(policy).split(";"))
    [script] = [text for attributes, text in read.scripts if not attributes]
    assert rules.pop("script-src") == f"'sha256-{_hash(script)}'"
    assert rules.pop("style-src") == f"'sha256-{_hash(read.style)}'"
    assert rules == {
        "default-src": "'none'", "img-src": "data:", "media-src": "data:", "base-uri": "'none'",
        "form-action": "'none'",
    }  # fmt: skip
    assert not [a for _, a in read.tags if "src" in a or str(a.get("href", "#"))[0] != "#"]


def test_no_script_of_the_page_makes_markup_of_text() -> None:
    script = page({}, {})

    assert not re.search(
        r"\.(innerHTML|outerHTML|srcdoc)|insertAdjacent|document\.write|eval\(|Function\(", script
    )


def test_the_data_is_that_of_the_folder(tmp_path: Path) -> None:
    folder = ordinary(tmp_path / "e", count=3)

    columns = _Read(_page(folder)).data("data")["columns"]

    assert columns["id"] == ["u000", "u001", "u002"]
    assert columns["edits"][:2] == ["===", "=s="]
    assert len(columns["edits"][2].replace("=", "")) == 3


def test_a_comparison_tells_what_both_heard(tmp_path: Path) -> None:
    made = report(ordinary(tmp_path / "b"), ordinary(tmp_path / "a"), listen=0)

    data = _Read(made.html).data("data")
    assert data["columns"]["other"] == data["columns"]["hypothesis"]
    assert "no difference" in data["compare"]["verdict"]


def test_an_earlier_evaluation_of_other_data_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="not of the same utterances"):
        report(ordinary(tmp_path / "b"), ordinary(tmp_path / "a", count=5), listen=0)


def test_the_worst_utterances_can_be_heard_and_looked_at(tmp_path: Path) -> None:
    rows = read_evaluation(ordinary(tmp_path / "e")).rows

    made = make_clips(rows, 5, 25.0).clips

    assert len(made) == 5
    assert set(made) <= {n for n, row in enumerate(rows) if row["insertions"]}
    clip = next(iter(made.values()))
    samples, rate = soundfile.read(BytesIO(_content(clip["audio"])))
    assert len(samples) / rate == clip["seconds"] == 1.0
    assert _content(clip["picture"]).startswith(b"\x89PNG")


def test_clips_stop_at_the_budget_and_say_so(tmp_path: Path) -> None:
    folder = ordinary(tmp_path / "e")
    one = len(str(make_clips(read_evaluation(folder).rows, 1, 25.0).clips))

    made = report(folder, listen=10, megabytes=2.5 * one / 1e6)

    assert made.heard == 2
    assert any("8 of the worst 10" in note for note in made.notes)


def test_audio_that_is_gone_is_told_and_the_page_made(tmp_path: Path) -> None:
    folder = ordinary(tmp_path / "e")
    (tmp_path / "tone.wav").unlink()

    made = report(folder, listen=3)

    assert made.heard == 0
    assert any("audio of 3 utterances" in note for note in made.notes)


def test_the_spectrogram_shows_a_tone_as_one_line(tmp_path: Path) -> None:
    picture = spectrogram(read_audio(tone(tmp_path / "t.wav"), 8000), 8000)

    body = picture[picture.index(b"IDAT") + 4 :]
    pixels = np.frombuffer(zlib.decompress(body), np.uint8).reshape(64, -1)[:, 1:]
    middle = pixels[:, pixels.shape[1] // 2].astype(int)
    assert middle.max() == 63
    assert (middle > 50).sum() <= 4  # of 64 bands
    assert middle[:32].max() < middle[32:].max()  # 440 Hz lies in the lower half


def test_tokens_have_the_probabilities_and_times_of_the_model(bundle: Path, tones: Path) -> None:
    recognizer = load_model(bundle).recognizer
    path = next(iter(sorted(tones.rglob("*.wav"))))
    waveform = read_audio(path, recognizer.model.sample_rate)

    told = activity(recognizer, waveform)

    shares = infer(recognizer.model, pad([waveform])).values[0].softmax(0)
    bytes_ = np.frombuffer(b64decode(told["probabilities"]), np.uint8)
    shown = bytes_.reshape(len(told["tokens"]), told["frames"]) / 255
    classes = [*recognizer.vocabulary.symbols, None]
    expected = shares[[classes.index(token) for token in told["tokens"]]]
    assert np.abs(shown - expected.numpy()).max() <= 0.5 / 255 + 1e-6
    assert [told["tokens"][n] for n in told["best"]] == [classes[n] for n in shares.argmax(0)]
    span = recognizer.model.span
    assert told["hop"] == pytest.approx(span.stride / recognizer.model.sample_rate)
    assert torch.isfinite(torch.tensor(told["first"]))


def test_most_errors_come_first() -> None:
    rows = [
        transcript("good", "a", "a"),
        transcript("bad", "a b", "c d"),
        transcript("so", "a", "b"),
    ]

    assert worst(rows) == [1, 2, 0]


def test_the_command_writes_the_page_and_its_size(tmp_path: Path, capsys) -> None:
    folder = ordinary(tmp_path / "e")

    assert main(["report", str(folder), "--listen", "0"]) == 0

    assert "40 utterances, 0 of them to be heard" in capsys.readouterr().out
    assert (folder / "report.html").read_text("utf-8").startswith("<!doctype html>")


def test_a_damaged_file_beside_the_summary_is_refused_in_one_line(tmp_path: Path) -> None:
    folder = ordinary(tmp_path / "e")
    (folder / "confusions.json").write_text("{")

    with pytest.raises(InputError, match=r"confusions\.json: is no JSON"):
        report(folder, listen=0)


def _content(uri: str) -> bytes:
    return b64decode(uri.partition(",")[2])


def _hash(text: str) -> str:
    return b64encode(sha256(text.encode()).digest()).decode()
