from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from asr.evaluation.frame_times import frame_times
from asr.features.log_mel import LogMel
from asr.layers.conv import Padding
from asr.layers.heads import FrameHead
from asr.models.acoustic import AcousticModel
from asr.models.conv_stack import ConvStack


def model(padding: Padding = "same", kernel: int = 7) -> AcousticModel:
    pool = {"kind": "max", "kernel": 2}
    blocks = [{"channels": 2, "kernels": [kernel], "padding": padding, "pool": pool}]
    return AcousticModel(
        LogMel(8000, bins=4),
        ConvStack(4, blocks),  # type: ignore[arg-type]
        FrameHead(2, 3),
    )


def test_a_frame_lasts_a_hop_about_the_middle_of_what_it_hears() -> None:
    network = model()
    times = frame_times(network, 50, 1.0, begin=3.0)

    for frame in range(1, 49):
        middle = 3.0 + network.frame_seconds(frame)
        assert times[frame] == pytest.approx((middle - 0.01, middle + 0.01))


@given(
    milliseconds=st.integers(1, 3000), begin=st.sampled_from([0.0, 7.5]),
    padding=st.sampled_from(["same", "causal", (0, 60)]),
)  # fmt: skip
def test_frames_follow_each_other_inside_the_recording_and_all_have_a_duration(
    milliseconds: int, begin: float, padding: Padding
) -> None:
    network, seconds = model(padding, kernel=61), milliseconds / 1000
    times = frame_times(network, network.frames(8 * milliseconds), seconds, begin=begin)

    assert all(frame.begin < frame.end for frame in times)
    assert all(before.end == after.begin for before, after in pairwise(times))
    assert begin <= times[0].begin
    assert times[-1].end <= begin + seconds + 1e-9
