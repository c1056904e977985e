"""Bad configs, machines and checkpoints, row by row of the table of faults."""

import json
import re
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest
import torch
from lightning.pytorch.callbacks import EarlyStopping
from omegaconf import OmegaConf
from torch.optim import SGD

from asr.bundle import KEY, description, load_model
from asr.config import check
from asr.errors import InputError
from asr.layers.conv import TimeConv
from asr.layers.norm import make_norm
from asr.padded import Padded
from asr.training.data import SpeechData
from asr.training.known_monitor import KnownMonitor
from asr.training.module import SpeechModule
from asr.training.nonfinite import FiniteSteps
from asr.training.run_folder import choose_folder
from asr.training.schedules import constant
from tests.faults.conftest import RATE, Run, refused

TRAIN = ["corpus=tones", "trainer=cpu", "run_dir=out"]

# Row, overrides of a training run, and what is said of them.
CONFIGS = """
row-70-unknown | max_epochs=3 | max_epochs: no such setting; did you
row-70-misspelt | trainer.max_epoch=3 | did you mean trainer.max_epochs?
row-70-added | +trainer.max_epoch=3 | did you mean max_epochs?
row-71-word | trainer.max_epochs=abc | trainer.max_epochs:
row-71-empty | trainer.max_epochs= | trainer.max_epochs:
row-71-text | trainer.max_epochs='3' | trainer.max_epochs:
row-71-fraction | trainer.max_epochs=1.5 | trainer.max_epochs:
row-72-sweep-without-m | trainer.max_epochs=1,2 | add -m
row-72-grammar | data_root=a b=c | quote values
row-73-minus-one | trainer.max_epochs=-1 | max_epochs must be at least 1
row-73-zero | trainer.max_epochs=0 | max_epochs must be at least 1
row-73-none | trainer.max_epochs=null | give max_epochs or max_steps
row-74-batch-0 | data.batch_utterances=0 | batch_utterances must be
row-74-batch-minus-1 | data.batch_utterances=-1 | batch_utterances must be
row-74-batch-seconds | data.batch_seconds=-1 | batch_seconds
row-74-workers-minus-1 | data.workers=-1 | workers and cache_mb 0 or more
row-78-even-kernel | model.every.kernels=[4] | needs an odd kernel
row-79-groups | model.every.groups=7 | groups must divide
row-80-stride-0 | model.every.stride=0 | stride must be at least 1
row-80-dilation-0 | model.every.dilation=0 | dilation must be
row-80-kernel-0 | model.every.kernels=[0] | kernel must be
row-81-no-channels | model.blocks=[{channels: 0}] | channels
row-81-kernel-minus-1 | model.every.kernels=[-1] | kernel must be
row-82-dropout-negative | model.every.dropout=-0.1 | dropout must be
row-82-dropout-text | model.every.dropout='0.1' | model.every.dropout:
row-82-dropout-1 | model.every.dropout=1.0 | dropout must be
row-85-lr-negative | optimizer.lr=-1 | optimizer:
row-85-lr-nan | optimizer.lr=.nan | optimizer.lr:
row-85-lr-text | optimizer.lr='1e-3' | optimizer.lr:
row-85-lr-word | optimizer.lr=fast | optimizer.lr: Input should be a valid number, got 'fast'
row-85-betas | optimizer.betas=[0.9,1.5] | optimizer:
row-85-momentum | optimizer=sgd | optimizer.momentum=-1 | optimizer:
row-86-booleans-as-words | vocabulary=words | vocabulary.units=[true,false] | vocabulary.units
row-87-warmup | schedule.warmup=2 | schedule: warmup must be
row-87-hold | schedule=warmup_hold_decay | schedule.hold=1 | schedule: warmup + hold
row-88-empty-filters | features.bins=256 | +features.n_fft=400 | mel filters would be empty
row-88-beyond-nyquist | features.high_hz=9000 | half the sample rate
row-89-window-longer-than-n-fft | +features.n_fft=256 | n_fft must be
row-89-coefficients | features=mfcc | features.coefficients=99 | coefficients must be 1 to
row-90-mask-of-everything | augment.spectrogram.frequency_masks=6 | could blank all 80 bins
row-90-mask-of-all-frames | augment.spectrogram.time_fraction=0.6 | could blank all of it
row-91-no-gpu | trainer=gpu | use trainer=cpu
row-92-16-bits-on-a-cpu | trainer.precision='16' | use bf16 or 32
row-93-accumulate-0 | trainer.accumulate=0 | accumulate must be
row-93-validate-0 | trainer.validate_every=0 | validate_every must be
row-93-clip | trainer.gradient_clip=-1 | gradient_clip must be
row-93-maybe | trainer.deterministic=maybe | trainer.deterministic:
row-93-lightning | +trainer.lightning={limit_train_batches: -3} | trainer:
row-93-devices | trainer.devices=-5 | trainer
row-93-unknown-of-lightning | trainer.lightning={nothing: 1} | add it by +trainer.lightning
row-93-overfit | +trainer.lightning={fast_dev_run: true, overfit_batches: -1} | trainer
row-95-unwritable | run_dir=/proc/nothing | run_dir: cannot make
row-96-resume-of-nothing | resume=nowhere | holds no run
row-96-no-weights | resume=null | finetune.from=nowhere | nowhere
""".splitlines()[1:]


