"""YAML without aliases: what is written has none, and what is read may not grow by them."""

from pathlib import Path
from typing import Any

import yaml

_LARGEST = 64 << 20  # bytes; the vocabulary of a run that fine-tunes may be in it


def read_yaml(path: Path) -> Any:
    """The plain values in a file.

    Raises:
        OSError: it cannot be read.
        yaml.YAMLError: it is no YAML of plain values, has aliases, or is too large.
    """
    if path.exists() and not path.is_file():  # what is none may never end
        raise yaml.YAMLError("not a file")
    with path.open("rb") as file:
        written = file.read(_LARGEST + 1)
    if len(written) > _LARGEST:
        raise yaml.YAMLError(f"more than {_LARGEST} bytes")
    try:
        return yaml.load(written, _Loader)
    except (RecursionError, ValueError) as error:
        raise yaml.YAMLError("nested too deeply, or not text") from error


def to_yaml(content: Any) -> str:
    """Plain values as YAML, keys in their order."""
    return yaml.dump(content, Dumper=_Dumper, sort_keys=False, allow_unicode=True)


class _Loader(yaml.SafeLoader):
    def compose_node(self, parent: Any, index: Any) -> Any:
        if self.check_event(yaml.AliasEvent):
            raise yaml.YAMLError("holds aliases")
        return super().compose_node(parent, index)


class _Dumper(yaml.SafeDumper):
    def ignore_aliases(self, data: Any) -> bool:
        return True
