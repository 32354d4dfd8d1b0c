"""Text from elsewhere, made fit for a terminal and for a line of a log."""


def printable(text: str) -> str:
    """Escape what would move the cursor, change colours or reorder the line: control and format characters."""
    return text if text.isprintable() else "".join(map(_shown, text))


def printable_lines(text: str) -> str:
    """The same of text that has lines of its own."""
    return "\n".join(map(printable, text.split("\n")))


def printable_json(text: str) -> str:
    """Escape the same in JSON, where it stands in strings alone, so that it stays what it was."""
    return text if text.isprintable() else "".join(char if char == "\n" else _in_json(char) for char in text)


def _shown(char: str) -> str:
    return char if char.isprintable() else char.encode("unicode_escape").decode()


def _in_json(char: str) -> str:
    if char.isprintable():
        return char
    units = char.encode("utf-16-be")
    return "".join(f"\\u{units[at : at + 2].hex()}" for at in range(0, len(units), 2))
