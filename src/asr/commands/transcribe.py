"""``asr transcribe``: what is said in audio files."""

import argparse
import sys
from contextlib import nullcontext
from pathlib import Path
from typing import Any

from asr.argument_types import chunk, count, path
from asr.commands.decoding_arguments import add_decoding, decoder_of
from asr.commands.shared_arguments import add_bf16, add_inference, add_model, quiet
from asr.errors import InputError
from asr.text.printable import printable

WHAT = "write what is said in audio files"
MORE = (
    "Files may have any sample rate and number of channels; of folders, all audio files in "
    "them are taken. Text is one line for a file, after its path if there are several; json "
    "and srt have the times of words, json how sure the model is of each as well. A model of "
    "labels prints the label and its probability. "
    "Recordings longer than --chunk are cut where it is quiet, and transcribed "
    "piece by piece. A file that cannot be read does not stop the others; the exit status "
    "is then 2."
)
EXAMPLES = [
    "asr transcribe runs/mine interview.flac",
    "asr transcribe runs/mine recordings/ --format json --output recordings.json",
    "asr transcribe runs/mine calls/ --lm trigrams.arpa --hot-words names.txt",
    "asr transcribe runs/mine film.wav --format srt --output film.srt",
]


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add them."""
    add_model(parser)
    parser.add_argument("files", type=path, nargs="+", metavar="FILE", help="or a folder")
    parser.add_argument("--format", choices=("text", "json", "srt"), default="text")
    parser.add_argument("--output", type=path, metavar="FILE", help="in place of standard output")
    parser.add_argument(
        "--batch", type=count, default=8, metavar="N", help="most files or pieces at once (8)"
    )
    parser.add_argument(
        "--chunk", type=chunk, default=60.0, metavar="SECONDS",
        help="longest piece of a recording that is transcribed at once (60)",
    )  # fmt: skip
    parser.add_argument(
        "--n-best", type=count, default=0, metavar="N",
        help="tell the N best transcripts, with scores, in json",
    )  # fmt: skip
    add_decoding(parser)
    add_inference(parser)
    add_bf16(parser)


def run(args: argparse.Namespace) -> int:
    """Write what is said in audio files."""
    from asr.bundle import load_model
    from asr.evaluation.recognise import channel_for, pick_device
    from asr.evaluation.redecoding import with_decoder
    from asr.evaluation.transcribe import Failure, audio_files, transcribe
    from asr.evaluation.transcript_format import to_line, to_subtitles, to_values
    from asr.json_files import to_json

    quiet()
    if args.n_best and args.format != "json":
        raise InputError("--n-best: is told in json; give --format json")
    bundle = load_model(args.model, args.allow)
    recognizer = with_decoder(bundle.recognizer, decoder_of(args))
    files = audio_files(args.files)
    if args.format == "srt" and len(files) > 1:
        raise InputError(f"--format srt: is for one file at a time, got {len(files)}")
    heard = transcribe(
        recognizer, files, batch=args.batch, longest=args.chunk, alternatives=args.n_best,
        timed=args.format != "text", channel=channel_for(bundle, args.channel),
        device=pick_device(args.device), bf16=args.bf16,
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


def _output(path: Path | None) -> Any:
    return nullcontext(sys.stdout) if path is None else path.open("w", encoding="utf-8")


def _complain(reason: str) -> None:
    sys.stderr.write(f"error: {printable(reason)}\n")
