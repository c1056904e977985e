"""Print the table of docs/models.md: what each model of configs/model costs and hears.

    python scripts/models_table.py > table.md

With fresh weights, 29 outputs for transcription and 30 labels for classification, which is what
``asr describe model=NAME`` assumes.
"""

import argparse
import logging
import sys
from pathlib import Path

from asr.compose import CONFIGS
from asr.evaluation.describe import describe
from asr.evaluation.untrained import untrained


def main() -> None:
    """Write a line of Markdown for each model, smallest file name first."""
    argparse.ArgumentParser(description=__doc__).parse_args()
    logging.getLogger("asr").setLevel(logging.ERROR)
    out = sys.stdout
    out.write("| `model=` | parameters | MACs per s of audio | hears | look-ahead | hop |\n")
    out.write("|---|---|---|---|---|---|\n")
    for path in sorted((Path(CONFIGS) / "model").glob("*.yaml")):
        found = describe(untrained([f"model={path.stem}"]).recognizer.model)
        span, ms = found.span, found.milliseconds
        out.write(
            f"| {path.stem} | {found.parameters:,} | {found.macs_per_second / 1e6:,.0f} M "
            f"| {ms(span.receptive_field) / 1000:.2f} s | {ms(span.right) / 1000:.2f} s "
            f"| {ms(span.stride):g} ms |\n"
        )
        out.flush()


if __name__ == "__main__":
    main()
