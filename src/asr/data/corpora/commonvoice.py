"""Common Voice: sentences read by volunteers in over a hundred languages (Ardila et al., 2020)."""

from collections.abc import Iterator, Mapping
from pathlib import Path

from asr.data.corpora.on_disk import need
from asr.data.utterance import Split, Utterance
from asr.errors import InputError

_SOURCE = "https://commonvoice.mozilla.org/datasets (by hand, after accepting its terms)"
_TABLES: dict[Split, str] = {"train": "train.tsv", "val": "dev.tsv", "test": "test.tsv"}
_NEEDED = ("client_id", "path", "sentence")
_EXTRAS = ("age", "gender", "accent", "accents", "locale", "variant")


class CommonVoice:
    """One language; its tables train, dev and test share no speaker.

    The tables are read here: ``torchaudio.datasets.COMMONVOICE`` takes a quotation mark that opens
    a sentence for one that encloses a field, and swallows the rows up to the next one
    (https://github.com/pytorch/audio/issues/2838).

    Args:
        root: folder of the language, which holds ``clips/`` and the tables.
    """

    def __init__(self, root: str) -> None:
        self.root = Path(root)

    def prepare(self) -> None:
        need(self.root / "clips", _SOURCE)

    def sources(self, split: Split) -> list[Path]:
        return [self.root / _TABLES[split]]

    def utterances(self, split: Split) -> Iterator[Utterance]:
        need(self.root / "clips", _SOURCE)
        for line, row in _rows(self.root / _TABLES[split]):
            name = row["path"] if row["path"].endswith(".mp3") else row["path"] + ".mp3"
            yield Utterance(
                id=Path(name).stem,
                path=self.root / "clips" / name,
                text=row["sentence"],
                speaker=row["client_id"],
                extras={key: row[key] for key in _EXTRAS if row.get(key)},
                line=line,
            )


def _rows(table: Path) -> Iterator[tuple[str, Mapping[str, str]]]:
    """The rows of a table, each with its place as ``file:line``."""
    try:
        # Only "\n" ends a row: a sentence may hold any other line break of Unicode.
        with table.open(encoding="utf-8-sig", newline="\n") as file:
            header = next(file, "").rstrip("\r\n").split("\t")
            if missing := [key for key in _NEEDED if key not in header]:
                raise InputError(f"{table}:1: no column {missing[0]!r}; has {', '.join(header)}")
            for number, text in enumerate(file, start=2):
                cells = text.rstrip("\r\n").split("\t")
                if len(cells) != len(header):
                    raise InputError(
                        f"{table}:{number}: {len(cells)} cells under {len(header)} columns; "
                        "download the table again"
                    )
                yield f"{table}:{number}", dict(zip(header, cells, strict=True))
    except FileNotFoundError:
        raise InputError(f"{table}: no such table; get it from {_SOURCE}") from None
    except UnicodeDecodeError:
        raise InputError(f"{table}: not UTF-8; download the table again") from None
