"""LIKE against its definition, character by character, and with patterns that would make a naive matcher give up."""

from hypothesis import example, given
from hypothesis import strategies as st

from mesh.cesql.like import expression


def holds(pattern: str, text: str) -> bool:
    """The definition once more, as plainly as it can be said."""
    if not pattern:
        return not text
    if pattern[0] == "%":
        return any(holds(pattern[1:], text[start:]) for start in range(len(text) + 1))
    escaped = pattern[:2] in {"\\%", "\\_"}
    wanted, rest = (pattern[1], pattern[2:]) if escaped else (pattern[0], pattern[1:])
    return bool(text) and (text[0] == wanted or (wanted == "_" and not escaped)) and holds(rest, text[1:])


@given(st.text("ab%_\\\n", max_size=8), st.text("ab%_\\\n", max_size=8))
@example("%a%a", "a")
@example("a%%", "a")
@example("%a_b%", "aaabb")
def test_like_matches_as_it_is_defined(pattern: str, text: str) -> None:
    assert (expression(pattern).fullmatch(text) is not None) == holds(pattern, text)


def test_many_wildcards_on_a_long_text_do_not_multiply() -> None:
    assert expression("%a" * 30 + "%b").fullmatch("a" * 5_000) is None
