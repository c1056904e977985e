"""What reaches wandb, read back from an offline run, and that it can do a run no harm."""

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread

import pytest
import soundfile

from asr.metrics.alignment import confusions
from asr.training.wandb_log import WandbLog

from . import wandb_file
from .conftest import summary

SECRET = "planted-secret"


@pytest.fixture(autouse=True)
def _no_account(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith("WANDB")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))


@pytest.fixture
def silent_server() -> Iterator[str]:
    """A server that has never heard of anything."""
    server = HTTPServer(("127.0.0.1", 0), BaseHTTPRequestHandler)
    Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def test_wandb_01_a_run_logs_scalars_config_predictions_and_model(
    run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ASR_TEST_TOKEN", SECRET)

    run(
        "logger=wandb", "logger.wandb.mode=offline", "logger.wandb.audio=5", "run_dir=out",
        f"corpus.root={SECRET}",
    )  # fmt: skip

    folder = tmp_path / "out"
    found = wandb_file.records(folder)
    scalars = wandb_file.history(found)
    figures = summary(folder)
    assert {"train/loss", "train/lr", "val/wer", "val/loss", "trainer/global_step"} <= set(scalars)
    assert scalars["test/wer"] == [figures["test"]["wer"]]
    config = wandb_file.config(found)
    assert config["model"]["blocks"][1] == {"channels": 48}
    assert config["corpus"]["root"] == "***"
    [model] = wandb_file.artifacts(found, "model")
    [entry] = model.manifest.contents
    assert (entry.path, Path(entry.local_path)) == ("model.safetensors", folder / entry.path)
    assert json.loads(model.metadata)["test"] == figures["test"]
    files = {
        item.path: Path(item.local_path)
        for table in wandb_file.artifacts(found, "run_table") for item in table.manifest.contents
    }  # fmt: skip
    _check_report_tables(files, folder)
    _check_table(json.loads(files["test/predictions.table.json"].read_text()), folder)
    clips = [path for name, path in files.items() if name.startswith("media/audio/")]
    assert len(clips) == 5
    assert all(soundfile.info(clip).samplerate == 8000 for clip in clips)
    assert all(folder in path.parents for path in files.values())
    _check_that_no_secret_is_in(folder / "wandb")


def test_a_classifier_logs_its_confusion_matrix(run, tmp_path: Path) -> None:
    run("logger=wandb", "logger.wandb.mode=offline", "run_dir=out", "task=classification",
        "vocabulary=labels")  # fmt: skip

    found = wandb_file.records(tmp_path / "out")
    assert wandb_file.history(found)["test/confusion_table._type"] == ["table-file"]
    [path] = (tmp_path / "out").glob("wandb/latest-run/files/media/table/test/confusion_table*")
    [labels] = (tmp_path / "out").glob("wandb/latest-run/files/media/table/test/labels*")
    each = json.loads(labels.read_text())
    assert each["columns"] == ["label", "precision", "recall", "f1", "references"]
    assert [row[0] for row in each["data"]] == ["a", "b", "c"]
    table = json.loads(path.read_text())
    assert table["columns"] == ["Actual", "Predicted", "nPredictions"]
    assert sum(count for _, _, count in table["data"]) == 13
    assert {actual for actual, _, _ in table["data"]} == {"a", "b", "c"}


def test_wandb_05_a_resumed_run_goes_on_under_its_id(tmp_path: Path) -> None:
    for _ in range(2):
        logger = WandbLog(tmp_path, mode="offline")
        logger.log_metrics({"loss": 1.0}, step=1)
        logger.finalize("failed")

    name = (tmp_path / "wandb_id.txt").read_text()
    files = list(tmp_path.glob("wandb/offline-run-*/run-*.wandb"))
    assert {path.name for path in files} == {f"run-{name}.wandb"}
    assert len(name) == 8


def test_a_run_survives_a_wandb_that_raises_in_every_call(
    run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _put_in_place_of_wandb(tmp_path, monkeypatch, "raise OSError(28, 'No space left on device')")

    done = run("logger=wandb", "run_dir=out", "trainer.max_epochs=1")

    assert "wer" in summary(tmp_path / "out")["test"]
    assert [line for line in done.stderr.splitlines() if "wandb" in line] == [
        "wandb: logs no more ([Errno 28] No space left on device); the run goes on without it"
    ]
    assert "wandb" not in done.stdout


def test_a_backend_that_hangs_holds_up_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    _put_in_place_of_wandb(tmp_path, monkeypatch, "import time; time.sleep(60)")
    monkeypatch.setattr("asr.training.wandb_log._PATIENCE", 0.5)
    logger = WandbLog(tmp_path, mode="offline")
    began = time.monotonic()

    for step in range(10_000):
        logger.log_metrics({"loss": 1.0}, step)
    logger.finalize("failed")
    logger.log_metrics({"loss": 1.0}, step=10_000)

    assert time.monotonic() - began < 5
    assert [record.message[:28] for record in caplog.records] == ["wandb: not done after 0.5 s,"]


def test_a_killed_process_is_told_once(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    logger = WandbLog(tmp_path, mode="offline")
    logger.log_metrics({"loss": 1.0}, step=1)

    os.kill(logger._process._process.pid, signal.SIGTERM)
    for step in range(100):
        logger.log_metrics({"loss": 1.0}, step)
    logger.finalize("failed")

    assert [record.message for record in caplog.records] == [
        "wandb: its process ended with status -15; the run goes on without it"
    ]


@pytest.mark.skipif(not Path("/proc/self/task").is_dir(), reason="finds the backend in /proc")
def test_wandb_04_a_killed_backend_ends_nothing_but_its_own_log(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    logger = WandbLog(tmp_path, mode="offline")
    logger.log_metrics({"loss": 1.0}, step=1)
    _kill_backend(logger._process._process.pid)
    began = time.monotonic()

    for step in range(2, 50):
        logger.log_metrics({"loss": 1.0}, step)
    logger.finalize("failed")

    assert time.monotonic() - began < 40
    lines = [line for line in capfd.readouterr().err.splitlines() if "wandb" in line]
    assert len(lines) == 1
    assert lines[0].startswith("wandb: logs no more")


@pytest.mark.parametrize("content", ["", "two words", "a/b", "x" * 65, "\0"])
def test_an_id_that_was_half_written_is_made_anew(tmp_path: Path, content: str) -> None:
    (tmp_path / "wandb_id.txt").write_text(content)
    logger = WandbLog(tmp_path)
    first = logger._id()
    assert len(first) == 8
    assert logger._id() == first


def test_a_config_that_cannot_be_read_ends_nothing_but_the_log(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "config.yaml").write_text("a: [")
    logger = WandbLog(tmp_path, mode="offline")
    for step in range(3):
        logger.log_metrics({"loss": 1.0}, step)
    logger.finalize("failed")
    [record] = caplog.records
    assert record.message.startswith("wandb: logs no more")
    assert "\n" not in record.message


def test_results_that_cannot_be_logged_end_nothing(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    logger = WandbLog(tmp_path, mode="offline")
    logger.log_results(tmp_path, [None], None, None, dict)  # type: ignore[arg-type,list-item]
    [record] = caplog.records
    assert record.message.startswith("wandb: logs no more")


def test_a_folder_that_is_gone_is_told_once(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    logger = WandbLog(tmp_path / "is not there", mode="offline")

    for step in range(3):
        logger.log_metrics({"loss": 1.0}, step)
    logger.finalize("failed")

    [record] = caplog.records
    assert record.message.startswith("wandb: logs no more")


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="limits a process of its own")
def test_a_disk_that_is_full_for_wandb_costs_one_warning(
    run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Files of the process that logs, and of what it starts, may not grow beyond a kilobyte.
    limits = tmp_path / "limits"
    limits.mkdir()
    (limits / "sitecustomize.py").write_text(
        "import resource, sys\n"
        "if 'asr.training.wandb_process' in sys.orig_argv:\n"
        "    resource.setrlimit(resource.RLIMIT_FSIZE, (1024, 1024))\n"
    )
    paths = [str(limits), os.environ.get("PYTHONPATH", "")]
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(filter(None, paths)))

    done = run("logger=wandb", "logger.wandb.mode=offline", "run_dir=out", "trainer.max_epochs=2")

    assert "wer" in summary(tmp_path / "out")["test"]
    assert (tmp_path / "out/metrics.csv").read_text().count("\n") > 2
    [line] = [line for line in done.stderr.splitlines() if "wandb" in line]
    assert line.endswith("; the run goes on without it")


def test_wandb_03_without_a_network_a_run_is_logged_offline(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("WANDB_API_KEY", "0" * 40)
    monkeypatch.setenv("WANDB_BASE_URL", "http://127.0.0.1:9")
    _logs_offline_within_seconds(tmp_path)
    assert capfd.readouterr().err.startswith("wandb: no answer from http://127.0.0.1:9 (")


def test_wandb_02_without_a_key_a_run_is_logged_offline(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
    silent_server: str,
) -> None:
    monkeypatch.setenv("WANDB_BASE_URL", silent_server)
    _logs_offline_within_seconds(tmp_path)
    [line] = [line for line in capfd.readouterr().err.splitlines() if line.startswith("wandb")]
    assert "key" in line
    assert "logs offline" in line


def test_numbers_below_zero_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="audio"):
        WandbLog(tmp_path, audio=-1)


def test_wandb_is_not_imported_by_a_run() -> None:
    code = "import sys, asr.train, asr.training.wandb_log; sys.exit('wandb' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def _kill_backend(pid: int) -> None:
    """Kill wandb's own process, once it runs, and no program that ends by itself meanwhile."""
    children = Path(f"/proc/{pid}/task/{pid}/children")
    began = time.monotonic()
    while time.monotonic() - began < 30:
        for child in children.read_text().split():
            with contextlib.suppress(FileNotFoundError, ProcessLookupError):
                if Path(f"/proc/{child}/comm").read_text().startswith("wandb-core"):
                    time.sleep(1)  # so that the run is under way
                    os.kill(int(child), signal.SIGKILL)
                    return
        time.sleep(0.1)
    raise AssertionError("wandb has no backend")


def _check_table(table: dict, folder: Path) -> None:
    assert table["columns"] == [
        "id", "reference", "hypothesis", "error rate", "seconds", "audio",
    ]  # fmt: skip
    lines = (folder / "predictions.jsonl").read_text().splitlines()
    expected = [tuple(json.loads(line).values()) for line in lines]
    assert [tuple(row[:3]) for row in table["data"]] == expected
    assert all(row[3] >= 0 and row[4] > 0 for row in table["data"])
    assert [bool(row[5]) for row in table["data"]] == [True] * 5 + [False] * 8


def _check_report_tables(files: dict[str, Path], folder: Path) -> None:
    """They are those that an evaluation of the same predictions gives."""
    names = ("figures", "slices", "confusions")
    found = {name: json.loads(files[f"test/{name}.table.json"].read_text()) for name in names}
    figures = {name: told for name, *told in found["figures"]["data"]}
    for name in ("wer", "cer"):
        value, low, high = figures[name]
        assert value == pytest.approx(summary(folder)["test"][name])
        assert low <= value <= high
    durations = [row for row in found["slices"]["data"] if row[0] == "duration"]
    assert sum(row[2] for row in durations) in (0, 13)
    lines = [json.loads(line) for line in (folder / "predictions.jsonl").read_text().splitlines()]
    wanted = confusions((line["hypothesis"], line["reference"]) for line in lines)
    counts = [[row[1], row[2], row[3]] for row in found["confusions"]["data"]]
    assert [row for row in counts if None not in row] == wanted["substitutions"]
    assert [row[::2] for row in counts if row[1] is None] == wanted["deletions"]
    assert [row[1:] for row in counts if row[0] is None] == wanted["insertions"]


def _check_that_no_secret_is_in(folder: Path) -> None:
    files = [path for path in folder.rglob("*") if path.is_file()]
    assert files
    assert not [path for path in files if SECRET.encode() in path.read_bytes()]


def _logs_offline_within_seconds(folder: Path) -> None:
    began = time.monotonic()
    logger = WandbLog(folder)
    logger.log_metrics({"loss": 0.25}, step=1)
    logger.finalize("failed")
    assert time.monotonic() - began < 20  # on a busy machine; a second or two on an idle one
    assert wandb_file.history(wandb_file.records(folder))["loss"] == [0.25]


def _put_in_place_of_wandb(
    folder: Path, monkeypatch: pytest.MonkeyPatch, in_every_call: str
) -> None:
    package = folder / "broken" / "wandb"
    package.mkdir(parents=True)
    (package / "__init__.py").write_text(
        "class Broken:\n"
        "    def __call__(self, *args, **kwargs):\n"
        f"        {in_every_call}\n"
        "    def __getattr__(self, name):\n"
        "        return self\n"
        "def __getattr__(name):\n"
        "    return Broken()\n"
    )
    monkeypatch.setenv("PYTHONPATH", str(package.parent))
