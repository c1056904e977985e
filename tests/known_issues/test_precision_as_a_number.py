"""`trainer.precision=32` is a number to Hydra, and was refused: only "'32'" was let through."""

import pytest

from asr.compose import check_config, compose
from asr.errors import InputError
from asr.training.trainer import find_precision


@pytest.mark.parametrize("value", ["32", "'32'", "16", "'16'"])
def test_a_precision_fits_with_and_without_quotes(value: str) -> None:
    check_config(compose([f"trainer.precision={value}"]))


@pytest.mark.parametrize("bits", [32, "32"])
def test_32_bits_are_32_bits(bits: int | str) -> None:
    assert find_precision(bits, "cpu") == "32-true"


@pytest.mark.parametrize("bits", [16, "16"])
def test_16_bits_need_a_gpu(bits: int | str) -> None:
    assert find_precision(bits, "cuda") == "16-mixed"
    with pytest.raises(InputError, match="16 needs a GPU, this run is on cpu"):
        find_precision(bits, "cpu")
