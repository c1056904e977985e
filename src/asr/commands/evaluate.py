"""``asr evaluate``: how well a model does on any data."""

import argparse

from asr.argument_types import count, path, precision
from asr.commands.decoding_arguments import add_decoding, decoder_of
from asr.commands.shared_arguments import (
    add_batch,
    add_bf16,
    add_data,
    add_inference,
    add_model,
    add_slice,
    say,
    source_of,
)
from asr.text.printable import printable

WHAT = "score a model on a manifest or a corpus"
MORE = (
    "Prints the error rates with 95 % intervals and, with --output, writes summary.json, "
    "utterances.jsonl, skipped.jsonl and confusions.json, of labels confusion.json. Computes "
    "in float32, so that the figures are those of the training run's test, whatever the batch "
    "size and number of processes, unless --bf16 is given. "
    "Utterances that cannot be read, or are too short for a frame, are skipped and named; a "
    "transcript with characters that the model does not know counts as errors."
)
EXAMPLES = [
    "asr evaluate runs/mine --manifest test.jsonl --output results",
    "asr evaluate runs/mine --manifest all.jsonl --split dev --batch 32",
    "asr evaluate runs/mine --manifest test.jsonl --lm bigrams.arpa --beam 100",
    "asr evaluate model.safetensors --corpus yesno --root data/yesno --split test",
]


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add them."""
    add_model(parser)
    add_data(parser)
    parser.add_argument("--output", type=path, metavar="DIR", help="folder for the files")
    add_batch(parser)
    parser.add_argument(
        "--processes", type=count, default=1, metavar="N",
        help="processes that share the utterances and the cores; worth their start of some "
        "seconds where there are many cores or GPUs (1)",
    )  # fmt: skip
    parser.add_argument(
        "--scoring", action="append", default=[], metavar="KEY=VALUE",
        help="compare texts in a form of your own in place of the model's: case=lower, upper or "
        "keep, punctuation=remove or keep, spare=CHARACTERS to keep; may be repeated",
    )  # fmt: skip
    add_slice(parser, "rates")
    parser.add_argument(
        "--precision", type=precision, default=0.95, metavar="P",
        help="share that should be right of what is not rejected for its confidence (0.95)",
    )  # fmt: skip
    parser.add_argument(
        "--latency", type=count, default=0, nargs="?", const=100, metavar="N",
        help="time N utterances one by one, from file to text (100); not timed if not given",
    )  # fmt: skip
    add_decoding(parser)
    add_inference(parser)
    add_bf16(parser)


def run(args: argparse.Namespace) -> int:
    """Score a model on a manifest or a corpus."""
    from asr.evaluation.evaluate import evaluate
    from asr.evaluation.evaluation_text import more
    from asr.evaluation.recognise import pick_device
    from asr.evaluation.scoring import scoring_of
    from asr.evaluation.table import figures

    if args.output is not None:
        args.output.mkdir(parents=True, exist_ok=True)  # now, not after an hour
    found = evaluate(
        args.model, source_of(args), batch=args.batch, processes=args.processes,
        channel=args.channel, device=pick_device(args.device), allow=args.allow,
        scoring=scoring_of(args.scoring), columns=args.slice, precision=args.precision,
        timed=args.latency, decoder=decoder_of(args), bf16=args.bf16,
    )  # fmt: skip
    kept, skipped = len(found.scores.utterances), len(found.skipped)
    told = {
        **found.scores.rates, **found.scores.counts, "utterances": kept, "skipped": skipped,
        "audio_seconds": f"{found.audio_seconds:.1f}",
        "real_time_factor": found.summary["real_time_factor"],
    }  # fmt: skip
    say(f"{printable(f'{found.model} on {found.data}')}\n{figures(told)}")
    say(more(found.summary, args.slice))
    for item in found.skipped[:5]:
        say(printable(f"  skipped: {item.line or item.path}: {item.reason}"))
    if args.output is not None:
        say(f"written to {args.output}: {', '.join(found.write(args.output))}")
    return 0
