"""Bad input of the kinds in the tables, tried from outside: each once ended in something worse."""

import csv
import io
import json
import os
import signal
import subprocess
import sys
import tarfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file, save_file

from asr.bundle import KEY, description, load_model, save_bundle
from asr.cli import main
from asr.compose import compose
from asr.decoding.prefix_beam import PrefixBeamDecoder
from asr.errors import InputError
from asr.interrupts import hear_interrupts
from asr.language.arpa import read_arpa
from asr.tasks.classification import Classification
from asr.text.units import Units
from asr.training.checkpoint import copy_to_last
from asr.training.csv_logger import CSVLog
from asr.training.newest import Stopped, restoring
from asr.training.position import Position
from asr.training.run_folder import write_config
from asr.training.saving import POSITION, RECIPE
from tests.evaluation.rows import label, transcript
from tests.faults.conftest import Run, refused, write_rows, write_tone

# Folders of evaluations


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("words", "x"), ("words", None), ("words", -5), ("words", float("nan")), ("words", True),
        ("substitutions", []), ("characters", 10**400), ("speaker", ["x"]), ("speaker", None),
        ("extras", []), ("extras", {"a": {"b": 1}}), ("reference", 3), ("hypothesis", None),
        ("id", [1]), ("seconds", "x"), ("seconds", None), ("seconds", -1), ("path", 3),
        ("offset", "x"), ("confidence", "x"),
    ],
)  # fmt: skip
def test_a_value_that_no_evaluation_writes_is_named(
    run: Run, tmp_path: Path, name: str, value: Any
) -> None:
    good = [transcript(n, "a b", "a", f"s{n}") for n in range(4)]
    for folder, rows in (("a", good), ("b", [*good[:2], {**good[2], name: value}, good[3]])):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "summary.json").write_text("{}")
        write_rows(tmp_path / folder / "utterances.jsonl", *rows)
    assert run("compare", tmp_path / "a", tmp_path / "a").status == 0
    refused(
        run("compare", tmp_path / "a", tmp_path / "b"), f"utterances.jsonl:3: {name}: cannot be"
    )
    refused(run("report", tmp_path / "b"), f"utterances.jsonl:3: {name}: cannot be")


@pytest.mark.parametrize(("name", "value"), [("probability", "x"), ("probabilities", {"a": None}),
                                             ("probabilities", {})])  # fmt: skip
def test_a_probability_that_is_none_is_named(
    run: Run, tmp_path: Path, name: str, value: Any
) -> None:
    (tmp_path / "summary.json").write_text("{}")
    row = {**label(0, "a", [0.8, 0.2]), name: value}
    write_rows(tmp_path / "utterances.jsonl", row)
    refused(run("report", tmp_path), f"utterances.jsonl:1: {name}: cannot be")


# Checkpoints to go on from

GOOD: dict[str, Any] = {
    "state_dict": {"model.x": torch.zeros(2)}, "optimizer_states": [], "lr_schedulers": [],
    "loops": {}, "callbacks": {}, "global_step": 3, RECIPE: {}, POSITION: {"epoch": 1, "batch": 0},
}  # fmt: skip


@pytest.mark.parametrize(
    "changed",
    [{POSITION: "x"}, {POSITION: {"epoch": "x", "evil": 1}}, {POSITION: {"epoch": -1, "batch": 0}},
     {"global_step": "x"}, {RECIPE: [1]}, {"state_dict": None}, {"state_dict": {"a": "b"}},
     {"state_dict": ...}],
)  # fmt: skip
def test_a_checkpoint_of_other_values_is_passed_over(
    train: Run, tmp_path: Path, changed: dict[str, Any]
) -> None:
    (tmp_path / "run").mkdir()
    write_config(tmp_path / "run", compose(["corpus=tones", "trainer=cpu"]))
    torch.save(GOOD, tmp_path / "run/last.ckpt")
    assert train("resume=run").status == 0
    content = {key: value for key, value in {**GOOD, **changed}.items() if value is not ...}
    torch.save(content, tmp_path / "run/last.ckpt")
    outcome = train("resume=run")
    refused(outcome, "holds no checkpoint that is whole")
    assert "passed over run/last.ckpt: damaged" in outcome.printed


@pytest.mark.parametrize("name", ["last.ckpt", "config.yaml"])
def test_a_fifo_in_the_folder_of_a_run_is_not_waited_for(
    train: Run, tmp_path: Path, name: str
) -> None:
    (tmp_path / "run").mkdir()
    write_config(tmp_path / "run", compose(["corpus=tones"]))
    (tmp_path / "run" / name).unlink(missing_ok=True)
    os.mkfifo(tmp_path / "run" / name)
    refused(train("resume=run"), "resume: ")