@pytest.mark.parametrize("config", CONFIGS, ids=lambda config: config.partition(" ")[0])
def test_a_config_that_cannot_be_is_refused_before_data_are_read(train: Run, config: str) -> None:
    _, *overrides, message = config.split(" | ")
    refused(train(*TRAIN, *overrides), message)


def test_the_configs_above_are_refused_for_what_they_change(train: Run) -> None:
    assert train(*TRAIN).status == 0


@pytest.mark.parametrize("text", [pytest.param(text, id=f"row-86-{text}") for text in
                                  ("no", "010", "12:30:45", "1e3")])  # fmt: skip
def test_what_yaml_takes_for_something_else_than_text_is_told(tmp_path: Path, text: str) -> None:
    (tmp_path / "words.yaml").write_text(f"units: [{text}]")
    units = OmegaConf.to_container(OmegaConf.load(tmp_path / "words.yaml"))["units"]
    node = {"_target_": "asr.text.units.Units", "unit": "word", "units": units}
    with pytest.raises(InputError, match=r"vocabulary\.units\[0\]: .* put text in quotes"):
        check({"vocabulary": node}, {})


def test_row_75_more_workers_than_cores_are_told(notes) -> None:
    SpeechData(cast(Any, None), RATE, workers=1000)
    [told] = notes.messages
    assert told.startswith("note: data.workers=1000, but there are ")


def test_row_76_a_kernel_longer_than_the_input_gives_no_frame() -> None:
    conv = TimeConv(1, 1, 11, padding="valid")
    assert conv.output_length(10) == 0
    assert conv.output_length(11) == 1
    assert conv(Padded(torch.zeros(1, 1, 11), torch.tensor([11]))).values.shape[-1] == 1


