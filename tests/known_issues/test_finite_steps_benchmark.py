"""The benchmark of finite steps ended with a traceback: it took names for running statistics."""

import re
import sys

import pytest

from scripts.bench.finite_steps import main
from tests.tone_models import SMALL


def test_the_benchmark_of_finite_steps_runs(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["finite_steps", "--rounds", "1", *SMALL])
    main()
    assert re.fullmatch(
        r"without [\d.]+ ms, with [\d.]+ ms: [+-][\d.]+%\n", capsys.readouterr().out
    )
