"""The ``asr`` command: one function for each of its commands.

What a command needs is imported when it runs, so that ``asr --help`` loads neither torch nor
hydra. Whatever the user gave that cannot be used ends in one line and status 2.
"""

import argparse
import logging
import sys
from collections.abc import Sequence
from contextlib import nullcontext
from pathlib import Path
from typing import Any

from asr.cli_arguments import make_parser
from asr.command_line import one_line_errors
from asr.commands import compare, lm, report, robustness, runs, spot, threshold
from asr.cpu_settings import settle_cpu
from asr.errors import InputError
from asr.text.printable import printable


def main(argv: Sequence[str] | None = None) -> int:
    """Run a command; returns the exit status."""
    given = list(sys.argv[1:] if argv is None else argv)
    if given[:1] == ["train"]:
        return train(given[1:])
    settle_cpu()
    with one_line_errors():
        try:
            args = make_parser().parse_args(given or ["--help"])
            command = {
                "evaluate": evaluate,
                "transcribe": transcribe,
                "describe": describe,
                "check": check,
                "shard": shard,
                "import": import_,
                "compare": compare.run,
                "robustness": robustness.run,
                "spot": spot.run,
                "threshold": threshold.run,
                "report": report.run,
                "runs": runs.run,
                "lm": lm.run,
            }[args.command]
            return command(args)
        except BrokenPipeError:
            raise
        except OSError as error:
            raise InputError(_of_system(error)) from error
        except KeyboardInterrupt:
            return 130


def train(overrides: Sequence[str]) -> int:
    """Run train.py."""
    if {"-h", "--help"} & set(overrides):
        from asr.train_help import train_help

        sys.stdout.write(train_help())
        return 0
    import asr.train

    # Lightning starts further processes by repeating the script in sys.argv[0]; under
    # `python -m asr` it would repeat the module, if it could see that there is one.
    sys.argv = [str(asr.train.__file__), *overrides]
    sys.modules["__main__"].__spec__ = None
    asr.train.main()
    return 0


def evaluate(args: argparse.Namespace) -> int:
    """Score a model on a manifest or a corpus."""
    from asr.evaluation.evaluate import evaluate
    from asr.evaluation.evaluation_text import more
    from asr.evaluation.recognise import pick_device
    from asr.evaluation.scoring import scoring_of
    from asr.evaluation.table import figures

    if args.output is not None:
        args.output.mkdir(parents=True, exist_ok=True)  # now, not after an hour
    found = evaluate(
        args.model, _source(args), batch=args.batch, processes=args.processes,
        channel=args.channel, device=pick_device(args.device), allow=args.allow,
        scoring=scoring_of(args.scoring), columns=args.slice, precision=args.precision,
        timed=args.latency,
    )  # fmt: skip
    kept, skipped = len(found.scores.utterances), len(found.skipped)
    told = {
        **found.scores.rates, **found.scores.counts, "utterances": kept, "skipped": skipped,
        "audio_seconds": f"{found.audio_seconds:.1f}",
        "real_time_factor": found.summary["real_time_factor"],
    }  # fmt: skip
    _write(f"{printable(f'{found.model} on {found.data}')}\n{figures(told)}")
    _write(more(found.summary, args.slice))
    for item in found.skipped[:5]:
        _write(printable(f"  skipped: {item.line or item.path}: {item.reason}"))
    if args.output is not None:
        found.write(args.output)
        _write(f"written to {args.output}: summary.json, utterances.jsonl, skipped.jsonl")
    return 0


def transcribe(args: argparse.Namespace) -> int:
    """Write what is said in audio files."""
    from asr.bundle import load_model
    from asr.evaluation.recognise import channel_for, pick_device
    from asr.evaluation.transcribe import Failure, audio_files, transcribe
    from asr.evaluation.transcript_format import to_line, to_subtitles, to_values
    from asr.json_files import to_json

    _quiet()
    bundle = load_model(args.model, args.allow)
    files = audio_files(args.files)
    if args.format == "srt" and len(files) > 1:
        raise InputError(f"--format srt: is for one file at a time, got {len(files)}")
    heard = transcribe(
        bundle.recognizer, files, batch=args.batch, longest=args.chunk,
        timed=args.format != "text", channel=channel_for(bundle, args.channel),
        device=pick_device(args.device),
    )  # fmt: skip
    failed, values = False, list[Any]()
    with _output(args.output) as out:
        for item in heard:
            if isinstance(item, Failure):
                failed = True
                _complain(item.reason)
            elif args.format == "text":
                out.write(to_line(item, named=len(files) > 1 or files != args.files))
                out.flush()
            elif args.format == "srt":
                out.write(to_subtitles(item))
            if args.format == "json":
                values.append(to_values(item))
        if args.format == "json":
            out.write(to_json(values) + "\n")
    return 2 if failed else 0


def describe(args: argparse.Namespace) -> int:
    """Tell what a network is made of."""
    from asr.evaluation.describe import describe
    from asr.evaluation.description_plot import plot, refuse_plot
    from asr.evaluation.description_text import entry, to_text
    from asr.evaluation.feasibility import feasibility
    from asr.json_files import to_json

    _quiet()
    if args.plot is not None:
        refuse_plot(args.plot)
    splits = _splits(args)
    recognizer, assumed = _described(args, splits)
    feasible = None if splits is None else feasibility(recognizer, splits)
    description = describe(recognizer.model, args.seconds)
    if args.plot is not None:
        plot(description, args.plot)
    if args.json:
        told = feasible.to_json() if feasible else None
        _write(to_json(
            {**description.to_json(), "feasibility": told, "classes_assumed": assumed}
        ))  # fmt: skip
        return 0
    _write(to_text(description))
    if feasible:
        _write(entry("feasibility", feasible.lines()))
    if assumed is not None:
        _write(f"note: {assumed} classes are assumed, the vocabulary is learnt in training; "
               "--classes sets another number")  # fmt: skip
    if args.plot is not None:
        _write(f"written to {args.plot}")
    return 0


