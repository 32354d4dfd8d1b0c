# Sourced by Procfile and app.sh. Without a collector's address nothing is exported, and no exit waits for one.
exporter=none
[ -z "$OTEL_EXPORTER_OTLP_ENDPOINT$OTEL_EXPORTER_OTLP_TRACES_ENDPOINT" ] || exporter=otlp
export OTEL_TRACES_EXPORTER="${OTEL_TRACES_EXPORTER:-$exporter}"
export OTEL_METRICS_EXPORTER="${OTEL_METRICS_EXPORTER:-none}"
export OTEL_LOGS_EXPORTER="${OTEL_LOGS_EXPORTER:-none}"
export OTEL_EXPORTER_OTLP_PROTOCOL="${OTEL_EXPORTER_OTLP_PROTOCOL:-http/protobuf}"
export OTEL_EXPORTER_OTLP_TIMEOUT="${OTEL_EXPORTER_OTLP_TIMEOUT:-1}" # seconds; at exit too
export OTEL_SERVICE_NAME="${OTEL_SERVICE_NAME:-$K_SERVICE}"
export OTEL_PYTHON_FLASK_EXCLUDED_URLS="${OTEL_PYTHON_FLASK_EXCLUDED_URLS:-health}"
