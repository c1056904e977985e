"""Of ``model=yesno_tdnn`` the default's masks could have blanked all 23 bins, and were refused."""

from pathlib import Path

import pytest
import torch

from asr.compose import CONFIGS, compose
from asr.config import build
from asr.padded import Padded

MODELS = sorted(path.stem for path in Path(CONFIGS).glob("model/*.yaml"))


@pytest.mark.parametrize("name", MODELS)
def test_a_model_can_be_trained_with_the_augmentation_it_comes_with(name: str) -> None:
    config = compose([f"model={name}"])
    augment = build(config["augment"]["spectrogram"], "augment.spectrogram")
    if augment is not None:
        x = Padded(torch.randn(1, build(config["features"]).out_channels, 200), torch.tensor([200]))
        assert augment.train()(x, torch.tensor([1])).values.shape == x.values.shape
