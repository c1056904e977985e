from pathlib import Path

import pytest
import torch
from hydra.utils import instantiate
from omegaconf import OmegaConf

from asr.augment.waveform import Transform
from asr.keyed import generator
from asr.padded import Padded

CONFIGS = Path(__file__).parents[2] / "configs" / "augment"


@pytest.mark.parametrize("path", sorted(CONFIGS.glob("*.yaml")), ids=lambda path: path.stem)
def test_every_config_builds_and_runs(path: Path) -> None:
    config = OmegaConf.load(path)
    assert set(config) == {"waveform", "spectrogram"}

    if config.waveform is not None:
        augment = instantiate(config.waveform, _convert_="all")
        assert isinstance(augment, Transform)
        changed = augment(torch.randn(1, 16_000), 16_000, generator(0))
        assert changed.shape[0] == 1
        assert changed.isfinite().all()
    if config.spectrogram is not None:
        features = Padded(torch.randn(2, 40, 100), torch.tensor([100, 60]))
        masked = instantiate(config.spectrogram)(features, torch.arange(2))
        assert masked.values.shape == features.values.shape