def _splits(args: argparse.Namespace) -> Any:
    """The utterances that are to be described with the network, if any."""
    from asr.evaluation.feasibility import read_manifest

    if args.manifest is not None:
        return read_manifest(args.manifest, args.split)
    if args.split is not None:
        raise InputError("--split goes with --manifest")
    return None


def _described(args: argparse.Namespace, splits: Any) -> Any:
    """The recogniser to describe, and how many classes were assumed of it."""
    from asr.bundle import load_model
    from asr.evaluation.feasibility import taught
    from asr.evaluation.untrained import untrained

    if _is_model(args.what):
        return load_model(Path(args.what[0]), args.allow).recognizer, None
    if splits is None:
        return untrained(args.what, args.classes)
    if args.classes is not None:
        raise InputError("--classes: with --manifest the vocabulary has its size; leave it out")
    return untrained(args.what, utterances=taught(splits))


def import_(args: argparse.Namespace) -> int:
    """Make a bundle of a model that was trained elsewhere."""
    from asr.importing.imported import import_model

    made = import_model(args.source, args.out, args.units, args.sample_rate)
    recognizer = made.recognizer
    parameters = sum(parameter.numel() for parameter in recognizer.model.parameters())
    _write(
        f"{args.source.name}: {parameters:,} parameters, {len(recognizer.vocabulary)} symbols, "
        f"{recognizer.model.sample_rate} Hz, a frame every {recognizer.model.hop_ms:g} ms"
    )
    if made.left_aside:
        _write(f"left aside, of training only: {', '.join(made.left_aside)}")
    _write(f"written to {made.path}; use it:\n  asr transcribe {made.path} FILE.wav")
    return 0


def check(args: argparse.Namespace) -> int:
    """Tell what a corpus holds and what is wrong with it."""
    from asr.bundle import load_model
    from asr.evaluation.check import check
    from asr.evaluation.report_text import to_text, to_values
    from asr.evaluation.rows import read_rows
    from asr.evaluation.sorted_rows import write_sorted
    from asr.json_files import to_json

    if args.json:
        _quiet()
    recognizer = load_model(args.model, args.allow).recognizer if args.model else None
    source = _source(args)
    rows = read_rows(source)
    report = check(rows, recognizer, decode=args.decode, most_skipped=args.max_skip_fraction)
    write_sorted(rows, report, args.good, args.bad, args.manifest)
    _write(to_json(to_values(report)) if args.json else to_text(report))
    if report.refusals:
        first, *more = report.refusals
        others = f" (and {len(more)} more reasons; --json lists them)" if more else ""
        raise InputError(f"{source.name}: training would refuse it: {printable(first)}{others}")
    return 0


def shard(args: argparse.Namespace) -> int:
    """Write a corpus into tar files."""
    from asr.data.index import Index
    from asr.data.sharding import write_shards

    name = args.name or args.split
    if name and Path(name).name != name:
        raise InputError(f"--name {name}: makes no file name; give train, val or test")
    if name is None:
        raise InputError("--name is needed where --split is not given: train, val or test")
    source = _source(args)
    index = Index.of(source.utterances())
    done = write_shards(
        index, args.output, name, shard_bytes=int(args.shard_mb * 2**20), flac=args.flac,
        seed=None if args.in_order else args.seed,
    )  # fmt: skip
    left = [f"{item.line or item.path}: {item.reason}" for item in index.skipped[:5]]
    _write(
        f"{done.utterances} utterances of {source.name} in {done.shards} shards, "
        f"{len(index.skipped) + len(done.unread)} left out"
    )
    for reason in [*left, *done.unread][:5]:
        _write(f"  left out: {reason}")
    _write(f"written to {args.output}; train on them:\n"
           f"  asr train corpus=shards corpus.root={args.output}")  # fmt: skip
    return 0


def _source(args: argparse.Namespace) -> Any:
    from asr.evaluation.source import Source

    if args.manifest is not None and args.set:
        raise InputError("--set goes with --corpus; leave it out")
    return Source(args.manifest, args.corpus, args.root, args.split, args.set)


def _is_model(what: Sequence[str]) -> bool:
    """Whether a path is meant; an override has an equals sign, or takes something away."""
    paths = [item for item in what if "=" not in item and not item.startswith("~")]
    paths += [item for item in what if item not in paths and Path(item).exists()]
    if paths and len(what) > 1:
        raise InputError(
            f"{paths[0]}: give one bundle, run folder or .ckpt file, or overrides as key=value"
        )
    return bool(paths)


def _output(path: Path | None) -> Any:
    return nullcontext(sys.stdout) if path is None else path.open("w", encoding="utf-8")


def _write(text: str) -> None:
    sys.stdout.write(text + "\n")


def _complain(reason: str) -> None:
    sys.stderr.write(f"error: {printable(reason)}\n")


def _quiet() -> None:
    """Keep messages off standard output, which a program may read."""
    logging.getLogger("asr").setLevel(logging.ERROR)


def _of_system(error: OSError) -> str:
    name = f"{error.filename}: " if error.filename else ""
    return f"{name}{error.strerror or error}; check the path and its permissions"
