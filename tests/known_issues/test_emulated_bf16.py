"""On GPUs before Ampere ``precision=auto`` chose a bf16 that is emulated there, and slow.

On CPUs it overlooked bf16 where it is called otherwise than on most servers.
"""

from pathlib import Path
from unittest import mock

import pytest
import torch

from asr.training.trainer import find_precision


@pytest.mark.parametrize(("major", "chosen"), [(7, "32-true"), (8, "bf16-mixed")])
def test_a_gpu_computes_in_what_it_has_instructions_for(major: int, chosen: str) -> None:
    with (
        mock.patch("torch.cuda.is_available", return_value=True),
        mock.patch("torch.cuda.current_device", return_value=0),
        mock.patch("torch.cuda.get_device_properties", return_value=mock.Mock(major=major)),
        mock.patch("torch.cuda._check_bf16_tensor_supported", return_value=True),
        mock.patch.object(torch.version, "hip", None),
        mock.patch.object(torch.version, "cuda", "13.0"),  # which some versions ask for
    ):
        assert find_precision("auto", "cuda") == chosen


@pytest.mark.parametrize(
    ("line", "chosen"),
    [
        ("flags\t\t: fpu avx2 avx512f", "32-true"),
        ("flags\t\t: fpu avx512f avx512_bf16", "bf16-mixed"),
        ("flags\t\t: fpu amx_bf16 amx_tile", "bf16-mixed"),
        ("Features\t: fp asimd i8mm bf16", "bf16-mixed"),
        ("Features\t: fp asimd svebf16", "32-true"),
    ],
)
def test_a_cpu_computes_in_what_it_has_instructions_for(line: str, chosen: str) -> None:
    with mock.patch.object(Path, "read_text", return_value=f"processor\t: 0\n{line}\n\n"):
        assert find_precision("auto", "cpu") == chosen


def test_a_system_that_does_not_tell_computes_in_32_bits() -> None:
    with mock.patch.object(Path, "read_text", side_effect=FileNotFoundError):
        assert find_precision("auto", "cpu") == "32-true"
