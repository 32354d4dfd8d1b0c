"""OpenTelemetry where no `opentelemetry-instrument` can stand in front: the asgi layout's command is its builder's."""

import os
from collections.abc import Awaitable, Callable, Mapping

COLLECTOR = ("OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT")

Handle = Callable[..., Awaitable[None]]


def instrumented(handle: Handle, environ: Mapping[str, str]) -> Handle:
    """Start what `opentelemetry-instrument` starts, one span a request; nothing where it is not installed."""
    try:
        from opentelemetry.instrumentation import asgi, auto_instrumentation  # noqa: PLC0415 - slow: not before a fork
    except ImportError:
        return handle
    os.environ.update(defaults(environ))  # which is where OpenTelemetry reads its settings
    auto_instrumentation.initialize()
    traced: Handle = asgi.OpenTelemetryMiddleware(handle, exclude_spans=["receive", "send"])
    return traced


def defaults(environ: Mapping[str, str]) -> dict[str, str]:
    """What telemetry.sh of the parliament layout sets: without a collector's address nothing is exported."""
    is_exported = any(environ.get(name) for name in COLLECTOR)
    wanted = {
        "OTEL_TRACES_EXPORTER": "otlp" if is_exported else "none",
        "OTEL_METRICS_EXPORTER": "none",
        "OTEL_LOGS_EXPORTER": "none",
        "OTEL_EXPORTER_OTLP_PROTOCOL": "http/protobuf",
        "OTEL_EXPORTER_OTLP_TIMEOUT": "1",  # seconds; at exit too
        "OTEL_SERVICE_NAME": environ.get("K_SERVICE", ""),
    }
    return {name: value for name, value in wanted.items() if not environ.get(name)}
