"""The EventTypes of the broker, made from the contracts of the events.

`python scripts/eventtypes.py` writes them to standard output; broker/400-eventtypes.yaml is that.
"""

import sys
from textwrap import indent

import msgspec

from cabs.contract import Contract
from cabs.events import EVENTS

HEADING = (
    "# Made by scripts/eventtypes.py of the contracts in src/cabs/events.py: `kubectl get eventtypes` lists them.\n"
)
# v1beta2 is what the cluster stores, and the last version with a field for the schema itself.
MANIFEST = """\
apiVersion: eventing.knative.dev/v1beta2
kind: EventType
metadata:
  name: {type}
  namespace: cabs
spec:
  type: {type}
  description: {description}
  reference:
    apiVersion: eventing.knative.dev/v1
    kind: Broker
    name: default
  schemaData: |
{schema}
"""


def main() -> None:
    sys.stdout.write(text())


def text() -> str:
    """Return the manifests as they are kept in broker/400-eventtypes.yaml."""
    return HEADING + "---\n".join(_manifest(event) for event in EVENTS)


def _manifest(event: type[Contract]) -> str:
    schema = msgspec.json.format(msgspec.json.encode(event.schema()), indent=2).decode()
    description = msgspec.json.encode(event.__doc__).decode()  # a JSON text is one of YAML's
    return MANIFEST.format(type=event.type, description=description, schema=indent(schema, " " * 4))


if __name__ == "__main__":
    main()
