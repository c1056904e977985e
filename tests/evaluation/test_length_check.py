import pytest
import torch
from torch import nn

from asr.evaluation.describe import describe
from asr.evaluation.length_check import LengthCheck, Mismatch, check_lengths
from asr.evaluation.untrained import untrained
from asr.models.acoustic import AcousticModel
from asr.padded import Padded
from asr.span import Length, Span


class Halving(nn.Module):
    """Keeps every second frame; says so, with errors that can be put in.

    Args:
        wrong: a length for which it states a frame too many.
        failing: a length that it cannot take.
        parameters: that it has and does not use.
    """

    span = Span(0, 0, 2)
    out_channels = 80

    def __init__(self, wrong: int = 0, failing: int = 0, parameters: int = 0) -> None:
        super().__init__()
        self.wrong, self.failing, self.runs = wrong, failing, 0
        self.spare = nn.Parameter(torch.empty(parameters))

    def output_length(self, length: Length) -> Length:
        return (length + 1) // 2 + (length == self.wrong) * 1

    def forward(self, x: Padded) -> Padded:
        self.runs += 1
        if x.values.shape[-1] == self.failing:
            raise RuntimeError("the kernel is larger than the input")
        return Padded(x.values[..., ::2], (x.lengths + 1) // 2)


def check_of(encoder: Halving) -> LengthCheck:
    model = untrained([]).recognizer.model
    return check_lengths(AcousticModel(model.features, encoder, model.head))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "overrides",
    [
        ["model=pairs"],
        ["model=seed"],
        ["model.every={padding: valid, residual: false}"],
        ["model.every={padding: causal, lookahead: 1, stride: 2}"],
        ["model.every={padding_mode: reflect, dilation: 2}", "features=mfcc"],
    ],
)
def test_the_networks_of_this_package_state_what_comes(overrides: list[str]) -> None:
    model = untrained(overrides).recognizer.model.eval()

    found = check_lengths(model)

    assert not found.mismatches
    assert model.encoder.output_length(found.lengths[0]) == 1
    assert found.lengths[-1] > 8 * model.encoder.span.stride
    assert found.told() == (
        f"stated = actual for {len(found.lengths)} lengths, "
        f"{found.lengths[0]} to {found.lengths[-1]} frames"
    )


def test_a_wrong_formula_is_named_with_its_length() -> None:
    found = check_of(Halving(wrong=17))

    assert found.mismatches == [Mismatch(17, 10, 9)]
    assert "for 17 frames 10 are stated, the forward pass gives 9" in found.told()
    assert found.to_json()["lengths_agree"] is False


def test_a_forward_pass_that_fails_is_a_mismatch() -> None:
    found = check_of(Halving(failing=4))

    assert found.mismatches == [Mismatch(4, 2, None)]
    assert "none: it fails" in found.told()


def test_a_large_network_is_run_three_times() -> None:
    large = Halving(parameters=20_000_001)

    assert check_of(large).lengths == [1, 2, 4]
    assert large.runs == 3


def test_a_description_has_the_outcome() -> None:
    told = describe(untrained([]).recognizer.model).to_json()

    assert told["lengths_agree"]
    assert told["lengths_checked"] == [1, 2, 3, 4, 5, 6, 8, 9, 10, 32, 33, 34]
