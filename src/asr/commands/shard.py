"""``asr shard``: a corpus in tar files."""

import argparse
from pathlib import Path

from asr.argument_types import count_or_none, megabytes, path
from asr.commands.shared_arguments import (
    add_data,
    say,
    source_of,
)
from asr.errors import InputError

WHAT = "write a corpus into tar files, to be read in sequence"
MORE = (
    "Tar files as WebDataset writes them, each with an index beside it, for corpus=shards: a "
    "few large files in place of millions of small ones. Recordings are copied byte for byte; "
    "what is a part of a longer recording is written as FLAC. The order is drawn at random, "
    "once, so that neighbours differ in speaker and topic. All shards appear at once, when "
    "all are written."
)
EXAMPLES = [
    "asr shard shards --corpus librispeech --root data/librispeech --split train",
    "asr shard shards --manifest all.jsonl --split dev --name val --flac",
    "asr train corpus=shards corpus.root=shards data.shuffle_window=50000",
]


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add them."""
    parser.add_argument("output", type=path, metavar="DIR", help="folder for the shards")
    add_data(parser)
    parser.add_argument(
        "--name", metavar="NAME", help="what names of shards begin with (the split)"
    )
    parser.add_argument(
        "--shard-mb", type=megabytes, default=512.0, metavar="MB", help="size of a shard (512)"
    )
    parser.add_argument(
        "--flac", action="store_true", help="write all recordings as FLAC of 16 bits"
    )
    order = parser.add_mutually_exclusive_group()
    order.add_argument(
        "--seed", type=count_or_none, default=0, metavar="N", help="of the order (0)"
    )
    order.add_argument("--in-order", action="store_true", help="keep the order of the corpus")


def run(args: argparse.Namespace) -> int:
    """Write a corpus into tar files."""
    from asr.data.index import Index
    from asr.data.sharding import write_shards

    name = args.name or args.split
    if name and (Path(name).name != name or "\0" in name):
        raise InputError(f"--name {name}: makes no file name; give train, val or test")
    if name is None:
        raise InputError("--name is needed where --split is not given: train, val or test")
    source = source_of(args)
    index = Index.of(source.utterances())
    done = write_shards(
        index, args.output, name, shard_bytes=int(args.shard_mb * 2**20), flac=args.flac,
        seed=None if args.in_order else args.seed,
    )  # fmt: skip
    left = [f"{item.line or item.path}: {item.reason}" for item in index.skipped[:5]]
    say(
        f"{done.utterances} utterances of {source.name} in {done.shards} shards, "
        f"{len(index.skipped) + len(done.unread)} left out"
    )
    for reason in [*left, *done.unread][:5]:
        say(f"  left out: {reason}")
    say(f"written to {args.output}; train on them:\n"
           f"  asr train corpus=shards corpus.root={args.output}")  # fmt: skip
    return 0
