"""A trained network to begin with, and a config that says so."""

import hashlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import torch
from hydra.core.override_parser.overrides_parser import OverridesParser
from omegaconf import OmegaConf

from asr.assemble import Recognizer, assemble
from asr.bundle import find_model, load_model
from asr.errors import InputError
from asr.padded import Padded
from asr.training.finetuning import Finetuning, read_finetuning

_BODY = ("features", "model")  # parts that the weights decide


def with_pretrained(config: Mapping[str, Any], overrides: Sequence[str]) -> dict[str, Any]:
    """The config of a run that fine-tunes: features and model are those of the bundle.

    Of these two parts ``overrides`` may change what leaves the network's output the same, such
    as dropout. The digest of the bundle is noted, and its vocabulary if that is to be kept, so
    that the config needs the bundle no more.

    Raises:
        InputError: the bundle cannot be used, or an override would make another network.
    """
    finetuning = read_finetuning(config["finetune"])
    if finetuning is None:
        return dict(config)
    pretrained, digest = _load(finetuning)
    changes = _changes(overrides)
    body = {part: _changed(pretrained.parts[part], config, part, changes) for part in _BODY}
    if any(part in _BODY for part, _, _ in changes):
        _refuse_another_network(pretrained, body, changes)
    settings = {**config["finetune"], "sha256": digest}
    if not finetuning.keep_vocabulary:
        return {**config, **body, "finetune": settings}
    _refuse_two_vocabularies(pretrained, config, changes)
    return {**config, **body, "finetune": settings, "vocabulary": pretrained.parts["vocabulary"]}


def load_pretrained(finetuning: Finetuning) -> Recognizer:
    """The recogniser that ``finetuning`` begins with.

    Raises:
        InputError: there is none, or its file is not the one that was asked for.
    """
    return _load(finetuning)[0]


def _load(finetuning: Finetuning) -> tuple[Recognizer, str]:
    try:
        path = find_model(finetuning.source)
        digest = _digest(path)
        if finetuning.sha256 not in (None, digest):
            raise InputError(
                f"{path}: its sha256 is {digest}, not {finetuning.sha256} as finetune.sha256 says; "
                "it has changed, or is another file"
            )
        return load_model(path, finetuning.allow).recognizer, digest
    except InputError as error:
        raise InputError(f"finetune.from: {error}") from error.__cause__


def _digest(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while chunk := file.read(1 << 20):
            digest.update(chunk)
    return digest.hexdigest()


def _changes(overrides: Sequence[str]) -> list[tuple[str, str, Any]]:
    """Part, key within it (empty for a choice of the part) and value of each override."""
    parsed = OverridesParser.create().parse_overrides(list(overrides))
    split = [(item.key_or_group.partition("."), item.value()) for item in parsed]
    return [(part, key, value) for (part, _, key), value in split]


def _changed(
    part: Mapping[str, Any], config: Mapping[str, Any], name: str, changes: Any
) -> dict[str, Any]:
    mine = [(key, value) for changed, key, value in changes if changed == name]
    if any(not key for key, _ in mine):
        return dict(config[name])
    node = OmegaConf.create(dict(part))
    for key, value in mine:
        OmegaConf.update(node, key, value, merge=False)
    plain: Any = OmegaConf.to_container(node)
    return dict(plain)


def _refuse_another_network(
    pretrained: Recognizer, body: Mapping[str, Any], changes: Sequence[tuple[str, str, Any]]
) -> None:
    """Hold the changed network against the old one, by what they make of the same noise."""
    named = ", ".join(f"{part}.{key}".rstrip(".") for part, key, _ in changes if part in _BODY)
    with torch.random.fork_rng(devices=[]):
        changed = assemble({**pretrained.parts, **body}).model.eval()
        noise = torch.randn(2, pretrained.model.features.channels, 2 * pretrained.model.sample_rate)
    try:
        changed.load_state_dict(pretrained.model.state_dict())
        with torch.no_grad():
            lengths = torch.tensor([noise.shape[-1], noise.shape[-1] // 2])
            ours, theirs = (model(Padded(noise, lengths)) for model in (changed, pretrained.model))
        same = changed.sample_rate == pretrained.model.sample_rate and torch.equal(
            ours.values, theirs.values
        )
    except RuntimeError:  # weights of other shapes, or frames of another number
        same = False
    if not same:
        raise InputError(
            f"{named}: would make another network than that of finetune.from, whose features and "
            "model are kept; leave it out, or change only what acts in training, such as dropout"
        )


def _refuse_two_vocabularies(
    pretrained: Recognizer, config: Mapping[str, Any], changes: Sequence[tuple[str, str, Any]]
) -> None:
    if any(part == "vocabulary" for part, _, _ in changes):
        raise InputError(
            "finetune.vocabulary: keep takes that of finetune.from, but vocabulary is given too; "
            "leave out one of them"
        )
    theirs, ours = pretrained.parts["task"]["_target_"], config["task"]["_target_"]
    if theirs != ours:
        task = theirs.rpartition(".")[0].rpartition(".")[2]
        raise InputError(
            f"finetune.vocabulary: keep needs the task of finetune.from as well; add task={task}"
        )
