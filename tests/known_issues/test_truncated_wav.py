"""libsndfile mends the header of a truncated WAV in silence, and gives half a recording."""

from pathlib import Path

import numpy as np
import pytest
import soundfile

from asr.data.audio import AudioError, audio_info


def test_a_wav_that_holds_less_than_its_header_says_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "half.wav"
    soundfile.write(path, np.zeros(16000), 16000)
    path.write_bytes(path.read_bytes()[:16000])
    with pytest.raises(AudioError, match=r"truncated, holds 159.. bytes of audio of the 32000"):
        audio_info(path)


def test_a_wav_written_to_a_pipe_claims_the_largest_size_and_is_read(tmp_path: Path) -> None:
    path = tmp_path / "pipe.wav"
    soundfile.write(path, np.zeros(16000), 16000)
    content = bytearray(path.read_bytes())
    content[4:8] = content[40:44] = b"\xff\xff\xff\xff"
    path.write_bytes(content)
    assert audio_info(path).seconds == 1
