"""What is tested and exported is the average of the weights that the best checkpoint holds.

Lightning's averaging, once it had been through a fit, put back the weights that training would go
on with when the best checkpoint was loaded for the test: on Speech Commands, a MatchboxNet of
94.4 % was exported at 84.2 %.
"""

from pathlib import Path

import torch

from asr.bundle import load_model
from tests.training.conftest import train


def test_the_bundle_holds_the_weights_of_the_best_checkpoint(tones: Path, tmp_path: Path) -> None:
    train(tones, tmp_path, "run_dir=a", "callbacks.ema.decay=0.9", "trainer.max_epochs=3")

    state = torch.load(tmp_path / "a" / "best.ckpt", weights_only=True)["state_dict"]
    raw = torch.load(tmp_path / "a" / "best.ckpt", weights_only=True)["current_model_state"]
    bundle = load_model(tmp_path / "a").recognizer.model.state_dict()
    assert bundle.keys() == {name.removeprefix("model.") for name in state}
    for name, tensor in bundle.items():
        assert torch.equal(tensor, state[f"model.{name}"]), name
    assert any(not torch.equal(raw[name], state[name]) for name in state)
