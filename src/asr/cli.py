"""The ``asr`` command: one function for each of its commands.

What a command needs is imported when it runs, so that ``asr --help`` loads neither torch nor
hydra. Whatever the user gave that cannot be used ends in one line and status 2.
"""

import argparse
import logging
import sys
from collections.abc import Callable, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any, NoReturn

from asr.command_line import one_line_errors
from asr.errors import InputError

_ABOUT = """Train, evaluate and use convolutional recognisers of speech and sounds.

MODEL is always a bundle (model.safetensors), the folder of a run, or one of its .ckpt files."""
_EXAMPLES = """examples:
  asr train corpus=yesno vocabulary=words
  asr evaluate runs/mine --manifest test.jsonl --output results
  asr transcribe runs/mine interview.flac
  asr describe model=seed
  asr check --manifest train.jsonl

asr COMMAND --help tells more of each."""


def main(argv: Sequence[str] | None = None) -> int:
    """Run a command; returns the exit status."""
    given = list(sys.argv[1:] if argv is None else argv)
    with one_line_errors():
        try:
            if given[:1] == ["train"]:
                return train(given[1:])
            args = _parser().parse_args(given or ["--help"])
            command: Callable[[argparse.Namespace], int] = args.command
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
    from asr.evaluation.recognise import pick_device
    from asr.evaluation.table import figures

    if args.output is not None and args.output.exists() and not args.output.is_dir():
        raise InputError(f"--output: {args.output} is a file; give a folder")
    found = evaluate(
        args.model, _source(args), batch=args.batch, processes=args.processes,
        channel=args.channel, device=pick_device(args.device), allow=args.allow,
    )  # fmt: skip
    kept, skipped = len(found.scores.utterances), len(found.skipped)
    told = {
        **found.scores.rates, **found.scores.counts, "utterances": kept, "skipped": skipped,
        "audio_seconds": f"{found.audio_seconds:.1f}",
        "real_time_factor": found.summary["real_time_factor"],
    }  # fmt: skip
    _write(f"{found.model} on {found.data}", figures(told))
    for item in found.skipped[:5]:
        _write(f"  skipped: {item.line or item.path}: {item.reason}")
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
    recognizer = load_model(args.model, args.allow).recognizer
    files = audio_files(args.files)
    if args.format == "srt" and len(files) > 1:
        raise InputError(f"--format srt: is for one file at a time, got {len(files)}")
    heard = transcribe(
        recognizer, files, batch=args.batch, longest=args.chunk, timed=args.format != "text",
        channel=channel_for(recognizer.model, args.channel), device=pick_device(args.device),
    )  # fmt: skip
    failed, values = False, []
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
            values.append(to_values(item))
        if args.format == "json":
            out.write(to_json(values) + "\n")
    return 2 if failed else 0
