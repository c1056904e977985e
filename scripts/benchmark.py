"""How fast this application is, against plain PyTorch on the same work; JSON and a table.

    python scripts/benchmark.py --recordings FSDD/audio          connected digits, real speech
    python scripts/benchmark.py --parts index                    what needs no corpus

Every contender runs in a process of its own, one after the other, and so a few times over: only
ratios within one such run mean anything, and machines that do other work give wide spreads.
Contenders of training: ``asr`` is `python train.py`, ``asr lean`` the same without the average of
the weights and the doctor, which the others do not have, ``bare`` its parts in a bare loop over
batches in memory, ``plain`` plain PyTorch in float32 over random batches of 16.
"""

import argparse
import json
import math
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
Figures = dict[str, Any]
_SYMBOLS = " abcdefghijklmnopqrstuvwxyz'"
_SECONDS = {"separable_small": 12_000.0, "quartznet_5x5": 400.0}  # of audio, for each contender
_BATCH = 5972 / 139  # seconds in a batch of digits, in the mean
_OF_TRAINING = ["plain", "bare", "asr", "asr lean", "bare 32"]


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--recordings", type=Path, help="the Free Spoken Digit Dataset's audio")
    parser.add_argument("--work", type=Path, default=Path(tempfile.gettempdir()) / "asr-benchmark")
    parser.add_argument("--parts", nargs="+", choices=sorted(_PARTS), default=sorted(_PARTS))
    parser.add_argument(
        "--models", nargs="+", choices=sorted(_SECONDS), default=["separable_small"]
    )
    parser.add_argument(
        "--contenders", nargs="+", choices=_OF_TRAINING, default=_OF_TRAINING, help="of training"
    )
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--share", type=float, default=1.0, help="of the audio to train on")
    parser.add_argument(
        "--schedule", choices=["constant", "one_cycle"], default="constant",
        help="of training: of the learning rate of plain and asr; one_cycle is asr's own",
    )  # fmt: skip
    parser.add_argument("--seed", type=int, default=1, help="of training: weights and batches")
    parser.add_argument("--json", type=Path, help="write the figures here")
    args = parser.parse_args()
    if args.recordings is None and not set(args.parts) <= {"index", "peak", "start"}:
        parser.error("--recordings is needed for training and inference")
    found: Figures = {}
    for part in args.parts:
        found[part] = _PARTS[part](args)
    if args.json:
        args.json.write_text(json.dumps(found, indent=2) + "\n")


def _training(args: argparse.Namespace) -> Figures:
    found = {}
    of_plain = ["--seed", str(args.seed), "--schedule", args.schedule]
    for model in args.models:
        manifest = _manifest(args)
        seconds = _SECONDS[model] * args.share
        common = [*_overrides(model, manifest, args.schedule), f"seed={args.seed}"]
        contenders: dict[str, Callable[[], Figures]] = {
            "plain": lambda s=seconds, m=model, f=manifest: _script(
                "train_plain", "--manifest", str(f), "--model", m, "--seconds", str(s), *of_plain
            ),
            "bare": lambda s=seconds, c=common: _script("train_ours", "--seconds", str(s), *c),
            "asr": lambda s=seconds, c=common: _train(args.work, s, c),
            "asr lean": lambda s=seconds, c=common: _train(
                args.work, s, [*c, "callbacks.ema=null", "callbacks.doctor=null"]
            ),
            "bare 32": lambda s=seconds, c=common: _script(
                "train_ours", "--precision", "32", "--seconds", str(s), *c
            ),
        }
        chosen = {name: contenders[name] for name in args.contenders}
        found[model] = _rounds(f"training {model}", chosen, args.rounds, "audio_per_second")
    return found


