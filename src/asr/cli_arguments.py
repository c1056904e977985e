"""The parser of ``asr``, and what it says of the commands together."""

import argparse
from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from importlib.metadata import version
from typing import NoReturn, Protocol

from asr.errors import InputError

_ABOUT = """Train, evaluate and use convolutional recognisers of speech and sounds.

MODEL is always a bundle (model.safetensors), the folder of a run, or one of its .ckpt files."""
_EXAMPLES = """examples:
  asr train corpus=yesno vocabulary=words
  asr evaluate runs/mine --manifest test.jsonl --output results
  asr compare results/before results/after
  asr report results/after
  asr runs runs/sweep --sort wer
  asr transcribe runs/mine interview.flac
  asr align runs/mine interview.flac interview.txt
  asr describe model=seed
  asr check --manifest train.jsonl
  asr import stt_en_quartznet15x5.nemo quartznet
  asr lm train sentences.txt --order 2 --output bigrams.arpa
  asr tune runs/mine --manifest dev.jsonl --lm bigrams.arpa --output tuned.json
  asr shard shards --manifest train.jsonl --name train

asr COMMAND --help tells more of each."""


class Command(Protocol):
    """What a file of a command has to have.

    Attributes:
        WHAT: it does, in a line.
        MORE: of it.
        EXAMPLES: lines to type.
    """

    WHAT: str
    MORE: str
    EXAMPLES: list[str]

    def arguments(self, parser: argparse.ArgumentParser) -> None:
        """Add its arguments."""

    def run(self, args: argparse.Namespace) -> int:
        """Do it; returns the exit status."""


def make_parser(commands: Mapping[str, Command]) -> argparse.ArgumentParser:
    """The parser of ``commands``, and of ``train``, whose arguments are Hydra's."""
    parser = _Parser(
        prog="asr", description=_ABOUT, epilog=_EXAMPLES, allow_abbrev=False,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )  # fmt: skip
    parser.add_argument("--version", action="version", version=f"asr {version('asr')}")
    each = parser.add_subparsers(title="commands", metavar="COMMAND", dest="command", required=True)
    each.add_parser("train", help="train a model: the same program as train.py")
    for name, command in commands.items():
        command.arguments(each.add_parser(
            name, help=command.WHAT, description=command.MORE, allow_abbrev=False,
            epilog="\n  ".join(["examples:", *command.EXAMPLES]), formatter_class=_Help,
        ))  # fmt: skip
    return parser


class _Help(argparse.RawDescriptionHelpFormatter):
    """Wraps the description, and leaves the examples as they are."""

    def _fill_text(self, text: str, width: int, indent: str) -> str:
        if text.startswith("examples:"):
            return super()._fill_text(text, width, indent)
        return argparse.HelpFormatter._fill_text(self, text, width, indent)


class _Parser(argparse.ArgumentParser):
    """Refuses in one line, as everything else here does, and for the command that was given."""

    def parse_known_args(  # type: ignore[override]
        self, args: Sequence[str] | None = None, namespace: argparse.Namespace | None = None
    ) -> tuple[argparse.Namespace, list[str]]:
        known, others = super().parse_known_args(args, namespace)
        if others:
            option = others[0].partition("=")[0]
            near = get_close_matches(option, self._option_string_actions, n=1)
            hint = f"; did you mean {near[0]}?" if near else ""
            self.error(f"unrecognized arguments: {' '.join(others)}{hint}")
        return known, others

    def error(self, message: str) -> NoReturn:
        raise InputError(f"{message}; see {self.prog} --help")
