from pathlib import Path

import pytest
import soundfile
import torch
from hydra.utils import instantiate
from omegaconf import OmegaConf

from asr.augment.waveform import Transform
from asr.keyed import generator
from asr.padded import Padded

CONFIGS = Path(__file__).parents[2] / "configs" / "augment"
FOLDERS = {"rooms", "noises"}
SETTINGS = {*FOLDERS, "seconds"}


@pytest.mark.parametrize("path", sorted(CONFIGS.glob("*.yaml")), ids=lambda path: path.stem)
def test_every_config_builds_and_runs(path: Path, tmp_path: Path) -> None:
    for folder in FOLDERS:
        (tmp_path / folder).mkdir()
        soundfile.write(tmp_path / folder / "a.wav", torch.rand(500).numpy(), 16_000)
    tree = OmegaConf.create({"data_root": str(tmp_path), "augment": OmegaConf.load(path)})
    config = tree.augment
    assert set(config) - SETTINGS == {"waveform", "spectrogram"}

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
