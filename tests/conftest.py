import logging
import os
import tempfile

import pytest
import torch
from hypothesis import register_random, settings

from tests.tone_models import bundle, labeller, manifest, tones  # noqa: F401  (fixtures)

_CACHE = tempfile.TemporaryDirectory(prefix="asr-cache-")  # goes when the tests end
os.environ["ASR_CACHE"] = _CACHE.name
torch.set_num_threads(1)  # the tensors of tests are too small to share out
settings.register_profile("asr", derandomize=True, deadline=None, max_examples=60)
settings.load_profile("asr")


class _TorchRandom:
    """Torch's generator, so that every example hypothesis tries starts from the same state."""

    seed = staticmethod(torch.manual_seed)
    getstate = staticmethod(torch.get_rng_state)
    setstate = staticmethod(torch.set_rng_state)


_TORCH_RANDOM = _TorchRandom()  # hypothesis keeps only a weak reference
register_random(_TORCH_RANDOM)


@pytest.fixture(autouse=True)
def _seeded() -> None:
    torch.manual_seed(0)


@pytest.fixture(autouse=True)
def _logger_as_new() -> None:
    """A command run in this process sets up the logger; the next test finds it untouched."""
    log = logging.getLogger("asr")
    log.setLevel(logging.NOTSET)
    log.propagate = True  # to caplog
    log.handlers.clear()