def test_what_cannot_be_restored_names_the_checkpoint_until_training_has_begun() -> None:
    stopped = Stopped(Path("run/last.ckpt"), 1, Position(0, 1), {}, {})
    with pytest.raises(InputError, match=r"run/last\.ckpt is damaged \(KeyError: 'best'\)"):  # noqa: SIM117
        with restoring(stopped, lambda: False):
            raise KeyError("best")
    for given, begun in ((stopped, True), (None, False)):
        with pytest.raises(KeyError), restoring(given, lambda begun=begun: begun):  # type: ignore[misc]
            raise KeyError("best")


# Files to import and to learn from


def _nemo(path: Path, config: str) -> Path:
    weights = io.BytesIO()
    torch.save({"x": torch.zeros(2)}, weights)
    files = {"model_config.yaml": config.encode(), "model_weights.ckpt": weights.getvalue()}
    with tarfile.open(path, "w") as archive:
        for name, data in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(data)
            archive.addfile(member, io.BytesIO(data))
    return path


NEMO = """
encoder: {_target_: x.ConvASREncoder, feat_in: 64, jasper: [BLOCK]}
decoder: {_target_: x.ConvASRDecoder, feat_in: 64, num_classes: 2, vocabulary: [a, b]}
preprocessor: {_target_: x.AudioToMelSpectrogramPreprocessor, features: 64}
"""
BLOCK = (
    "{filters: 64, repeat: 1, kernel: [3], stride: [1], dilation: [1], dropout: 0, residual: false}"
)


@pytest.mark.parametrize(
    ("config", "message"),
    [
        ("a: 2001-99-99", "model_config.yaml cannot be read"),
        (f"a: {'9' * 6000}", "model_config.yaml cannot be read"),
        (NEMO.replace("BLOCK", BLOCK.replace("repeat: 1", "repeat: 1000000000")), "repeat is"),
        (NEMO.replace("BLOCK", BLOCK.replace("64", "1000000000")), "describes"),
        (NEMO.replace("BLOCK", BLOCK).replace("s: 64}", "s: 64, sample_rate: abc}"), "its config"),
        (NEMO.replace("BLOCK", BLOCK).replace("s: 64}", "s: 64, sample_rate: [1]}"), "its config"),
    ],
    ids=["date", "long-integer", "endless-repeat", "wide-layer", "rate-in-words", "rate-a-list"],
)
def test_a_nemo_config_that_is_none_is_refused_at_once(
    run: Run, tmp_path: Path, config: str, message: str
) -> None:
    refused(run("import", _nemo(tmp_path / "a.nemo", config), tmp_path / "out"), message)
    assert not (tmp_path / "out").exists()


def test_units_that_are_no_text_are_refused(run: Run, tmp_path: Path) -> None:
    name = "acoustic_model.0.weight"
    torch.save({name: torch.zeros(250, 1, 250), "acoustic_model.1.bias": torch.zeros(4)},
               tmp_path / "w.pt")  # fmt: skip
    os.mkfifo(tmp_path / "fifo")
    (tmp_path / "latin").write_bytes(b"\xe9")
    for units, message in (("fifo", "no such file"), ("latin", "not UTF-8")):
        command = ["import", tmp_path / "w.pt", tmp_path / "out", "--units", tmp_path / units]
        refused(run(*command), message)


def test_a_text_or_a_model_that_never_ends_is_not_read(run: Run, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "fifo")
    for path in (tmp_path / "fifo", "/dev/zero"):
        refused(run("lm", "train", path, "--output", tmp_path / "o.arpa"), "not a regular file")
        with pytest.raises(InputError, match="not a regular file"):
            read_arpa(Path(path))


@pytest.mark.parametrize("option", ["--lm", "--lexicon", "--hot-words", "--decoding"])
def test_a_file_of_the_decoder_that_never_ends_is_not_read(
    run: Run, bundle: Path, tmp_path: Path, option: str
) -> None:
    os.mkfifo(tmp_path / "fifo")
    (tmp_path / "words").write_text("a\nb\n")
    write_tone(tmp_path / "a.wav")
    more = [] if option in ("--lexicon", "--decoding") else ["--lexicon", tmp_path / "words"]
    command = ["transcribe", bundle, tmp_path / "a.wav", option, tmp_path / "fifo", *more]
    refused(run(*command), "not a regular file")


# Bundles


