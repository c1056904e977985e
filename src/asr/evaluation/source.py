"""Where the utterances to evaluate or check come from: a manifest, or a corpus by its name."""

from collections.abc import Iterator, Sequence
from difflib import get_close_matches
from pathlib import Path
from typing import Any, NamedTuple, get_args

from asr.compose import compose
from asr.config import build, check
from asr.data.corpora.manifest import Manifest
from asr.data.utterance import Corpus, Split, Utterance
from asr.errors import InputError

SPLITS: tuple[Split, ...] = get_args(Split)


class Source(NamedTuple):
    """What was asked for on the command line.

    Attributes:
        manifest: a file of JSON lines, or ``None`` for a corpus.
        corpus: name of a YAML under ``configs/corpus``.
        root: folder of the corpus; what its YAML says where not given. Of a manifest, a folder
            in which its audio may lie.
        split: of the corpus, or a value of the manifest's column ``split``.
        settings: further arguments of the corpus, each ``key=value`` as Hydra reads it.
    """

    manifest: Path | None = None
    corpus: str | None = None
    root: Path | None = None
    split: str | None = None
    settings: Sequence[str] = ()

    @property
    def name(self) -> str:
        """How reports call it."""
        told = str(self.manifest or self.corpus)
        return f"{told} ({self.split})" if self.split else told

    def utterances(self) -> Iterator[Utterance]:
        """The rows asked for, in their order.

        Raises:
            InputError: there are none, or the corpus cannot be had.
        """
        if self.manifest is not None:
            return manifest_rows(self.manifest, self.split, self.root)
        split = known_split(self.split)
        corpus = named_corpus(self.corpus or "", self.root, self.settings)
        corpus.prepare()
        return iter(corpus.utterances(split))


def manifest_rows(file: Path, split: str | None, root: Path | None = None) -> Iterator[Utterance]:
    """The rows of a manifest; those whose column ``split`` holds a value, if one is given.

    Args:
        root: a folder beside the manifest's in which audio may lie.

    Raises:
        InputError: the file is no manifest, or no row has that value.
    """
    corpus = Manifest(test=str(file), roots=None if root is None else [str(root)])
    corpus.prepare()
    others: set[str] = set()
    found = False
    for utterance in corpus.utterances("test"):
        value = str(utterance.extras.get("split", ""))
        if split is None or value == split:
            found = True
            yield utterance
        else:
            others.add(value)
    if not found and split is not None:
        there = ", ".join(map(repr, sorted(others - {""}))) or "no column 'split' at all"
        raise InputError(f"{file}: no row has split {split!r}{_did_you_mean(split, others)}; "
                         f"there is {there}")  # fmt: skip


def named_corpus(name: str, root: Path | None, settings: Sequence[str]) -> Corpus:
    """The corpus that a YAML under ``configs/corpus`` describes.

    Raises:
        InputError: there is no such YAML, or it does not take the settings.
    """
    if wrong := [setting for setting in settings if "=" not in setting]:
        raise InputError(f"--set {wrong[0]}: write key=value, as in --set download=false")
    overrides = [f"corpus={name}", *(f"corpus.{setting}" for setting in settings)]
    node: dict[str, Any] = compose(overrides)["corpus"]
    if root is not None:
        node["root"] = str(root)  # not as an override: a path may hold what Hydra takes for syntax
    check({"corpus": node}, {}, {})
    corpus: Corpus = build(node, "corpus")
    return corpus


def known_split(split: str | None) -> Split:
    """The split of a corpus that has this name.

    Raises:
        InputError: there is none.
    """
    for known in SPLITS:
        if split == known:
            return known
    given = "none was given" if split is None else f"got {split!r}"
    near = _did_you_mean(split or "", set(SPLITS))
    raise InputError(f"--split must be one of {', '.join(SPLITS)}, {given}{near}")


def _did_you_mean(name: str, known: set[str]) -> str:
    near = get_close_matches(name, sorted(known), n=1)
    return f"; did you mean {near[0]}?" if near else ""
