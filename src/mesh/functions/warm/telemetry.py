"""OpenTelemetry in a process that was forked: started before it is known for which function, then named."""

import importlib
from typing import Any


def start() -> None:
    """What `opentelemetry-instrument` does: after the fork, since the SDK has threads. Raises ImportError."""
    importlib.import_module("opentelemetry.instrumentation.auto_instrumentation").initialize()


def name() -> None:
    """Tell the SDK the names that the environment has now; its providers share one resource."""
    trace: Any = importlib.import_module("opentelemetry.trace")
    resources: Any = importlib.import_module("opentelemetry.sdk.resources")
    if resource := getattr(trace.get_tracer_provider(), "resource", None):
        named = resources.OTELResourceDetector().detect().attributes
        resource.__init__({**resource.attributes, **named}, resource.schema_url)
