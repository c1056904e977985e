"""``asr align``: when each word of a known text was said."""

import argparse
import sys
from pathlib import Path
from typing import Any

from asr.argument_types import chunk, path
from asr.commands.shared_arguments import add_inference, add_model, quiet, say
from asr.errors import InputError
from asr.text.printable import printable

WHAT = "tell when each word of a known text was said"
MORE = (
    "TEXT is what is said in AUDIO, or a file that holds it. Of a folder, every audio file is "
    "aligned with the text beside it, NAME.txt, and of a manifest every row; then --output is a "
    "folder, with a file for each. TextGrid is for Praat; json has the model's confidence in each "
    "word, as the last column of ctm has. What cannot be aligned does not stop the others; the "
    "exit status is then 2. docs/alignment.md tells how exact the times are."
)
EXAMPLES = [
    'asr align runs/mine clip.wav "seven two four" --output clip.TextGrid',
    "asr align runs/mine interview.flac interview.txt --format srt",
    "asr align runs/mine recordings/ --format json --output aligned",
    "asr align runs/mine --manifest test.jsonl --format ctm --output aligned",
]


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add them."""
    add_model(parser)
    parser.add_argument("audio", type=path, nargs="?", metavar="AUDIO", help="or a folder")
    parser.add_argument("text", nargs="?", metavar="TEXT", help="what is said, or a file of it")
    parser.add_argument(
        "--manifest", type=path, metavar="FILE", help="in place of AUDIO and TEXT: JSON lines"
    )
    parser.add_argument("--split", help="of the manifest, a value of its column split")
    parser.add_argument(
        "--root", type=path, metavar="DIR", help="a folder beside the manifest's that holds audio"
    )
    parser.add_argument(
        "--format", choices=("TextGrid", "ctm", "srt", "json"), default="TextGrid",
        help="(TextGrid)",
    )  # fmt: skip
    parser.add_argument(
        "--output",
        type=path,
        metavar="PATH",
        help="a file in place of standard output, or a folder",
    )
    parser.add_argument(
        "--chunk", type=chunk, default=60.0, metavar="SECONDS",
        help="longest piece of a recording that is heard at once (60)",
    )  # fmt: skip
    add_inference(parser)


def run(args: argparse.Namespace) -> int:
    """Write when each word was said."""
    from asr.bundle import load_model
    from asr.evaluation.alignment import align_recordings
    from asr.evaluation.alignment_folder import AlignmentFolder
    from asr.evaluation.alignment_format import FORMATS
    from asr.evaluation.recognise import channel_for, pick_device
    from asr.evaluation.transcribe import Failure

    quiet()
    several, recordings = _recordings(args)
    bundle = load_model(args.model, args.allow)
    folder, failed = AlignmentFolder(args.output or Path(), args.format), False
    for found in align_recordings(
        bundle.recognizer, recordings, longest=args.chunk,
        channel=channel_for(bundle, args.channel), device=pick_device(args.device),
    ):  # fmt: skip
        if isinstance(found, Failure):
            failed = True
            _complain(found.reason)
        elif several:
            failed |= not _written(folder, found)
        elif args.output is not None:
            args.output.write_text(FORMATS[args.format](found), encoding="utf-8")
        else:
            sys.stdout.write(FORMATS[args.format](found))
    if several:
        say(f"written to {args.output}: {folder.recordings} recordings, {folder.words} words")
    return 2 if failed else 0


def _written(folder: Any, found: Any) -> bool:
    try:
        folder.write(found)
    except InputError as error:  # its name cannot be that of a file; others can
        _complain(str(error))
        return False
    return True


def _complain(reason: str) -> None:
    sys.stderr.write(f"error: {printable(reason)}\n")


def _recordings(args: argparse.Namespace) -> tuple[bool, Any]:
    """Whether there may be several recordings to align, and these."""
    from asr.evaluation import alignment_sources as sources

    if (args.manifest is None) == (args.audio is None):
        raise InputError("give AUDIO and TEXT, a folder, or --manifest; see asr align --help")
    several = args.manifest is not None or args.audio.is_dir()
    if several and args.output is None:
        raise InputError("--output: give a folder, for a file of each recording")
    if args.manifest is not None:
        return True, sources.manifest_recordings(args.manifest, args.split, args.root)
    if args.split is not None or args.root is not None:
        raise InputError("--split and --root go with --manifest; leave them out")
    if several:
        if args.text is not None:
            raise InputError(f"{args.audio}: is a folder, whose texts lie in it; leave out TEXT")
        return True, sources.folder_recordings(args.audio)
    if args.text is None:
        raise InputError(f"{args.audio}: needs TEXT, what is said in it, or a file that holds it")
    return False, [sources.one_recording(args.audio, args.text)]
