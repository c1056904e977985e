"""Arguments that several commands take, and what they mean."""

import argparse
import logging
import sys
from typing import Any

from asr.argument_types import channel, count, path
from asr.errors import InputError


def add_model(parser: argparse.ArgumentParser) -> None:
    """The model: a bundle, a run, or a checkpoint."""
    parser.add_argument("model", type=path, metavar="MODEL")


def add_data(parser: argparse.ArgumentParser) -> None:
    """A manifest or a corpus, for :func:`source_of`."""
    data = parser.add_mutually_exclusive_group(required=True)
    data.add_argument("--manifest", type=path, metavar="FILE", help="JSON lines, as data/README.md")
    data.add_argument("--corpus", metavar="NAME", help="a YAML of configs/corpus")
    parser.add_argument(
        "--root", type=path, metavar="DIR",
        help="where the corpus is; of a manifest, a folder beside its own that holds its audio",
    )  # fmt: skip
    parser.add_argument(
        "--split", help="train, val or test of a corpus; of a manifest, a value of its column split"
    )
    parser.add_argument(
        "--set", action="append", default=[], metavar="KEY=VALUE",
        help="another argument of the corpus; may be repeated",
    )  # fmt: skip


def source_of(args: argparse.Namespace) -> Any:
    """The data that :func:`add_data` has the user name.

    Raises:
        InputError: arguments of a corpus go with a manifest.
    """
    from asr.evaluation.source import Source

    if args.manifest is not None and args.set:
        raise InputError("--set goes with --corpus; leave it out")
    return Source(args.manifest, args.corpus, args.root, args.split, args.set)


def add_batch(parser: argparse.ArgumentParser) -> None:
    """How many utterances are recognised at once."""
    parser.add_argument(
        "--batch", type=count, default=16, metavar="N", help="most utterances at once (16)"
    )


def add_slice(parser: argparse.ArgumentParser, what: str) -> None:
    """Columns by which figures are told apart."""
    parser.add_argument(
        "--slice", action="append", default=[], metavar="COLUMN",
        help=f"{what} for each value of a column of the manifest, beside speaker, gender and "
        "duration; may be repeated",
    )  # fmt: skip


def add_inference(parser: argparse.ArgumentParser) -> None:
    """Where and on what a model computes, and what it may name."""
    parser.add_argument("--device", choices=("auto", "cpu", "cuda"), default="auto")
    parser.add_argument(
        "--channel", type=channel, metavar="C",
        help="of recordings with several: mix, all, or the number of one from 0 (mix, or all for "
        "a model of several)",
    )  # fmt: skip
    add_allow(parser)


def add_bf16(parser: argparse.ArgumentParser) -> None:
    """In which precision to compute."""
    parser.add_argument(
        "--bf16", action="store_true",
        help="compute in bf16, faster where the processor has it; compare once that texts stay",
    )  # fmt: skip


def add_allow(parser: argparse.ArgumentParser) -> None:
    """Packages of others that a model may name."""
    parser.add_argument(
        "--allow", action="append", default=[], metavar="PACKAGE",
        help="another package whose classes the model may name; may be repeated",
    )  # fmt: skip


def say(text: str) -> None:
    """Write a line, or several, to standard output."""
    sys.stdout.write(text + "\n")


def quiet() -> None:
    """Keep messages off standard output, which a program may read."""
    logging.getLogger("asr").setLevel(logging.ERROR)
