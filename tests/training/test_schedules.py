from functools import partial

import pytest
import torch

from asr.training.schedules import warmup_hold_decay


@pytest.mark.parametrize(("argument", "value"), [("power", -0.5), ("hold", -0.02)])
def test_a_fall_that_would_fail_at_its_end_is_refused_at_the_beginning(
    argument: str, value: float
) -> None:
    optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))])

    with pytest.raises(ValueError, match=argument):
        partial(warmup_hold_decay, **{argument: value})(optimizer, steps=10)
