from math import inf
from pathlib import Path

import numpy as np
import pytest
import soundfile
import torch

from asr.data.audio import read_audio
from asr.evaluation.pieces import pieces

RATE = 8000


@pytest.fixture
def recording(tmp_path: Path) -> Path:
    """Ten bursts of noise of 0.7 s, a second apart."""
    burst = np.random.default_rng(0).normal(size=round(0.7 * RATE)) * 0.1
    second = np.concatenate([burst, np.zeros(RATE - len(burst))])
    path = tmp_path / "bursts.wav"
    soundfile.write(path, np.tile(second, 10), RATE, subtype="FLOAT")
    return path


def test_pieces_end_to_end_are_the_recording(recording: Path) -> None:
    found = list(pieces(recording, RATE, longest=3.0))

    whole = torch.cat([piece.waveform for piece in found], dim=1)
    assert len(found) > 3
    assert torch.equal(whole, read_audio(recording, RATE))
    assert all(piece.waveform.shape[1] <= 3 * RATE for piece in found)


def test_cuts_are_made_where_it_is_quiet(recording: Path) -> None:
    for piece in list(pieces(recording, RATE, longest=3.0))[1:]:
        assert 0.7 <= piece.begin % 1.0 <= 1.0


def test_a_short_recording_is_not_cut(recording: Path) -> None:
    for longest in (10.0, inf):
        [piece] = pieces(recording, RATE, longest=longest)
        assert piece.begin == 0
        assert piece.waveform.shape == (1, 10 * RATE)


def test_the_rate_of_the_file_does_not_matter(recording: Path) -> None:
    for piece in list(pieces(recording, 16_000, longest=3.0))[1:]:
        assert 0.7 <= piece.begin % 1.0 <= 1.0
