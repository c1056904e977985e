"""The commands of ``asr`` with their arguments, and what they say of themselves."""

import argparse
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any, NoReturn

from asr.argument_types import channel, chunk, count, megabytes, seconds, share
from asr.commands import (
    compare,
    evaluation_options,
    lm,
    report,
    robustness,
    runs,
    spot,
    threshold,
)
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
  asr describe model=seed
  asr check --manifest train.jsonl
  asr import stt_en_quartznet15x5.nemo quartznet
  asr shard shards --manifest train.jsonl --name train

asr COMMAND --help tells more of each."""


def make_parser() -> argparse.ArgumentParser:
    """The parser of all commands but ``train``, whose arguments are Hydra's."""
    parser = _Parser(
        prog="asr", description=_ABOUT, epilog=_EXAMPLES, allow_abbrev=False,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )  # fmt: skip
    parser.add_argument("--version", action="version", version=f"asr {version('asr')}")
    commands = parser.add_subparsers(
        title="commands", metavar="COMMAND", dest="command", required=True
    )
    commands.add_parser("train", help="train a model: the same program as train.py")
    _add_evaluate(commands)
    _add_transcribe(commands)
    _add_describe(commands)
    _add_check(commands)
    _add_import(commands)
    _add_shard(commands)
    compare.arguments(_command(commands, "compare", compare.WHAT, compare.MORE, compare.EXAMPLES))
    _add_of_model(commands, "robustness", robustness)
    _add_of_model(commands, "spot", spot)
    _add_of_model(commands, "threshold", threshold)
    report.arguments(_command(commands, "report", report.WHAT, report.MORE, report.EXAMPLES))
    runs.arguments(_command(commands, "runs", runs.WHAT, runs.MORE, runs.EXAMPLES))
    lm.arguments(_command(
        commands, "lm", "learn an n-gram language model from a text",
        "By modified Kneser-Ney smoothing; writes an ARPA file, which KenLM reads as well.",
        ["asr lm train sentences.txt --order 2 --output bigrams.arpa"],
    ))  # fmt: skip
    return parser


def _add_of_model(commands: Any, name: str, module: Any) -> None:
    """A command that uses a model; of data, if it does not bring its own."""
    parser = _command(commands, name, module.WHAT, module.MORE, module.EXAMPLES)
    parser.add_argument("model", type=Path, metavar="MODEL")
    if name == "robustness":
        _add_data(parser)
        parser.add_argument(
            "--batch", type=count, default=16, metavar="N", help="most utterances at once (16)"
        )
    module.arguments(parser)
    _add_inference(parser)


def _add_evaluate(commands: Any) -> None:
    parser = _command(
        commands, "evaluate", "score a model on a manifest or a corpus",
        "Prints the error rates with 95 % intervals and, with --output, writes summary.json, "
        "utterances.jsonl, skipped.jsonl and confusions.json, of labels confusion.json. Computes "
        "in float32, so that the figures are those of the training run's test, whatever the batch "
        "size and number of processes. "
        "Utterances that cannot be read, or are too short for a frame, are skipped and named; a "
        "transcript with characters that the model does not know counts as errors.",
        ["asr evaluate runs/mine --manifest test.jsonl --output results",
         "asr evaluate runs/mine --manifest all.jsonl --split dev --batch 32",
         "asr evaluate model.safetensors --corpus yesno --root data/yesno --split test"],
    )  # fmt: skip
    parser.add_argument("model", type=Path, metavar="MODEL")
    _add_data(parser)
    parser.add_argument("--output", type=Path, metavar="DIR", help="folder for the files")
    parser.add_argument(
        "--batch", type=count, default=16, metavar="N", help="most utterances at once (16)"
    )
    parser.add_argument(
        "--processes", type=count, default=1, metavar="N",
        help="processes that share the utterances and the cores; worth their start of some "
        "seconds where there are many cores or GPUs (1)",
    )  # fmt: skip
    evaluation_options.arguments(parser)
    _add_inference(parser)


