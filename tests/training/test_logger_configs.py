"""Every logger YAML fits the code that it configures."""

from pathlib import Path

import pytest

from asr.compose import CONFIGS, check_config, compose
from asr.config import ConfigError, build

LOGGERS = sorted(path.stem for path in (CONFIGS / "logger").glob("*.yaml"))


@pytest.mark.parametrize("name", LOGGERS)
def test_a_logger_config_fits_and_builds(name: str, tmp_path: Path) -> None:
    config = compose([f"logger={name}"])
    check_config(config)
    for key, node in config["logger"].items():
        assert build(node, f"logger.{key}", run_dir=tmp_path).name is not None


def test_a_mistake_in_a_logger_config_is_named() -> None:
    config = compose(["logger=wandb", "+logger.wandb.projekt=x"])
    with pytest.raises(ConfigError, match=r"logger\.wandb\.projekt.*did you mean project"):
        check_config(config)
