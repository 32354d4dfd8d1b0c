"""What func's JSON schema says of func.yaml (knative/func schema/func_yaml-schema.json), as one nested value.

A mapping is an object without other keys, a list a list of one kind of entry; `~` after a name: it must be there.
"""

import re
from collections.abc import Mapping
from typing import Any

TEXT, NUMBER, YES_OR_NO, TEXTS = ({"type": "string"}, {"type": "number"}, {"type": "boolean"}, {"type": "object"})
NATURAL = {"type": "integer", "minimum": 0}
VARIABLE = [{"name": re.compile("^[-._a-zA-Z][-._a-zA-Z0-9]*$"), "value": TEXT}]
QUANTITY = re.compile("^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$")
DEPLOYER = ("knative", "raw", "keda")
SUBDOMAIN = r"[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*"
LABEL = r"([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]"

FUNCTION = {
    "specVersion~": TEXT,
    "created~": TEXT,
    "name": re.compile("^[a-z0-9]([-a-z0-9]*[a-z0-9])?$"),
    "invoke": ("http", "cloudevent"),
    "deployer": DEPLOYER,
    "registryInsecure": YES_OR_NO,
    **dict.fromkeys(("domain", "runtime", "registry", "image", "namespace"), TEXT),
    "build": {
        "git": {"url": TEXT, "revision": TEXT, "contextDir": TEXT},
        "builderImages": TEXTS,
        "buildpacks": [TEXT],
        "builder": ("pack", "s2i"),
        "buildEnvs": VARIABLE,
        "pvcSize": TEXT,
        "remoteStorageClass": TEXT,
        "baseImage": TEXT,
        "volumes": [{"hostPath~": TEXT, "path~": TEXT}],
    },
    "run": {
        "volumes": [
            {
                "secret": TEXT,
                "configMap": TEXT,
                "persistentVolumeClaim": {"claimName": TEXT, "readOnly": YES_OR_NO},
                "emptyDir": {"medium": TEXT, "sizeLimit": TEXT},
                "path": TEXT,
            }
        ],
        "envs": VARIABLE,
        "startTimeout": {"type": "integer"},
        "kafka": {"brokers~": TEXT, "topic~": TEXT, "consumerGroup~": TEXT},
    },
    "deploy": {
        "annotations": TEXTS,
        "options": {
            "scale": {
                "min": NATURAL,
                "max": NATURAL,
                "metric": ("concurrency", "rps"),
                "target": {"type": "number", "minimum": 0},
                "utilization": {"type": "number", "minimum": 1, "maximum": 100},
            },
            "resources": {
                "requests": {"cpu": QUANTITY, "memory": QUANTITY},
                "limits": {"cpu": QUANTITY, "memory": QUANTITY, "concurrency": NATURAL},
            },
        },
        "labels": [{"key~": re.compile(f"^({SUBDOMAIN}/)?{LABEL}$"), "value": re.compile(f"^({LABEL})?$")}],
        "healthEndpoints": {"liveness": TEXT, "readiness": TEXT},
        "deployer": DEPLOYER,
        "subscriptions": [{"source~": TEXT, "filters": TEXTS}],
        "managementDisabled": YES_OR_NO,
        **dict.fromkeys(("namespace", "image", "serviceAccountName", "imagePullSecret"), TEXT),
    },
}


def json_schema(said: Any = FUNCTION) -> dict[str, Any]:
    """The same as a JSON schema."""
    if isinstance(said, re.Pattern):
        return {"type": "string", "pattern": said.pattern}
    if isinstance(said, tuple):
        return {"enum": list(said)}
    if isinstance(said, list):
        return {"type": "array", "items": json_schema(said[0])}
    return dict(said) if isinstance(said.get("type"), str) else _object(said)


def _object(said: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": {name.rstrip("~"): json_schema(entry) for name, entry in said.items()},
        "required": [name.rstrip("~") for name in said if name.endswith("~")],
        "additionalProperties": False,
    }
