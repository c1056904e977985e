"""``asr describe``: what a network is made of, costs and hears."""

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from asr.argument_types import count, path, seconds
from asr.commands.shared_arguments import (
    add_allow,
    quiet,
    say,
)
from asr.errors import InputError

WHAT = "tell what a network is made of, costs and hears"
MORE = (
    "Of a trained model, or of the one that train.py would begin with: a table of its layers "
    "with output shape, parameters, multiply-accumulates and memory traffic for each second "
    "of audio, contexts and hop; whether its output lengths are those of its forward pass; "
    "whether it can hear while somebody speaks, with what delay, and which layers stand "
    "against it. All figures come from the layers themselves. With --manifest, how many "
    "utterances have fewer frames than their text needs, and the largest hop in ms, a "
    "multiple of the features' own, that leaves 99.9 % of them enough: what is not learnt "
    "yet of the vocabulary is learnt from the manifest. Headers are read, nothing is decoded."
)
EXAMPLES = [
    "asr describe runs/mine",
    "asr describe model=seed",
    "asr describe model.every.separable=true features.hop_ms=5 --json",
    "asr describe model=seed --manifest train.jsonl --plot receptive_field.png",
]


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add them."""
    parser.add_argument("what", nargs="*", metavar="MODEL or OVERRIDE", help="default: the default")
    parser.add_argument("--json", action="store_true", help="everything, machine-readable")
    parser.add_argument(
        "--classes", type=count, metavar="N",
        help="classes of the output, blank included, while the vocabulary is not learnt (29; 30 "
        "for labels)",
    )  # fmt: skip
    parser.add_argument(
        "--seconds", type=seconds, default=1.0, metavar="S",
        help="of the input for which shapes are told, and weights read once (1)",
    )  # fmt: skip
    parser.add_argument(
        "--manifest", type=path, metavar="FILE", help="JSON lines, for a network of the CTC task"
    )
    parser.add_argument("--split", help="a value of the manifest's column split; all if not given")
    parser.add_argument(
        "--plot", type=path, metavar="FILE",
        help="draw how the receptive field grows, to .png, .svg or .pdf; needs the extra plot",
    )  # fmt: skip
    add_allow(parser)


def run(args: argparse.Namespace) -> int:
    """Tell what a network is made of."""
    from asr.evaluation.describe import describe
    from asr.evaluation.description_plot import plot, refuse_plot
    from asr.evaluation.description_text import entry, to_text
    from asr.evaluation.feasibility import feasibility
    from asr.json_files import to_json

    quiet()
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
        say(to_json(
            {**description.to_json(), "feasibility": told, "classes_assumed": assumed}
        ))  # fmt: skip
        return 0
    say(to_text(description))
    if feasible:
        say(entry("feasibility", feasible.lines()))
    if assumed is not None:
        say(f"note: {assumed} classes are assumed, the vocabulary is learnt in training; "
               "--classes sets another number")  # fmt: skip
    if args.plot is not None:
        say(f"written to {args.plot}")
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


def _is_model(what: Sequence[str]) -> bool:
    """Whether a path is meant; an override has an equals sign, or takes something away."""
    paths = [item for item in what if "=" not in item and not item.startswith("~")]
    paths += [item for item in what if item not in paths and Path(item).exists()]
    if paths and len(what) > 1:
        raise InputError(
            f"{paths[0]}: give one bundle, run folder or .ckpt file, or overrides as key=value"
        )
    return bool(paths)
