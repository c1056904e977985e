import pytest
import torch
from hypothesis import settings

settings.register_profile("asr", derandomize=True, deadline=None, max_examples=60)
settings.load_profile("asr")


@pytest.fixture(autouse=True)
def _seeded() -> None:
    torch.manual_seed(0)
