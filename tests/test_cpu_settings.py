import ctypes
import gc
import os
import weakref
from types import SimpleNamespace

import pytest

from asr.cpu_settings import settle_cpu, settled


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> dict[int, int]:
    """What is asked of the allocator, which stays as it is in this process."""
    calls: dict[int, int] = {}
    library = SimpleNamespace(mallopt=calls.__setitem__)
    monkeypatch.setattr(ctypes, "CDLL", lambda _: library)
    monkeypatch.setattr("sys.platform", "linux")
    monkeypatch.delenv("MALLOC_TRIM_THRESHOLD_", raising=False)
    monkeypatch.setenv("ONEDNN_PRIMITIVE_CACHE_CAPACITY", "7")
    return calls


def test_freed_memory_is_kept_for_the_next_step(asked: dict[int, int]) -> None:
    settle_cpu()

    assert asked == {-3: 2**25, -1: 2**30}  # M_MMAP_THRESHOLD and M_TRIM_THRESHOLD


def test_what_the_environment_says_is_left_as_it_is(
    asked: dict[int, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MALLOC_TRIM_THRESHOLD_", "1")
    settle_cpu()

    assert not asked
    assert os.environ["ONEDNN_PRIMITIVE_CACHE_CAPACITY"] == "7"


def test_more_kernels_are_kept_than_onednn_does_by_itself(
    asked: dict[int, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("ONEDNN_PRIMITIVE_CACHE_CAPACITY")
    settle_cpu()

    assert int(os.environ["ONEDNN_PRIMITIVE_CACHE_CAPACITY"]) > 1024


def test_a_c_library_without_the_setting_is_no_error(
    asked: dict[int, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ctypes, "CDLL", lambda _: SimpleNamespace())
    settle_cpu()

    assert not asked


def test_settled_objects_are_not_looked_at_and_are_given_back() -> None:
    class Node:
        pass

    with settled():
        assert gc.get_freeze_count() > 0
        inside = Node()
        inside.itself = inside  # type: ignore[attr-defined]
        gone = weakref.ref(inside)
        del inside
        gc.collect()
        assert gone() is None  # what came later is still freed
    assert gc.get_freeze_count() == 0
