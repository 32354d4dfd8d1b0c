"""What func.yaml says of a function's replicas, as values: how many there are, when one is ready, when it is alive."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Literal

Metric = Literal["concurrency", "rps"]


@dataclass(frozen=True, slots=True)
class Scale:
    """Autoscaling settings, with the defaults of Knative Serving's config-autoscaler."""

    minimum: int = 0
    maximum: int = 0  # 0: no bound
    metric: Metric = "concurrency"
    target: float | None = None  # of the metric, for one replica; None: the metric's default
    utilization_percent: float = 70.0  # of the target, so that a replica has room while another one starts
    concurrency: int = 0  # containerConcurrency, a hard limit; 0: no bound
    window: timedelta = timedelta(seconds=60)
    panic_window_percent: float = 10.0  # of the window
    panic_threshold_percent: float = 200.0  # of what the replicas are for
    activation: int = 1  # replicas, when there are any
    down_delay: timedelta = timedelta()


@dataclass(frozen=True, slots=True)
class Probes:
    """Paths that a replica answers with a 2xx while it is ready and alive, and how long it may take to be ready."""

    readiness: str = "/health/readiness"
    liveness: str = "/health/liveness"
    start_timeout: timedelta = timedelta(seconds=60)
