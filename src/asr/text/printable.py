"""Text from outside, made safe to show."""


def printable(text: str) -> str:
    r"""The text with control characters escaped: a transcript must not steer a terminal.

    >>> printable("red \x1b[31m")
    'red \\x1b[31m'
    """
    return "".join(
        c if c.isprintable() else c.encode("unicode_escape").decode("ascii") for c in text
    )
