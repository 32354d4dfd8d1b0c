#!/bin/sh
# What the s2i builder runs.
cd "$(dirname "$0")" || exit
. ./telemetry.sh
exec opentelemetry-instrument python -m parliament .
