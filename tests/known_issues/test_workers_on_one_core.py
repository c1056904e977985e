"""On a machine of one core, ``data.workers=2`` brought two warnings of PyTorch's, of many lines."""

import os
import warnings

from torch.utils.data import DataLoader

from asr.command_line import speak


def test_more_workers_than_cores_are_no_warning() -> None:
    with warnings.catch_warnings(record=True) as heard:
        warnings.simplefilter("always")
        DataLoader([1], num_workers=1 + (os.cpu_count() or 1))
        assert heard
        heard.clear()
        speak()
        DataLoader([1], num_workers=1 + (os.cpu_count() or 1))
        assert not heard
