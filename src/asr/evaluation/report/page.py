"""One HTML file of style, script and data, which needs no server, no network, and no trust.

What comes from data stands in the page as JSON, in elements that browsers do not run, and the
script makes only text nodes of it. The policy in the page's head allows our own script and style,
by their hashes, and nothing else: were data to become markup all the same, it would run nothing.
"""

import json
from base64 import b64encode
from collections.abc import Mapping
from hashlib import sha256
from importlib.resources import files
from typing import Any

from asr.json_files import finite

# In the order in which they are read; all of them share one scope.
SCRIPTS = (
    "dom", "theme", "figures", "plots", "selection", "summary", "slices", "confusion",
    "detection", "comparison", "alignment", "listening", "table", "detail", "keys", "main",
)  # fmt: skip
# Ends an element, or a line where JavaScript of old would.
_UNSAFE = {ord(c): f"\\u{ord(c):04x}" for c in "<>&\u2028\u2029"}


def page(content: Mapping[str, Any], clips: Mapping[int, Any]) -> str:
    """The HTML.

    Args:
        content: all but the clips, see :func:`~asr.evaluation.report.content.content`.
        clips: by the number of their utterance; each is read only when it is asked for.
    """
    style = _file("page.css")
    script = "'use strict';\n(() => {\n" + "\n".join(_file(f"{s}.js") for s in SCRIPTS) + "})();\n"
    data = [_data("data", content), *(_data(f"clip-{n}", clip) for n, clip in clips.items())]
    parts = {
        "policy": (
            f"default-src 'none'; script-src '{_hash(script)}'; style-src '{_hash(style)}'; "
            "img-src data:; media-src data:; base-uri 'none'; form-action 'none'"
        ),
        "style": style,
        "script": script,
        "data": "\n".join(data),
    }
    first, *rest = _file("page.html").split("{{")
    # Each place is filled once, so that nothing is looked for in what was put there.
    return first + "".join(
        parts[name] + text for name, _, text in (piece.partition("}}") for piece in rest)
    )


def _data(name: str, value: Any) -> str:
    text = json.dumps(finite(value), ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    # A name from outside may hold bytes that are no character; JSON has an escape for them.
    told = text.translate(_UNSAFE).encode("utf-8", "backslashreplace").decode("utf-8")
    return f'<script type="application/json" id="{name}">{told}</script>'


def _hash(text: str) -> str:
    return "sha256-" + b64encode(sha256(text.encode()).digest()).decode()


def _file(name: str) -> str:
    return files("asr.evaluation.report").joinpath(name).read_text("utf-8")
