"""Kubernetes quantities as numbers."""

import pytest

from mesh.manifests.quantities import parse_quantity


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("128974848", 128974848),
        ("129e6", 129e6),
        ("129M", 129e6),
        ("128974848000m", 128974848),
        ("123Mi", 123 * 2**20),
        ("1.5Gi", 1.5 * 2**30),
        (".5k", 500),
        ("1E", 1e18),
        ("1E3", 1e3),
        ("-2Ki", -2048),
        ("Mi", 0),
    ],
)
def test_a_quantity_is_a_number_and_what_it_counts_in(text: str, expected: float) -> None:
    assert parse_quantity(text) == pytest.approx(expected)


@pytest.mark.parametrize("text", ["", "lots", "1 Gi", "1gi", "1Mb", "1e", "0x10"])
def test_anything_else_is_refused_in_the_words_of_kubernetes(text: str) -> None:
    with pytest.raises(ValueError, match=r"quantities must match|unable to parse quantity's suffix"):
        parse_quantity(text)
