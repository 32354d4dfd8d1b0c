"""A source's `ceOverrides`: what it adds to every event. Rules: knative.dev/pkg/apis/duck/v1/source_types.go."""

import re
from collections.abc import Mapping

from mesh.manifests.fields import Fields, quoted, values

EXTENSION = re.compile(r"[A-Za-z0-9]+")


def read_extensions(spec: Fields) -> Mapping[str, str]:
    """Read `ceOverrides.extensions` of a source's spec."""
    overrides = spec.object("ceOverrides", ("extensions",))
    if overrides is None:
        return {}
    extensions = overrides.strings("extensions")
    for name, node in extensions.items():
        if not EXTENSION.fullmatch(name):
            rule = "keys are expected to be alphanumeric" if name else "keys MUST NOT be empty"
            spec.problem(node, f"invalid key name {quoted(name)}: {overrides.paths('extensions')} ({rule})")
    return values(extensions)
