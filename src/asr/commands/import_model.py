"""``asr import``: a bundle of a model that was trained elsewhere."""

import argparse

from asr.argument_types import count, path
from asr.commands.shared_arguments import (
    say,
)

WHAT = "make a bundle of a model that was trained elsewhere"
MORE = (
    "Of a .nemo file of QuartzNet, Jasper, Citrinet, MatchboxNet or MarbleNet, or of a state "
    "dict of torchaudio's Wav2Letter: architecture, weights, features and vocabulary, so "
    "that the bundle can be evaluated, used and fine-tuned as any other. The file is read as "
    "data, nothing in it is run. What has no counterpart here is named, and nothing is "
    "written then."
)
EXAMPLES = [
    "asr import stt_en_quartznet15x5.nemo quartznet.safetensors",
    "asr import wav2letter.pt wav2letter --units units.txt",
]


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add them."""
    parser.add_argument("source", type=path, metavar="FILE", help=".nemo, or a state dict")
    parser.add_argument("out", type=path, metavar="OUT", help="a .safetensors file, or a folder")
    parser.add_argument(
        "--units", type=path, metavar="FILE",
        help="for a state dict: a line for each class, a character, <space> or <blank>",
    )  # fmt: skip
    parser.add_argument(
        "--sample-rate", type=count, default=16000, metavar="HZ",
        help="for a state dict: of the audio that it was trained on (16000)",
    )  # fmt: skip


def run(args: argparse.Namespace) -> int:
    """Make a bundle of a model that was trained elsewhere."""
    from asr.importing.imported import import_model

    made = import_model(args.source, args.out, args.units, args.sample_rate)
    recognizer = made.recognizer
    parameters = sum(parameter.numel() for parameter in recognizer.model.parameters())
    say(
        f"{args.source.name}: {parameters:,} parameters, {len(recognizer.vocabulary)} symbols, "
        f"{recognizer.model.sample_rate} Hz, a frame every {recognizer.model.hop_ms:g} ms"
    )
    if made.left_aside:
        say(f"left aside, of training only: {', '.join(made.left_aside)}")
    say(f"written to {made.path}; use it:\n  asr transcribe {made.path} FILE.wav")
    return 0