@pytest.mark.parametrize("dtype", [torch.complex64, torch.int64])
def test_weights_of_another_kind_are_not_cast_in_silence(
    run: Run, bundle: Path, tmp_path: Path, dtype: torch.dtype
) -> None:
    weights = load_file(bundle)
    first = next(name for name, tensor in weights.items() if tensor.is_floating_point())
    weights[first] = weights[first].to(dtype)
    header = description(*load_model(bundle))
    save_file(weights, tmp_path / "x.safetensors", {KEY: header})
    refused(run("describe", tmp_path / "x.safetensors"), f"{first} holds {dtype}")


@pytest.mark.skipif(not hasattr(os, "fork"), reason="limits of a process")
def test_a_disk_that_is_full_leaves_the_bundle_as_it_was(bundle: Path, tmp_path: Path) -> None:
    path = tmp_path / "model.safetensors"
    path.write_bytes(bundle.read_bytes())
    code = (
        "import resource, sys\n"
        "from pathlib import Path\n"
        "from asr.bundle import add_facts\n"
        "from asr.command_line import one_line_errors\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (2000, 2000))\n"
        "with one_line_errors(): add_facts(Path(sys.argv[1]), {})\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, path], capture_output=True, text=True, check=False
    )
    assert done.returncode == 2, done.stderr
    assert "model.safetensors: not written" in done.stderr
    assert done.stderr.count("\n") == 1
    assert path.read_bytes() == bundle.read_bytes()
    assert [each.name for each in tmp_path.iterdir()] == [path.name]


def test_classification_over_characters_is_refused() -> None:
    with pytest.raises(ValueError, match="add vocabulary=labels"):
        Classification(Units("character", units=list("ab")))  # type: ignore[arg-type]


# Command lines


@pytest.mark.parametrize("path", ["", "a\0b"])
def test_no_path_does_not_mean_this_folder(
    run: Run, bundle: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, path: str
) -> None:
    write_tone(tmp_path / "a.wav")
    monkeypatch.chdir(tmp_path)
    refused(run("transcribe", bundle, path), "must be a path")
    refused(run("transcribe", path, "a.wav"), "must be a path")


def test_a_seed_below_nothing_is_refused(run: Run, tmp_path: Path) -> None:
    command = ["shard", tmp_path, "--manifest", "m.jsonl", "--name", "train", "--seed", "-1"]
    refused(run(*command), "must be a whole number from 0")


def test_names_of_metrics_steer_no_terminal(run: Run, tmp_path: Path) -> None:
    (tmp_path / "r").mkdir()
    (tmp_path / "r/config.yaml").write_text("seed: 1")
    (tmp_path / "r/summary.json").write_text(json.dumps({"test": {"\x1b[31mwer\n": 0.5}}))
    told = run("runs", tmp_path).printed
    assert "\x1b" not in told
    assert len(told.splitlines()) == 2


# Standard output, and Ctrl-C


@pytest.mark.parametrize("command", ["train --help", "runs {tmp}"])
def test_a_full_disk_behind_standard_output_is_told(tmp_path: Path, command: str) -> None:
    (tmp_path / "r").mkdir()
    (tmp_path / "r/config.yaml").write_text("seed: 1")
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [sys.executable, "-m", "asr", *command.format(tmp=tmp_path).split()],
            stdout=full, stderr=subprocess.PIPE, text=True, check=False,
        )  # fmt: skip
    assert done.returncode == 2
    assert done.stderr.startswith("error: ")
    assert done.stderr.count("\n") == 1


