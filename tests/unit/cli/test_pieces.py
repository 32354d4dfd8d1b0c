"""Letters asked for in pieces: all of them once, those that are left counted."""

from collections.abc import Iterator

from mesh.cli.pieces import named, oldest
from mesh.control.shapes import Done


class Listed:
    """Letters of a mesh, and what it was asked for."""

    def __init__(self, *letters: str, dies_again: bool = False) -> None:
        self.letters = list(letters)
        self.asked: list[list[str] | int] = []
        self._dies_again = dies_again

    def named(self, ids: list[str]) -> Done:
        self.asked.append(ids)
        self.letters = [letter for letter in self.letters if letter not in ids]
        return Done(ids=ids)

    def oldest(self, most: int) -> Done:
        self.asked.append(most)
        ids, self.letters = self.letters[:most], self.letters[most:]
        done = Done(ids=ids, left=len(self.letters))
        self.letters += [f"{letter}, again" for letter in ids if self._dies_again]
        return done


def told(pieces: Iterator[Done]) -> list[tuple[list[str], int]]:
    return [(done.ids, done.left) for done in pieces]


def test_letters_that_are_named_are_asked_for_in_pieces_each_once() -> None:
    mesh = Listed(*"abcde")
    assert told(named([*"abcadeb"], mesh.named, 2)) == [(["a", "b"], 3), (["c", "d"], 1), (["e"], 0)]
    assert mesh.letters == []


def test_those_that_an_error_left_undone_are_counted_with_it() -> None:
    pieces = named([*"abcde"], lambda ids: Done(ids=ids[:2], left=1, error="c is stuck"), 3)
    assert next(pieces) == Done(ids=["a", "b"], left=3, error="c is stuck")


def test_all_are_asked_for_in_pieces() -> None:
    mesh = Listed(*"abcde")
    assert told(oldest(mesh.oldest, 2)) == [(["a", "b"], 3), (["c", "d"], 1), (["e"], 0)]
    assert mesh.asked == [2, 2, 1]
    assert told(oldest(mesh.oldest, 2)) == [([], 0)]


def test_letters_that_die_again_meanwhile_are_not_replayed_again() -> None:
    mesh = Listed(*"abcde", dies_again=True)
    assert sum(len(done.ids) for done in oldest(mesh.oldest, 2)) == 5
    assert mesh.letters == [f"{letter}, again" for letter in "abcde"]


def test_letters_that_others_closed_meanwhile_are_not_counted_as_left() -> None:
    mesh = Listed(*"abcde")
    pieces = oldest(mesh.oldest, 2)
    next(pieces)
    mesh.letters.remove("d")
    assert told(pieces) == [(["c", "e"], 0)]