def _add_transcribe(commands: Any) -> None:
    parser = _command(
        commands, "transcribe", "write what is said in audio files",
        "Files may have any sample rate and number of channels; of folders, all audio files in "
        "them are taken. Text is one line for a file, after its path if there are several; json "
        "and srt have the times of words. A model of labels prints the label and its "
        "probability. Recordings longer than --chunk are cut where it is quiet, and transcribed "
        "piece by piece. A file that cannot be read does not stop the others; the exit status "
        "is then 2.",
        ["asr transcribe runs/mine interview.flac",
         "asr transcribe runs/mine recordings/ --format json --output recordings.json",
         "asr transcribe runs/mine film.wav --format srt --output film.srt"],
    )  # fmt: skip
    parser.add_argument("model", type=Path, metavar="MODEL")
    parser.add_argument("files", type=Path, nargs="+", metavar="FILE", help="or a folder")
    parser.add_argument("--format", choices=("text", "json", "srt"), default="text")
    parser.add_argument("--output", type=Path, metavar="FILE", help="in place of standard output")
    parser.add_argument(
        "--batch", type=count, default=8, metavar="N", help="most files or pieces at once (8)"
    )
    parser.add_argument(
        "--chunk", type=chunk, default=60.0, metavar="SECONDS",
        help="longest piece of a recording that is transcribed at once (60)",
    )  # fmt: skip
    _add_inference(parser)


def _add_describe(commands: Any) -> None:
    parser = _command(
        commands, "describe", "tell what a network is made of, costs and hears",
        "Of a trained model, or of the one that train.py would begin with: a table of its layers "
        "with output shape, parameters, multiply-accumulates and memory traffic for each second "
        "of audio, contexts and hop; whether its output lengths are those of its forward pass; "
        "whether it can hear while somebody speaks, with what delay, and which layers stand "
        "against it. All figures come from the layers themselves. With --manifest, how many "
        "utterances have fewer frames than their text needs, and the largest hop in ms, a "
        "multiple of the features' own, that leaves 99.9 % of them enough: what is not learnt "
        "yet of the vocabulary is learnt from the manifest. Headers are read, nothing is decoded.",
        ["asr describe runs/mine", "asr describe model=seed",
         "asr describe model.every.separable=true features.hop_ms=5 --json",
         "asr describe model=seed --manifest train.jsonl --plot receptive_field.png"],
    )  # fmt: skip
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
        "--manifest", type=Path, metavar="FILE", help="JSON lines, for a network of the CTC task"
    )
    parser.add_argument("--split", help="a value of the manifest's column split; all if not given")
    parser.add_argument(
        "--plot", type=Path, metavar="FILE",
        help="draw how the receptive field grows, to .png, .svg or .pdf; needs asr[plot]",
    )  # fmt: skip
    _add_allow(parser)


def _add_import(commands: Any) -> None:
    parser = _command(
        commands, "import", "make a bundle of a model that was trained elsewhere",
        "Of a .nemo file of QuartzNet, Jasper, Citrinet, MatchboxNet or MarbleNet, or of a state "
        "dict of torchaudio's Wav2Letter: architecture, weights, features and vocabulary, so "
        "that the bundle can be evaluated, used and fine-tuned as any other. The file is read as "
        "data, nothing in it is run. What has no counterpart here is named, and nothing is "
        "written then.",
        ["asr import stt_en_quartznet15x5.nemo quartznet.safetensors",
         "asr import wav2letter.pt wav2letter --units units.txt"],
    )  # fmt: skip
    parser.add_argument("source", type=Path, metavar="FILE", help=".nemo, or a state dict")
    parser.add_argument("out", type=Path, metavar="OUT", help="a .safetensors file, or a folder")
    parser.add_argument(
        "--units", type=Path, metavar="FILE",
        help="for a state dict: a line for each class, a character, <space> or <blank>",
    )  # fmt: skip
    parser.add_argument(
        "--sample-rate", type=count, default=16000, metavar="HZ",
        help="for a state dict: of the audio that it was trained on (16000)",
    )  # fmt: skip


