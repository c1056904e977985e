import importlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch

from asr.errors import InputError
from asr.evaluation.side_by_side import side_by_side

CPU = torch.device("cpu")
linux = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="forks on Linux only")


@pytest.fixture(autouse=True)
def _two_threads() -> Iterator[None]:
    before = torch.get_num_threads()
    torch.set_num_threads(2)
    yield
    torch.set_num_threads(before)


def test_results_come_in_the_order_of_the_items_whatever_takes_longer() -> None:
    def slow_first(number: int) -> int:
        time.sleep(0.1 if number == 0 else 0)
        return number * number

    with side_by_side(slow_first, CPU) as over:
        assert list(over(range(20))) == [number * number for number in range(20)]
        assert list(over([5])) == [25]


@linux
def test_every_core_works_and_computes_on_one_thread() -> None:
    def where(_: int) -> tuple[int, int]:
        time.sleep(0.05)
        return os.getpid(), torch.get_num_threads()

    with side_by_side(where, CPU) as over:
        found = list(over(range(8)))

    assert {threads for _, threads in found} == {1}
    processes = {process for process, _ in found}
    assert len(processes) == 2
    assert os.getpid() not in processes
    assert torch.get_num_threads() == 2


def test_one_item_alone_is_worked_on_here() -> None:
    with side_by_side(lambda _: os.getpid(), CPU) as over:
        assert list(over([1])) == [os.getpid()]
        assert list(over([])) == []


def test_with_one_thread_all_is_worked_on_here() -> None:
    torch.set_num_threads(1)
    with side_by_side(lambda _: os.getpid(), CPU) as over:
        assert set(over(range(3))) == {os.getpid()}


def test_items_are_asked_for_as_results_are_taken() -> None:
    asked: list[int] = []

    def items() -> Iterator[int]:
        for number in range(1000):
            asked.append(number)
            yield number

    with side_by_side(abs, CPU) as over:
        results = over(items())
        assert [next(results) for _ in range(4)] == [0, 1, 2, 3]
        assert len(asked) < 20


def test_an_error_of_the_work_is_told_as_it_is() -> None:
    def refuse(number: int) -> int:
        if number == 3:
            raise InputError("three: is refused")
        return number

    with pytest.raises(InputError, match="three: is refused"), side_by_side(refuse, CPU) as over:
        list(over(range(9)))


@linux
def test_a_process_that_is_killed_ends_in_one_line() -> None:
    def die(number: int) -> int:
        if number == 3:
            os.kill(os.getpid(), signal.SIGKILL)
        return number

    with pytest.raises(InputError, match="smaller --batch"), side_by_side(die, CPU) as over:
        list(over(range(9)))


@linux
def test_items_of_many_tensors_hold_no_files_open() -> None:
    resource = importlib.import_module("resource")
    limits = resource.getrlimit(resource.RLIMIT_NOFILE)
    tensors = [torch.full((3,), number) for number in range(60)]
    already = len(list(Path("/proc/self/fd").iterdir()))
    resource.setrlimit(resource.RLIMIT_NOFILE, (already + 40, limits[1]))
    try:
        with side_by_side(lambda item: float(torch.stack(item).sum()), CPU) as over:
            assert list(over([tensors] * 8)) == [3 * sum(range(60))] * 8
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, limits)


@linux
def test_no_process_outlives_its_parent(tmp_path: Path) -> None:
    program = f"""
import os, signal, time, torch
from pathlib import Path
from asr.evaluation.side_by_side import side_by_side
torch.set_num_threads(2)
def work(n):
    Path({str(tmp_path)!r}, str(os.getpid())).touch()
    time.sleep(60 if n else 0)
with side_by_side(work, torch.device("cpu")) as over:
    for _ in over(range(3)):
        time.sleep(1)
        os.kill(os.getpid(), signal.SIGKILL)
"""
    subprocess.run([sys.executable, "-c", program], check=False)

    processes = [int(path.name) for path in tmp_path.iterdir()]
    assert len(processes) == 2
    for _ in range(100):
        if not any(map(_runs, processes)):
            return
        time.sleep(0.05)
    pytest.fail(f"{processes} still run")


def _runs(process: int) -> bool:
    try:
        state = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state != "Z"
