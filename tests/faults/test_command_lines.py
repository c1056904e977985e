"""Command lines that nobody should write, tried by the hundred: one line, and no traceback."""

import os
from pathlib import Path

import numpy as np
import pytest
import soundfile

from tests.faults.conftest import Run, refused, tone, write_rows

# What once ended in a traceback, in a usage of many lines, or never.
REGRESSIONS = [
    "~data", "~model", "~seed", "~data_root", "model=null", "logger=null", "seed=4294967296",
    "model._target_=asr.models", "model._target_=os.system", "trainer.threads=100000", "--nothing",
    "--cfg nothing", "-m seed=1,2 x=1", "hydra.run.dir=/dev/null", "--resolve", "optimizer.lr=-1",
    "augment=strong augment.spectrogram.frequency_width=100", "schedule.warmup=2",
]  # fmt: skip
OVERRIDES = """
~data
~corpus
~model
~trainer
~features
~task
~vocabulary
~optimizer
~schedule
~augment
~logger
~callbacks
~finetune
~seed
~run_dir
~resume
~data_root
model=null
data=null
corpus=null
trainer=null
features=null
task=null
vocabulary=null
optimizer=null
schedule=null
augment=null
logger=null
callbacks=null
finetune=null
seed=null
data_root=null
corpus.train=null
corpus.seed=-1
corpus.root=null
seed=1.5
seed=-1
seed=99999999999999999999999
seed=4294967296
vocabulary.units=[]
vocabulary.units=[a,a]
vocabulary.units=[ab]
vocabulary.units=abc
vocabulary.normalizer=null
vocabulary.normalizer.case=Lower
model.blocks=[]
model.blocks=null
model.blocks=[3]
model.blocks=[{}]
model.blocks=[{channels: 1e9}]
model.blocks=[{channels: 1000000000}]
model.every=null
model.every.kernels=[]
model.every.kernels=3
model.every.activation=rleu
model.every.pool={kind: min, kernel: 2}
model.every.pool={kernel: 2}
model.every.norm=bath
model.every.padding=-1
model.every.padding_mode=mirror
model.every.lookahead=3
model.every.bias=maybe
model._target_=os.system
model._target_=nothing
model._target_=null
model._target_=3
model._target_=asr.models
model._target_=asr.models.conv_stack
+model.x=1
model.x=1
features.sample_rate=0
features.sample_rate=1000000000
features.hop_ms=0
features.hop_ms=-1
features.window_ms=.inf
features.bins=0
features.normalize=all
features.channels=0
features.channels=2
optimizer.lr=0
optimizer.lr=1e400
optimizer.betas=[0.9]
optimizer.betas=0.9
optimizer.weight_decay=-1
optimizer._target_=torch.optim.LBFGS
optimizer._target_=torch.nn.Linear
optimizer.fused=maybe
schedule._partial_=false
optimizer._partial_=false
schedule.warmup=-1
schedule.end=abc
trainer.max_epochs=99999999999999999999
trainer.max_minutes=0
trainer.threads=0
trainer.threads=100000
trainer.devices=0
trainer.devices=[]
trainer.devices=[9]
trainer.devices=auto
trainer.num_nodes=0
trainer.strategy=fsdp
trainer.precision=64
trainer.precision=32
trainer.accelerator=tpu
trainer.accelerator=mps
trainer.accelerator=cuda
trainer.log_every=0
trainer.progress_bar=1
data.shortest=5 data.longest=1
data.max_skip_fraction=2
data.channel=left
data.channel=-1
data.cache_mb=-1
data.batch_seconds=.nan
data.eval_seconds=0
data.outside=ignore
data.overlap=no
data.textless=1
callbacks.ema.decay=1
callbacks.ema=3
callbacks.ema.decay=abc
callbacks.early_stopping=true
+callbacks.x={_target_: os.getcwd}
augment=loud
augment.waveform=null
augment.spectrogram=null
augment.waveform.transforms=null
augment.waveform.transforms=[]
augment.waveform.transforms=[3]
augment.spectrogram.time_width=-1
augment.waveform.transforms=[{_target_: asr.augment.speed.Speed, factors: [0]}]
augment.waveform.transforms=[{_target_: asr.augment.speed.Speed, factors: []}]
augment.waveform.transforms=[{_target_: asr.augment.noise.Noise, low_db: 50}]
finetune.from=
finetune.from=.
finetune.decay=0
finetune.freeze=[x]
finetune.sha256=zz
finetune.vocabulary=old
run_dir=
run_dir=a/b/../c
run_dir=/dev/null
run_dir=/dev/null/x
run_dir=3
resume=.
resume=/dev/null
resume=
corpus=manifest
corpus=manifest corpus.path=nowhere.jsonl
corpus=manifest corpus.path=. 
corpus=manifest corpus.train=a corpus.path=b
corpus=manifest corpus.path=m.jsonl corpus.splits=null
corpus=manifest corpus.path=m.jsonl corpus.roots=3
corpus=folders corpus.speaker=(
corpus=folders corpus.val=2
corpus=folders corpus.val=-1
corpus=nothing
corpus=/etc/passwd
corpus=../x
logger=wandb logger.wandb.rows=-1
logger=wandb logger.wandb.mode=maybe
logger=tensorboard
logger.x=1
+logger.x=1
+logger.x={_target_: nothing.X}
=
a
a=
=a
[
{
"
'
$
${x}
seed=${x}
seed=${seed}
seed=${oc.env:NOTHING}
seed=${now:%Y}
--nothing
--config-name=x
--config-path=/x
--cfg
--cfg nothing
-m
-m seed=1,2 x=1
hydra.run.dir=/dev/null
hydra/launcher=x
+hydra.x=1
--resolve
--package x
-cd /nowhere
--config-dir=/nowhere
@
é=1
seed=é
\ud800
task=classification
task=classification vocabulary=labels
decoder=beam
decoder=prefix_beam decoder.width=0
experiment=nothing
sweep=optuna
""".splitlines()[1:]


