"""With ``trainer.precision=16`` and the default optimizer, the first step ended in an error.

Lightning does not clip gradients that a fused optimizer unscales within its update.
"""

from types import SimpleNamespace
from typing import Any
from unittest import mock

import pytest
import torch
from lightning.pytorch.plugins import MixedPrecision

from asr.assemble import assemble
from asr.compose import compose
from asr.config import build
from asr.training.module import SpeechModule


@pytest.mark.parametrize("optimizer", ["adamw", "sgd"])
def test_gradients_in_16_bits_can_be_clipped(optimizer: str) -> None:
    config: Any = compose(
        [f"optimizer={optimizer}", "model=seed", "vocabulary=characters", "vocabulary.units=[a]"]
    )
    make, schedule = build(config["optimizer"]), build(config["schedule"])
    module = SpeechModule(assemble(config), make, schedule, guard=mock.Mock())
    made = {}
    for precision in ("16-mixed", "32-true"):
        module._trainer = SimpleNamespace(precision=precision, estimated_stepping_batches=9)  # type: ignore[assignment]
        made[precision] = module.configure_optimizers()["optimizer"]
    assert made["32-true"].defaults["fused"]
    amp = MixedPrecision("16-mixed", "cuda", torch.amp.GradScaler("cuda", enabled=False))
    amp.clip_gradients(made["16-mixed"], 1.0)
    with pytest.raises(RuntimeError, match="fused"):
        amp.clip_gradients(made["32-true"], 1.0)
