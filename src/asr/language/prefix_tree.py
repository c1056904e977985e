"""The words of a lexicon as a tree of tokens."""

import math
from collections.abc import Callable, Sequence

from asr.language.lexicon import Spelling

ROOT = 0


class PrefixTree:
    """Nodes by number; the root is 0.

    Attributes:
        children: of each node, the next by token.
        ends: of each node, the positions of the spellings that end there.
        token: that leads to each node; -1 at the root.
        ahead: of each node, the most that a word below it adds.
    """

    def __init__(self, spellings: Sequence[Spelling], ahead: Callable[[str], float]) -> None:
        self.children: list[dict[int, int]] = [{}]
        self.ends: list[list[int]] = [[]]
        self.token: list[int] = [-1]
        self.ahead: list[float] = [0.0]  # at the root no word is chosen yet
        for position, spelling in enumerate(spellings):
            best, node = ahead(spelling.word), ROOT
            for token in spelling.tokens:
                node = self.children[node].get(token) or self._grown(node, token)
                self.ahead[node] = max(self.ahead[node], best)
            self.ends[node].append(position)

    def _grown(self, node: int, token: int) -> int:
        new = len(self.token)
        self.children[node][token] = new
        self.children.append({})
        self.ends.append([])
        self.token.append(token)
        self.ahead.append(-math.inf)
        return new
