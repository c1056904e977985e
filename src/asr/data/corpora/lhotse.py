"""Corpora that Lhotse has prepared: cuts, recordings with supervisions, and Shar folders."""

import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from asr.data.corpora.json_lines import read_json_lines
from asr.data.corpora.lhotse_rows import Member, cut_utterances, supervision_utterance
from asr.data.tar_samples import tar_members
from asr.data.utterance import Split, Utterance
from asr.errors import InputError

_HELP = "https://lhotse.readthedocs.io"
_SHARD = re.compile(r"cuts\.(\d+)\.jsonl(\.gz)?")


class Lhotse:
    """Manifests of JSON lines, which are read here: Lhotse itself need not be installed.

    An entry of a split is a file of cuts; a file of supervisions with ``supervisions`` in its
    name, beside one with ``recordings`` in that place; or a Shar folder, with audio in it.

    Args:
        root: folder of the manifests.
        train: what to train on, relative to the root.
        val: for validation.
        test: for testing.
        audio_root: folder from which relative paths of audio count; the working folder where
            not given, as in Lhotse.
        label: field of a supervision that is the label, as ``language``; none where not given.
    """

    def __init__(
        self,
        root: str,
        *,
        train: Sequence[str] = ("cuts_train.jsonl.gz",),
        val: Sequence[str] = ("cuts_dev.jsonl.gz",),
        test: Sequence[str] = ("cuts_test.jsonl.gz",),
        audio_root: str | None = None,
        label: str | None = None,
    ) -> None:
        self.root = Path(root)
        self.entries: dict[Split, Sequence[str]] = {"train": train, "val": val, "test": test}
        self.audio_root = Path(audio_root or ".")
        self.label = label

    def prepare(self) -> None:
        for names in self.entries.values():
            for name in names:
                _need(self.root / name)

    def sources(self, split: Split) -> list[Path]:
        entries = [self.root / name for name in self.entries[split]]
        return [path for entry in entries for path in (entry, _recordings_of(entry)) if path]

    def utterances(self, split: Split) -> Iterator[Utterance]:
        for name in self.entries[split]:
            entry = self.root / name
            _need(entry)
            if entry.is_dir():
                yield from self._of_shar(entry)
            elif recordings := _recordings_of(entry):
                yield from self._of_supervisions(entry, recordings)
            else:
                for number, cut in read_json_lines(entry):
                    yield from self._of_cut(cut, f"{entry}:{number}", None)

    def _of_cut(
        self, cut: Mapping[str, Any], line: str, member: Member | None
    ) -> Iterator[Utterance]:
        if "recording_id" in cut or "sources" in cut:
            raise InputError(
                f"{line}: is no cut; give a file of cuts, or one of supervisions that is named so"
            )
        return cut_utterances(cut, line, self.audio_root, self.label, member)

    def _of_supervisions(self, file: Path, recordings: Path) -> Iterator[Utterance]:
        _need(recordings)
        known = {row.get("id"): row for _, row in read_json_lines(recordings)}
        for number, row in read_json_lines(file):
            line = f"{file}:{number}"
            if (recording := known.get(row.get("recording_id"))) is None:
                raise InputError(
                    f"{line}: no recording {row.get('recording_id')!r} in {recordings}; "
                    "prepare both again"
                )
            yield supervision_utterance(row, recording, line, self.audio_root, self.label)

    def _of_shar(self, folder: Path) -> Iterator[Utterance]:
        shards = sorted(path for path in folder.iterdir() if _SHARD.fullmatch(path.name))
        if not shards:
            raise InputError(f"{folder}: no cuts.000000.jsonl.gz, so no Shar folder; see {_HELP}")
        for shard in shards:
            found = _SHARD.fullmatch(shard.name)
            archive = folder / f"recording.{found[1] if found else ''}.tar"
            members = _audio_members(archive)
            for number, cut in read_json_lines(shard):
                line, (name, member) = f"{shard}:{number}", next(members, ("", None))
                if name != cut.get("id"):
                    raise InputError(
                        f"{line}: the cut {cut.get('id')!r} is {name!r} in {archive}; both must "
                        "have the same order, so export them again"
                    )
                if member is not None:
                    yield from self._of_cut(cut, line, member)
            if rest := next(members, None):
                raise InputError(f"{archive}: has {rest[0]!r} after the last cut; export it again")


def _audio_members(archive: Path) -> Iterator[tuple[str, Member | None]]:
    """The data of each cut with the cut's name; ``None`` for a cut that has none."""
    for name, window in tar_members(archive):
        stem, _, kind = name.rpartition(".")
        if kind == "nodata":
            yield stem, None
        elif kind not in ("json", "nometa"):
            yield stem, Member(archive, window)


def _recordings_of(entry: Path) -> Path | None:
    if "supervisions" not in entry.name:
        return None
    return entry.with_name(entry.name.replace("supervisions", "recordings"))


def _need(path: Path) -> None:
    if not path.exists():
        raise InputError(
            f"{path}: not there; prepare the corpus with Lhotse (pip install -e '.[lhotse]', then "
            f"'lhotse prepare'; see {_HELP}), or set corpus.root and the names of its files"
        )
