"""Any number of dead letters, asked for in pieces: no request takes long, and it is known how far it came."""

from collections.abc import Callable, Iterator, Sequence
from itertools import islice

from msgspec.structs import replace

from mesh.control.shapes import Done


def named(ids: Sequence[str], ask: Callable[[list[str]], Done], at_once: int) -> Iterator[Done]:
    """Yield what each request did of the letters that are named, and how many are left."""
    left = dict.fromkeys(ids)
    while left:
        done = ask(list(islice(left, at_once)))
        for letter in done.ids:
            left.pop(letter, None)
        yield replace(done, left=len(left))


def oldest(ask: Callable[[int], Done], at_once: int) -> Iterator[Done]:
    """Yield the same of all letters, of as many as there are at first: one that dies again meanwhile is younger."""
    done = ask(at_once)
    yield done
    left = done.left
    while left:
        done = ask(min(left, at_once))
        left = min(left - len(done.ids), done.left)
        yield replace(done, left=left)