def _overrides(model: str, manifest: Path, schedule: str = "constant") -> list[str]:
    symbols = ",".join(json.dumps(symbol) for symbol in _SYMBOLS)
    return [
        f"model={model}", "corpus=manifest", f"corpus.path={manifest}", "vocabulary=characters",
        f"vocabulary.units=[{symbols}]", "augment=none", "data.batch_seconds=50",
        f"schedule={schedule}", "optimizer.lr=1e-3", "optimizer.betas=[0.9,0.999]",
        "optimizer.weight_decay=1e-3", "trainer.accelerator=cpu",
    ]  # fmt: skip


def _train(work: Path, seconds: float, overrides: Sequence[str]) -> Figures:
    with tempfile.TemporaryDirectory(dir=work) as folder:
        run = Path(folder) / "run"
        launched = time.time()
        peak = _fit(run, seconds, overrides)
        summary = json.loads((run / "summary.json").read_text())
    figures = summary["throughput"]
    figures["first_step"] -= launched
    more = {"wer": summary["test"]["wer"], "steps": summary["steps"], "peak_mb": peak}
    return {**figures, **more}


def _fit(run: Path, seconds: float, overrides: Sequence[str]) -> float:
    """Train about ``seconds`` of audio into the folder ``run``; most megabytes in memory."""
    steps = max(1, round(seconds / _BATCH))
    command = [sys.executable, str(ROOT / "train.py"), *overrides, f"run_dir={run}"]
    command += [f"trainer.max_steps={steps}", "trainer.max_epochs=null"]
    return _measured([*command, f"trainer.validate_every={10**6}"])[1]


def _overhead(args: argparse.Namespace) -> Figures:
    """Steps of a run and of a bare loop in turns, in the same process."""
    found: Figures = {}
    for model in args.models:
        shares = []
        for _ in range(args.rounds):
            overrides = _overrides(model, _manifest(args))
            with tempfile.TemporaryDirectory(dir=args.work) as folder:
                steps = Path(folder) / "steps.json"
                bare = f"{{_target_: scripts.bench.bare_steps.BareSteps, path: {steps}}}"
                overrides.append(f"+callbacks.bare={bare}")
                _fit(Path(folder) / "run", _SECONDS[model] * args.share, overrides)
                seconds = json.loads(steps.read_text())
            shares.append(sum(seconds["bare"]) / sum(seconds["run"]))
            print(model, {name: len(v) for name, v in seconds.items()})
        found[model] = shares
        print(
            f"{model}: a run is at {statistics.median(shares):.1%} ({min(shares):.1%} to "
            f"{max(shares):.1%}) of the speed of a bare loop"
        )
    return found


def _start(args: argparse.Namespace) -> Figures:
    """The default run on a corpus that is there, up to its first step, against imports alone."""
    imports = [sys.executable, "-c", "import torch, torchaudio, lightning, hydra"]
    args.work.mkdir(parents=True, exist_ok=True)
    default = [f"data_root={args.work / 'data'}"]
    _train(args.work, 0, default)
    contenders: dict[str, Callable[[], Figures]] = {
        "imports": lambda: _timed(imports),
        "asr": lambda: {"seconds": _train(args.work, 0, default)["first_step"]},
    }
    return _rounds("first step", contenders, args.rounds, "seconds")


def _timed(command: Sequence[str]) -> Figures:
    began = time.monotonic()
    _run(command)
    return {"seconds": time.monotonic() - began}


def _inference(args: argparse.Namespace) -> Figures:
    """Both contenders with the weights of one run; texts of the plain one are of batch 1.

    It does not mask, so padding in a batch changes what it writes.
    """
    manifest = _manifest(args)
    bundle = args.work / "bundle"
    if not (bundle / "model.safetensors").exists():
        _fit(bundle, 18_000, _overrides("separable_small", manifest))
    found: Figures = {}
    for batch in (1, 16):
        common = ["--bundle", str(bundle), "--manifest", str(manifest), "--batch", str(batch)]
        contenders: dict[str, Callable[[], Figures]] = {
            name: lambda n=name, c=common: _script("infer", "--contender", n, *c)
            for name in ("plain", "asr")
        }
        title = f"inference, batch {batch}"
        found[f"batch {batch}"] = _rounds(title, contenders, args.rounds, "audio_per_second")
    wanted = found["batch 1"]["plain"][0]["texts"]
    for batch, runs in found.items():
        same = sum(map(str.__eq__, wanted, runs["asr"][0]["texts"]))
        print(f"{batch}: {same} of {len(wanted)} texts are those of plain, one by one")
    return found


