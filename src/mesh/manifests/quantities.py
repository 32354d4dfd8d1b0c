"""Kubernetes' quantities (`500m`, `256Mi`), and its words for what is none (k8s.io/apimachinery pkg/api/resource)."""

import re

QUANTITY = re.compile(r"(?P<number>[+-]?[0-9]*\.?[0-9]*)(?P<suffix>[eEinumkKMGTP]*[-+]?[0-9]*)")
SUFFIX = re.compile(r"[KMGTPE]i|[numkMGTPE]?|[eE][+-]?[0-9]+")
FORMAT = "^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$"

SCALES = {
    "n": 1e-9, "u": 1e-6, "m": 1e-3, "": 1, "k": 1e3, "M": 1e6, "G": 1e9, "T": 1e12, "P": 1e15, "E": 1e18,
    "Ki": 2**10, "Mi": 2**20, "Gi": 2**30, "Ti": 2**40, "Pi": 2**50, "Ei": 2**60,
}  # fmt: skip


def quantity_problem(text: str) -> str | None:
    """Say why the text is no quantity, None where it is one; as in Go, a suffix alone is a quantity of 0."""
    found = QUANTITY.fullmatch(text)
    if not text or not found:
        return f"quantities must match the regular expression '{FORMAT}'"
    return None if SUFFIX.fullmatch(found["suffix"]) else "unable to parse quantity's suffix"


def parse_quantity(text: str) -> float:
    """Raises ValueError, which says why the text is no quantity."""
    found = QUANTITY.fullmatch(text)
    problem = quantity_problem(text)
    if found is None or problem:
        raise ValueError(problem)
    number, suffix = found["number"], found["suffix"]
    scale = SCALES[suffix] if suffix in SCALES else float(f"1{suffix}")
    return float(number) * scale if number.strip("+-.") else 0.0