@pytest.mark.parametrize("length", range(1, 9))
def test_row_77_same_padding_with_a_stride_keeps_frames_in_place(length: int) -> None:
    conv = TimeConv(1, 1, 3, stride=2, padding="same")
    assert conv.output_length(length) == -(-length // 2)


def test_row_83_reflections_go_back_and_forth_in_a_short_input() -> None:
    conv = TimeConv(1, 1, 9, padding_mode="reflect")
    out = conv(Padded(torch.randn(1, 1, 2), torch.tensor([2])))
    assert out.values.shape[-1] == 2
    assert out.values.isfinite().all()


def test_row_84_batch_norm_of_one_value_trains() -> None:
    norm = make_norm("batch", 3).train()
    out = norm(Padded(torch.randn(1, 3, 1), torch.tensor([1])))
    assert out.values.isfinite().all()


@pytest.mark.parametrize(("monitor", "hint"), [("val/were", "did you mean val/wer?"),
                                               ("lose", "there are val/loss")])  # fmt: skip
def test_row_94_a_metric_that_nothing_logs_is_refused_before_training(
    bundle: Path, tmp_path: Path, monitor: str, hint: str
) -> None:
    guard = FiniteSteps(tmp_path, most=0)
    recognizer = load_model(bundle).recognizer
    module = SpeechModule(recognizer, partial(SGD, lr=0.1), constant, guard=guard)
    trainer = SimpleNamespace(callbacks=[EarlyStopping(monitor), KnownMonitor()])
    with pytest.raises(InputError, match=re.escape(hint)):
        KnownMonitor().setup(cast(Any, trainer), module, "fit")
    trainer.callbacks = [EarlyStopping("val/cer")]
    KnownMonitor().setup(cast(Any, trainer), module, "fit")


def test_row_95_a_folder_without_permission_is_named(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr("os.access", lambda *_: False)
    with pytest.raises(InputError, match="cannot be written; choose another"):
        choose_folder(str(tmp_path / "run"), None, None)


# Checkpoints


def _truncated(path: Path) -> None:
    torch.save({"state_dict": {"model.x": torch.zeros(5000)}}, path)
    path.write_bytes(path.read_bytes()[:9000])


DAMAGED = [
    pytest.param(lambda path: None, "no such file", id="row-96-missing"),
    pytest.param(lambda path: path.write_bytes(b""), "not a checkpoint that can",
                 id="row-96-empty"),
    pytest.param(lambda path: path.write_text("text"), "not a checkpoint that can",
                 id="row-96-text"),
    pytest.param(lambda path: path.mkdir(), "holds no model.safetensors", id="row-96-folder"),
    pytest.param(_truncated, "not a checkpoint that can be read", id="row-96-truncated"),
    pytest.param(lambda path: torch.save({"x": torch.zeros(2)}, path), "not a checkpoint of this",
                 id="row-97-plain-state-dict"),
    pytest.param(lambda path: torch.save({"state_dict": {"model.x": torch.zeros(2)}}, path),
                 "holds no description of a model", id="row-97-checkpoint-of-something-else"),
    pytest.param(lambda path: torch.save([1, 2], path), "not a checkpoint of this",
                 id="row-97-list"),
]  # fmt: skip


@pytest.mark.parametrize(("make", "message"), DAMAGED)
def test_what_is_no_checkpoint_is_named_in_one_line(
    run: Run, tmp_path: Path, make: Any, message: str
) -> None:
    make(tmp_path / "last.ckpt")
    line = refused(run("describe", tmp_path / "last.ckpt"), message)
    assert "last.ckpt" in line


def _described(bundle: Path, change: Any) -> Path:
    """A checkpoint with the weights of the bundle and a description that was changed."""
    recognizer, facts = load_model(bundle)
    header = json.loads(description(recognizer, facts))
    change(header)
    weights = {f"model.{name}": value for name, value in recognizer.model.state_dict().items()}
    path = bundle.with_name("changed.ckpt")
    torch.save({"state_dict": weights, KEY: json.dumps(header)}, path)
    return path


def test_row_98_weights_of_another_vocabulary_are_refused(run: Run, bundle: Path) -> None:
    path = _described(bundle, lambda header: header["parts"]["vocabulary"]["units"].append("d"))
    refused(run("describe", path), "has shape (5, 32, 1), but the description says (6, 32, 1)")


def test_row_99_features_come_with_the_weights_and_with_nothing_else(
    bundle: Path, train: Run
) -> None:
    assert load_model(bundle).recognizer.model.sample_rate == 8000
    told = train(*TRAIN, f"finetune.from='{bundle}'", "features.sample_rate=16000")
    refused(told, "features.sample_rate: would make another network than that of finetune.from")


@pytest.mark.parametrize("version", [pytest.param(v, id=f"row-100-version-{v}")
                                     for v in (2, "9.9.9", None)])  # fmt: skip
def test_a_file_of_another_version_is_refused(run: Run, bundle: Path, version: Any) -> None:
    path = _described(bundle, lambda header: header.update(version=version))
    refused(run("describe", path), "but this application reads version 1; use the asr that wrote")
