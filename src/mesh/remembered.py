"""Answers kept for when the same is asked again: bounded in number and in size, since producers choose both."""

from collections.abc import Callable
from functools import lru_cache, wraps
from typing import TypeVar

LONGEST = 1_000  # characters of what is asked about: an event may have a megabyte of them
Answer = TypeVar("Answer")


def remembered(at_most: int) -> Callable[[Callable[[str], Answer]], Callable[[str], Answer]]:
    """Keep so many of the function's answers; what is asked about a longer text is worked out each time."""

    def decorate(function: Callable[[str], Answer]) -> Callable[[str], Answer]:
        kept = lru_cache(at_most)(function)

        @wraps(function)
        def ask(text: str) -> Answer:
            return kept(text) if len(text) <= LONGEST else function(text)

        return ask

    return decorate