def _add_check(commands: Any) -> None:
    parser = _command(
        commands, "check", "tell what a corpus holds and what is wrong with it",
        "Durations, sample rates, characters, words, labels and speakers of each split, and every "
        "fault: rows that cannot be read, audio that cannot, ids that repeat, ids, recordings, "
        "copies of them and speakers that splits share, the same audio with other texts, "
        "symbols outside the vocabulary of --model or of the training split, with --model "
        "utterances too short for their text, and with --decode audio that is silent, clipped, "
        "quiet or off centre. The exit status is 2 where training, with its settings as they come, "
        "would refuse the corpus as a whole: for malformed or repeated rows, a split of which too "
        "much is unusable, what train and test share other than speakers, or a label to be tested "
        "that training has not; else it is 0, whatever was found.",
        ["asr check --manifest all.jsonl", "asr check --corpus yesno --root data/yesno --decode",
         "asr check --manifest mine.jsonl --model runs/mine --json"],
    )  # fmt: skip
    _add_data(parser)
    parser.add_argument("--model", type=Path, metavar="MODEL", help="that should suit the corpus")
    parser.add_argument("--decode", action="store_true", help="read every sample, not only headers")
    parser.add_argument("--good", type=Path, metavar="FILE", help="write the usable rows there")
    parser.add_argument(
        "--bad", type=Path, metavar="FILE", help="write the other rows there, each with its reason"
    )
    parser.add_argument(
        "--max-skip-fraction", type=share, default=0.01, metavar="SHARE",
        help="of a split that may be unusable, as data.max_skip_fraction of training (0.01)",
    )  # fmt: skip
    parser.add_argument("--json", action="store_true", help="everything, machine-readable")
    _add_allow(parser)


def _add_shard(commands: Any) -> None:
    parser = _command(
        commands, "shard", "write a corpus into tar files, to be read in sequence",
        "Tar files as WebDataset writes them, each with an index beside it, for corpus=shards: a "
        "few large files in place of millions of small ones. Recordings are copied byte for byte; "
        "what is a part of a longer recording is written as FLAC. The order is drawn at random, "
        "once, so that neighbours differ in speaker and topic. All shards appear at once, when "
        "all are written.",
        ["asr shard shards --corpus librispeech --root data/librispeech --split train",
         "asr shard shards --manifest all.jsonl --split dev --name val --flac",
         "asr train corpus=shards corpus.root=shards data.shuffle_window=50000"],
    )  # fmt: skip
    parser.add_argument("output", type=Path, metavar="DIR", help="folder for the shards")
    _add_data(parser)
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
    order.add_argument("--seed", type=int, default=0, metavar="N", help="of the order (0)")
    order.add_argument("--in-order", action="store_true", help="keep the order of the corpus")


def _command(
    commands: Any, name: str, what: str, more: str, examples: Sequence[str]
) -> argparse.ArgumentParser:
    parser: argparse.ArgumentParser = commands.add_parser(
        name, help=what, description=more, allow_abbrev=False,
        epilog="\n  ".join(["examples:", *examples]),
        formatter_class=_Help,
    )  # fmt: skip
    return parser


class _Help(argparse.RawDescriptionHelpFormatter):
    """Wraps the description, and leaves the examples as they are."""

    def _fill_text(self, text: str, width: int, indent: str) -> str:
        if text.startswith("examples:"):
            return super()._fill_text(text, width, indent)
        return argparse.HelpFormatter._fill_text(self, text, width, indent)


def _add_data(parser: argparse.ArgumentParser) -> None:
    data = parser.add_mutually_exclusive_group(required=True)
    data.add_argument("--manifest", type=Path, metavar="FILE", help="JSON lines, as data/README.md")
    data.add_argument("--corpus", metavar="NAME", help="a YAML of configs/corpus")
    parser.add_argument(
        "--root", type=Path, metavar="DIR",
        help="where the corpus is; of a manifest, a folder beside its own that holds its audio",
    )  # fmt: skip
    parser.add_argument(
        "--split", help="train, val or test of a corpus; of a manifest, a value of its column split"
    )
    parser.add_argument(
        "--set", action="append", default=[], metavar="KEY=VALUE",
        help="another argument of the corpus; may be repeated",
    )  # fmt: skip


def _add_inference(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--device", choices=("auto", "cpu", "cuda"), default="auto")
    parser.add_argument(
        "--channel", type=channel, metavar="C",
        help="of recordings with several: mix, all, or the number of one from 0 (mix, or all for "
        "a model of several)",
    )  # fmt: skip
    _add_allow(parser)


def _add_allow(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--allow", action="append", default=[], metavar="PACKAGE",
        help="another package whose classes the model may name; may be repeated",
    )  # fmt: skip


class _Parser(argparse.ArgumentParser):
    """Refuses in one line, as everything else here does."""

    def error(self, message: str) -> NoReturn:
        raise InputError(f"{message}; see {self.prog} --help")