@pytest.mark.parametrize("command", ["--version", "runs {tmp}"])
def test_a_closed_standard_output_is_no_error(tmp_path: Path, command: str) -> None:
    (tmp_path / "r").mkdir()
    (tmp_path / "r/config.yaml").write_text("seed: 1")
    line = f"{sys.executable} -m asr {command.format(tmp=tmp_path)} >&-"
    done = subprocess.run(["sh", "-c", line], stderr=subprocess.PIPE, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.fixture
def interrupts() -> Iterator[None]:
    before = {each: signal.getsignal(each) for each in (signal.SIGINT, signal.SIGALRM)}
    signal.signal(signal.SIGINT, signal.default_int_handler)
    hear_interrupts()
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


def test_ctrl_c_is_not_lost_in_a_callback_that_swallows_it(interrupts: None) -> None:
    left = []

    def vio_read() -> None:  # as soundfile names its callbacks
        os.kill(os.getpid(), signal.SIGINT)
        sum(range(1000))
        left.append("callback")

    with pytest.raises(KeyboardInterrupt):  # noqa: PT012
        vio_read()
        signal.pause()
        left.append("command")
    assert left == ["callback"]


def test_ctrl_c_while_the_libraries_are_loaded_is_130(monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(name: str, *args: Any, **kwargs: Any) -> Any:
        if name == "asr.train":
            raise KeyboardInterrupt
        return load(name, *args, **kwargs)

    load = __import__
    monkeypatch.setattr("builtins.__import__", interrupted)
    assert main(["train", "seed=1"]) == 130


def test_thresholds_that_are_null_are_none(run: Run, labeller: Path, tmp_path: Path) -> None:
    recognizer, facts = load_model(labeller)
    path = tmp_path / "x.safetensors"
    save_bundle(path, recognizer, {**facts, "spotting": None})
    write_tone(tmp_path / "a.wav")
    refused(run("spot", path, tmp_path / "a.wav"), "has no threshold for any keyword")


def test_a_beam_that_would_never_end_is_refused() -> None:
    with pytest.raises(ValueError, match="width must be at most"):
        PrefixBeamDecoder(width=10**12)


# What a folder of runs holds


def test_a_table_of_runs_holds_no_formula(run: Run, tmp_path: Path) -> None:
    for name in ("=HYPERLINK(1)", "+cmd", "@SUM(1)", "-2+3", "\tx", "\x1b[31m"):
        folder = tmp_path / "runs" / name
        folder.mkdir(parents=True)
        config = {"lr": -1, "at": name, "on": "2001-01-01"}
        (folder / "config.yaml").write_text(json.dumps(config))
        (folder / "summary.json").write_text(json.dumps({"test": {"=wer": 0.5}}))
    told = run("runs", tmp_path / "runs", "--csv").printed
    cells = [cell for row in csv.reader(io.StringIO(told)) for cell in row]
    assert "'=HYPERLINK(1)" in cells
    assert not [cell for cell in cells if cell.startswith(("=", "+", "-", "@", "\t"))]
    assert "\x1b" not in told


def test_a_date_in_a_config_is_told_as_it_is(run: Run, tmp_path: Path) -> None:
    for day in (1, 2):
        (tmp_path / str(day)).mkdir()
        (tmp_path / str(day) / "config.yaml").write_text(f"day: 2001-01-0{day}")
    told = json.loads(run("runs", tmp_path, "--json").printed)
    assert {each["config"]["day"] for each in told["runs"]} == {"2001-01-01", "2001-01-02"}


@pytest.mark.parametrize("content", [b"\xff\xfe", b"a,b\n1,2\n", b"step\nx\n", b"step\n1,2\n"])
def test_a_log_that_is_none_is_named(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "metrics.csv").write_bytes(content)
    with pytest.raises(InputError, match=r"metrics\.csv: is not the log of a run"):
        CSVLog(tmp_path / "metrics.csv")


def test_a_config_without_a_part_is_told_without_the_overrides(train: Run, tmp_path: Path) -> None:
    (tmp_path / "run").mkdir()
    (tmp_path / "run/config.yaml").write_text("seed: 1")
    torch.save(GOOD, tmp_path / "run/last.ckpt")
    refused(train("resume=run", "seed=2"), "is missing, but a run needs it")


def test_a_folder_in_the_place_of_a_checkpoint_is_named(tmp_path: Path) -> None:
    torch.save(GOOD, tmp_path / "best.ckpt")
    (tmp_path / "last.ckpt").mkdir()
    with pytest.raises(InputError, match=r"last\.ckpt is a folder"):
        copy_to_last(tmp_path / "best.ckpt")


def test_workers_without_number_are_refused(train: Run) -> None:
    refused(train("corpus=tones", "data.workers=1000000000", "run_dir=out"), "workers must be")


@pytest.mark.parametrize("name", ["a/b", "a\0b"])
def test_a_name_of_shards_that_is_none_is_refused(run: Run, tmp_path: Path, name: str) -> None:
    refused(run("shard", tmp_path, "--manifest", "m.jsonl", "--name", name), "makes no file name")


def test_a_language_model_is_not_written_over_a_folder(run: Run, tmp_path: Path) -> None:
    (tmp_path / "s.txt").write_text("a b\n")
    refused(run("lm", "train", tmp_path / "s.txt", "--output", tmp_path), "is a folder")


def test_a_bundle_may_be_read_by_whom_other_files_may(bundle: Path, tmp_path: Path) -> None:
    (tmp_path / "usual").touch()
    save_bundle(tmp_path / "x.safetensors", *load_model(bundle))
    assert (tmp_path / "x.safetensors").stat().st_mode == (tmp_path / "usual").stat().st_mode
