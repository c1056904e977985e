import shutil
from pathlib import Path
from types import SimpleNamespace

import pytest
import torch

from asr.errors import InputError
from asr.training.compiled import Compiled

from .conftest import summary
from .forked import start, tiny


@pytest.mark.slow
def test_a_compiled_run_learns_the_same(tones: Path, tmp_path: Path) -> None:
    node = "{_target_: asr.training.compiled.Compiled, backend: aot_eager}"
    for name, more in (("plain", []), ("compiled", [f"callbacks.compiled={node}"])):
        ended = start(tmp_path, [*tiny(tones), f"run_dir={name}", "trainer.precision=32", *more])
        assert ended.status == 0, ended.err

    plain, compiled = (summary(tmp_path / name)["test"] for name in ("plain", "compiled"))
    assert compiled["loss"] == pytest.approx(plain["loss"], rel=1e-3)


def test_without_a_compiler_it_is_refused_in_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CXX", raising=False)
    monkeypatch.setattr(shutil, "which", lambda _: None)

    with pytest.raises(InputError, match=r"callbacks\.compiled: needs a C\+\+ compiler"):
        Compiled().on_fit_start(None, SimpleNamespace(device=torch.device("cpu")))  # type: ignore[arg-type]


def test_a_backend_that_is_not_there_is_refused_with_those_that_are() -> None:
    with pytest.raises(ValueError, match=r"backend must be one of .*inductor.*, got .inducter."):
        Compiled(backend="inducter")
