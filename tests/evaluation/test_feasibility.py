import json
import random
from itertools import pairwise
from math import ceil, inf
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
import torch
from torch.nn.functional import ctc_loss

from asr.assemble import Recognizer
from asr.errors import InputError
from asr.evaluation.feasibility import Feasibility, feasibility, read_manifest, taught
from asr.evaluation.untrained import untrained

RATE, SECONDS = 8000, 60
SMALL = [
    "features.sample_rate=8000",
    "vocabulary=characters",
    "model.every={kernels: [3], padding: valid, residual: false}",
    "model.blocks=[{channels: 2, pool: {kind: max, kernel: 2}}]",
]


@pytest.fixture(scope="module")
def recording(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("audio") / "long.wav"
    soundfile.write(path, np.zeros(RATE * SECONDS, np.float32), RATE)
    return path


def rows_of(recording: Path, count: int, seed: int = 0) -> list[dict[str, Any]]:
    """Parts of a recording, most with time for their text."""
    draw = random.Random(seed)
    return [
        {
            "id": f"u{number}",
            "audio_filepath": str(recording),
            "offset": draw.uniform(0, 50),
            "duration": draw.uniform(0.2, 3),
            "text": "".join(draw.choices("aab ", k=draw.randint(1, 12))) + "b",
        }
        for number in range(count)
    ]


def manifest_of(folder: Path, rows: list[dict[str, Any]]) -> Path:
    path = folder / "rows.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")
    return path


def found_for(manifest: Path, *overrides: str) -> tuple[Recognizer, Feasibility]:
    splits = read_manifest(manifest)
    recognizer = untrained([*SMALL, *overrides], utterances=taught(splits)).recognizer
    return recognizer, feasibility(recognizer, splits)


def is_infeasible(recognizer: Recognizer, row: dict[str, Any], frames: int) -> bool:
    """Whether no alignment has a probability, by the loss itself."""
    vocabulary = recognizer.vocabulary
    tokens = torch.tensor([vocabulary.encode(vocabulary.normalize(row["text"]))])
    scores = torch.zeros(frames, 1, len(vocabulary) + 1).log_softmax(-1)
    loss = ctc_loss(
        scores, tokens, torch.tensor([frames]), torch.tensor([tokens.shape[1]]),
        blank=len(vocabulary),
    )  # fmt: skip
    return bool(loss.isinf())


def test_the_infeasible_are_those_of_infinite_loss(recording: Path, tmp_path: Path) -> None:
    rows = rows_of(recording, 200)

    recognizer, found = found_for(manifest_of(tmp_path, rows), "features.hop_ms=25")

    frames = [recognizer.model.frames(int(row["duration"] * RATE)) for row in rows]
    expected = [
        row["id"]
        for row, count in zip(rows, frames, strict=True)
        if is_infeasible(recognizer, row, count)
    ]
    assert [item.id for item in found.infeasible] == expected
    assert found.utterances == 200
    assert 0 < len(expected) < 200


@pytest.mark.parametrize("count", [3, 999, 1000, 2500])
def test_one_more_than_the_largest_hop_is_too_much(
    recording: Path, tmp_path: Path, count: int
) -> None:
    rows = rows_of(recording, count, seed=count)
    recognizer, found = found_for(manifest_of(tmp_path, rows))
    features, vocabulary = recognizer.model.features, recognizer.vocabulary

    def share(hop: int) -> float:
        feasible = 0
        for row in rows:
            tokens = vocabulary.encode(vocabulary.normalize(row["text"]))
            needed = len(tokens) + sum(a == b for a, b in pairwise(tokens))
            frames = features.output_length(int(row["duration"] * RATE))
            feasible += ceil(frames / hop) >= needed
        return feasible / count

    limit = int(found.largest_hop)
    assert share(limit) >= 0.999 > share(limit + 1)
    assert found.to_json()["largest_hop_ms"] == limit * 10.0


def test_what_is_not_learnt_is_learnt_from_the_training_rows(
    recording: Path, tmp_path: Path
) -> None:
    rows = [
        {"audio_filepath": str(recording), "text": "ab", "split": "train", "id": "1"},
        {"audio_filepath": str(recording), "text": "abc", "split": "dev", "id": "2"},
        {"audio_filepath": str(recording), "text": "", "split": "dev", "id": "3"},
        {"audio_filepath": "gone.wav", "text": "a", "split": "dev", "id": "4"},
    ]

    recognizer, found = found_for(manifest_of(tmp_path, rows))

    assert list(recognizer.vocabulary.symbols) == ["a", "b"]
    assert (found.utterances, found.outside, found.textless, found.unusable) == (2, 1, 1, 1)
    assert found.hop == 2


def test_one_split_is_enough(recording: Path, tmp_path: Path) -> None:
    rows = [{**row, "split": "ab"[n % 2]} for n, row in enumerate(rows_of(recording, 5))]

    assert {name: len(those) for name, those in read_manifest(
        manifest_of(tmp_path, rows), "b"
    ).items()} == {"b": 2}  # fmt: skip


def test_texts_of_one_token_bear_any_hop(recording: Path, tmp_path: Path) -> None:
    row = {"audio_filepath": str(recording), "text": "a"}

    _, found = found_for(manifest_of(tmp_path, [row]))

    assert found.largest_hop == inf
    assert found.to_json()["largest_hop_ms"] is None
    assert "any hop" in "\n".join(found.lines())


def test_labels_need_no_frames_and_are_refused(recording: Path, tmp_path: Path) -> None:
    row = {"audio_filepath": str(recording), "label": "dog"}
    labels = ["task=classification", "vocabulary=labels"]

    with pytest.raises(InputError, match="needs a CTC task, got Classification"):
        found_for(manifest_of(tmp_path, [row]), *labels)
    with pytest.raises(InputError, match=r"vocabulary: no .* to learn"):
        found_for(manifest_of(tmp_path, [row | {"label": "", "text": " "}]))


def test_malformed_rows_are_told_not_passed_over(recording: Path, tmp_path: Path) -> None:
    rows = [{"audio_filepath": str(recording), "text": "a"}, {"audio_filepath": str(recording)}]

    with pytest.raises(InputError, match=r"rows.jsonl:2: no key .* \(1 malformed rows in all"):
        read_manifest(manifest_of(tmp_path, rows))


def test_the_first_infeasible_are_named_and_no_id_steers_a_terminal(
    recording: Path, tmp_path: Path
) -> None:
    row = {"audio_filepath": str(recording), "duration": 0.1, "text": "ab" * 20}
    rows = [{**row, "id": f"\x1b[31m{number}"} for number in range(5)]

    _, found = found_for(manifest_of(tmp_path, rows))

    first = next(iter(found.lines()))
    named = ", ".join(f"\\x1b[31m{number} (5 frames, 40 needed)" for number in range(3))
    assert first == f"5 of 5 utterances are infeasible: {named}, ..."
