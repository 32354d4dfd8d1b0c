"""Kubernetes' quantities (`500m`, `256Mi`), and its words for what is none (k8s.io/apimachinery pkg/api/resource)."""

import re

QUANTITY = re.compile(r"[+-]?[0-9]*\.?[0-9]*([eEinumkKMGTP]*[-+]?[0-9]*)")
SUFFIX = re.compile(r"[KMGTPE]i|[numkMGTPE]?|[eE][+-]?[0-9]+")
FORMAT = "^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$"


def quantity_problem(text: str) -> str | None:
    """Say why the text is no quantity, None where it is one; as in Go, a suffix alone is a quantity of 0."""
    found = QUANTITY.fullmatch(text)
    if not text or not found:
        return f"quantities must match the regular expression '{FORMAT}'"
    return None if SUFFIX.fullmatch(found[1]) else "unable to parse quantity's suffix"