def _index(args: argparse.Namespace) -> Figures:
    figures = _run([sys.executable, "-m", "scripts.bench.index"])
    print(figures)
    return json.loads(figures)


def _peak(args: argparse.Namespace) -> Figures:
    """The default stack's step against a matrix product."""
    *told, figures = _run([sys.executable, "-m", "scripts.bench.peak"]).splitlines()
    print("", *told, sep="\n")
    return json.loads(figures)


def _manifest(args: argparse.Namespace) -> Path:
    from scripts.bench.digits import make

    args.work.mkdir(parents=True, exist_ok=True)
    return make(args.recordings, args.work / "digits").resolve()


def _rounds(
    title: str, contenders: dict[str, Callable[[], Figures]], rounds: int, key: str
) -> Figures:
    runs: dict[str, list[Figures]] = {name: [] for name in contenders}
    for _ in range(rounds):
        for name, measure in contenders.items():
            runs[name].append(measure())
    print(f"\n{title}: {key}, median (least to most) of {rounds}, and the ratio to the first")
    base = next(iter(contenders))
    for name, figures in runs.items():
        values = [figure[key] for figure in figures]
        ratios = [a[key] / b[key] for a, b in zip(figures, runs[base], strict=True)]
        rest = {
            other: round(statistics.median(figure[other] for figure in figures), 3)
            for other, value in figures[0].items()
            if other != key and isinstance(value, int | float)
        }
        print(
            f"  {name:8} {statistics.median(values):8.1f} ({min(values):.1f} to {max(values):.1f})"
            f"  x{statistics.median(ratios):.2f} ({min(ratios):.2f} to {max(ratios):.2f})  {rest}"
        )
    return runs


def _script(name: str, *arguments: str) -> Figures:
    launched = time.time()
    lines = _run([sys.executable, "-m", f"scripts.bench.{name}", *arguments]).splitlines()
    figures: Figures = json.loads(lines[-1])
    if "first_step" in figures:
        figures["first_step"] -= launched
    return figures


def _run(command: Sequence[str]) -> str:
    return _measured(command)[0]


def _measured(command: Sequence[str]) -> tuple[str, float]:
    """What a program printed, and the most megabytes that its process had in memory."""
    with tempfile.TemporaryFile("w+") as errors:
        process = subprocess.Popen(
            command, cwd=ROOT, stdout=subprocess.PIPE, stderr=errors, text=True,
            env={**os.environ, "NO_COLOR": "1"},
        )  # fmt: skip
        assert process.stdout is not None
        with process.stdout as lines:
            printed = lines.read()
        if sys.platform == "win32":  # which does not tell
            megabytes = math.nan
            process.wait()
        else:
            _, status, usage = os.wait4(process.pid, 0)
            process.returncode = os.waitstatus_to_exitcode(status)
            megabytes = usage.ru_maxrss / (2**20 if sys.platform == "darwin" else 2**10)
        if process.returncode:
            errors.seek(0)
            said = errors.read()[-2000:]
            sys.exit(f"error: {' '.join(command)} ended with {process.returncode}:\n{said}")
    return printed, megabytes


_PARTS: dict[str, Callable[[argparse.Namespace], Figures]] = {
    "training": _training,
    "inference": _inference,
    "overhead": _overhead,
    "peak": _peak,
    "start": _start,
    "index": _index,
}

if __name__ == "__main__":
    sys.path.insert(0, str(ROOT))
    main()