def _train(train: Run, case: str) -> tuple[int, str]:
    # A value in braces may hold spaces.
    given = [case] if "{" in case else case.split()
    outcome = train("corpus=tones", "trainer=cpu", "run_dir=out", *given)
    return outcome.status, outcome.errors


@pytest.mark.parametrize("case", REGRESSIONS)
def test_an_override_that_cannot_be_is_one_line(train: Run, case: str) -> None:
    status, errors = _train(train, case)
    assert status == 2
    assert errors.startswith("error: ")
    assert errors.count("\n") == 1


@pytest.mark.slow
@pytest.mark.parametrize("case", OVERRIDES)
def test_whatever_is_overridden_is_accepted_or_refused_in_one_line(train: Run, case: str) -> None:
    status, errors = _train(train, case)
    assert status in (0, 2)
    assert status == 0 or (errors.startswith("error: ") and errors.count("\n") == 1)


COMMANDS = """
evaluate
evaluate {bundle}
evaluate {bundle} --manifest
evaluate {bundle} --manifest bad/bin.jsonl
evaluate {bundle} --manifest bad/nul.jsonl
evaluate {bundle} --manifest bad/num.jsonl
evaluate {bundle} --manifest bad/deep.jsonl
evaluate {bundle} --manifest bad/split.jsonl
evaluate {bundle} --manifest bad/types.jsonl
evaluate {bundle} --manifest bad/long.jsonl
evaluate {bundle} --manifest bad/off.jsonl
evaluate {bundle} --manifest bad/off.jsonl --root .
evaluate {bundle} --manifest /dev/zero
evaluate {bundle} --manifest bad/f.wav
evaluate /dev/zero --manifest m.jsonl
evaluate bad/f.wav --manifest m.jsonl
evaluate bad/t.wav --manifest m.jsonl
evaluate bad --manifest m.jsonl
evaluate {bundle} --manifest m.jsonl --split nothing
evaluate {bundle} --manifest m.jsonl --output /dev/null
evaluate {bundle} --manifest m.jsonl --output /proc/x
evaluate {bundle} --manifest m.jsonl --channel 7
evaluate {bundle} --manifest m.jsonl --channel all
evaluate {bundle} --manifest m.jsonl --batch 99999999999
evaluate {bundle} --manifest m.jsonl --processes 1e9
evaluate {bundle} --manifest m.jsonl --device cuda:9
evaluate {bundle} --corpus folders --split test
evaluate {bundle} --corpus folders --root bad --split test
evaluate {bundle} --corpus folders --root /proc --split test --set val=2
evaluate {bundle} --corpus yesno --root bad --split test --set download=false
evaluate {bundle} --corpus commonvoice --root bad --split train
evaluate {bundle} --corpus manifest --set path=m.jsonl --split test
evaluate {bundle} --corpus manifest --split test
evaluate {bundle} --corpus manifest --set path=bad/types.jsonl --split test
transcribe
transcribe {bundle}
transcribe {bundle} bad
transcribe {bundle} bad/f.wav bad/t.wav bad/e.wav /dev/zero /etc/passwd nothing.wav .
transcribe {bundle} bad/t.wav --format json
transcribe {bundle} train0.wav --format srt --output /proc/x
transcribe {bundle} train0.wav --output bad
transcribe {bundle} train0.wav --chunk nan
transcribe {bundle} train0.wav --chunk inf
transcribe {bundle} train0.wav --batch 0
transcribe {bundle} train3.wav
transcribe {bundle} train4.wav
transcribe {bundle} -- -rf
transcribe {bundle} -rf
transcribe bad/t.wav train0.wav
align
align {bundle}
align {bundle} train0.wav
align {bundle} train0.wav .
align {bundle} train0.wav train0.wav
align {bundle} bad a
align {bundle} bad --output o
align {bundle} . --output m.jsonl
align {bundle} train0.wav a --output bad
align {bundle} train0.wav a --output /proc/x
align {bundle} --manifest m.jsonl --output /proc/x
align {bundle} --manifest bad/types.jsonl --output o
align {bundle} --manifest bad/f.wav --output o
align {bundle} --manifest m.jsonl --output o --channel 7
describe {bundle} --seconds 1e9
describe {bundle} --seconds 0
describe nothing
describe {bundle} {bundle}
describe model=x
describe {bundle} --manifest bad/types.jsonl
describe {bundle} --manifest bad/deep.jsonl
describe --manifest /dev/zero
describe --manifest bad/f.wav
describe {bundle} --plot /proc/x.png
describe ~model
describe model=null
describe seed=x
describe model._target_=os.system
describe features.sample_rate=0
describe =
describe [
describe --classes 0
describe --classes 99999999999
describe bad/f.wav
check
check --manifest bad/bin.jsonl
check --manifest bad/nul.jsonl
check --manifest bad/num.jsonl
check --manifest bad/deep.jsonl
check --manifest bad/split.jsonl
check --manifest bad/types.jsonl
check --manifest bad/types.jsonl --json
check --manifest bad/long.jsonl --decode
check --manifest bad/off.jsonl
check --manifest bad/f.wav
check --manifest m.jsonl --decode
check --manifest m.jsonl --model bad
check --manifest m.jsonl --good m.jsonl
check --manifest m.jsonl --good /proc/x
check --manifest m.jsonl --good bad/g --bad bad/g
check --manifest m.jsonl --good bad
check --corpus manifest --set path=bad/types.jsonl
check --corpus manifest --set path=m.jsonl
check --corpus nothing
check --corpus folders --root /proc/1
check --corpus gtzan --root bad
check --corpus iemocap --root bad
check --corpus librispeech --root bad --set download=false
check --corpus tedlium --root bad --set download=false
check --corpus vctk --root bad --set download=false
check --corpus tones --set train=0 --root bad/tones
import
import nothing x
import bad/t.wav x
import bad/f.wav x
import bad/f.nemo x
import b/model.safetensors x
import bad bad/x
import /dev/zero x
import bad/t.wav x --sample-rate 0
import bad/t.wav {bundle}
trian
evaluate --model {bundle}
""".splitlines()[1:]


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with what the commands name, most of it bad."""
    monkeypatch.chdir(tmp_path)
    bad = tmp_path / "bad"
    bad.mkdir()
    os.mkfifo(bad / "f.wav")
    (bad / "t.wav").write_text("x")
    (bad / "e.wav").write_bytes(b"")
    (bad / "bin.jsonl").write_bytes(np.random.default_rng(0).bytes(3000))
    (bad / "nul.jsonl").write_bytes(bytes(100))
    (bad / "num.jsonl").write_text("1\n2\n")
    (bad / "deep.jsonl").write_text('{"a":' * 5000 + "1" + "}" * 5000)
    row = {"audio_filepath": "t.wav", "text": "a"}
    write_rows(bad / "split.jsonl", {**row, "split": [1]}, {**row, "id": "b", "split": None})
    values = (1, None, [], {}, True, "", "a")
    pairs = ({"audio_filepath": v, "text": w} for v in values for w in values)
    write_rows(bad / "types.jsonl", *pairs)
    write_rows(bad / "long.jsonl", {**row, "audio_filepath": "x" * 5000})
    write_rows(bad / "off.jsonl", {**row, "audio_filepath": "../train0.wav", "offset": 1e300})
    for number, samples in {0: tone(), 3: np.full(8000, np.nan), 4: np.zeros(0)}.items():
        soundfile.write(tmp_path / f"train{number}.wav", samples, 8000, subtype="FLOAT")
    write_rows(tmp_path / "m.jsonl", {**row, "audio_filepath": "train0.wav", "split": "test"})
    return tmp_path


@pytest.mark.slow
@pytest.mark.parametrize("case", COMMANDS)
def test_whatever_is_asked_is_done_or_refused_in_lines_that_say_why(
    run: Run, place: Path, bundle: Path, case: str
) -> None:
    outcome = run(*case.format(bundle=bundle.parent).split())
    assert outcome.status in (0, 2)
    lines = outcome.errors.splitlines()
    assert outcome.status == 0 or lines
    assert all(line.startswith("error: ") for line in lines)
    assert len(lines) <= 1 or case.startswith("transcribe")


def test_a_fifo_is_not_imported(run: Run, place: Path) -> None:
    refused(run("import", "bad/f.wav", "x"), "no such file")
