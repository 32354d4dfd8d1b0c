"""func.yaml's scale and resources, in func's words (knative/func pkg/functions/function_options.go)."""

from datetime import timedelta

from mesh.manifests.function_annotations import Annotations
from mesh.manifests.function_fields import FunctionFields
from mesh.manifests.quantities import quantity_problem
from mesh.manifests.revision import Scale

LEAST_TARGET = 0.01
MOST_UTILIZATION = 100


def read_scale(deploy: FunctionFields) -> Scale:
    """Read what decides how many replicas run: `deploy.options`, which func makes annotations of, then annotations."""
    default, annotated = Scale(), Annotations(deploy)
    options = deploy.object("options", ("scale", "resources"))
    scale = options and options.object("scale", ("min", "max", "metric", "target", "utilization"))
    minimum, maximum, target = _bounds(scale) if scale else (None, None, None)
    return Scale(
        minimum=minimum or default.minimum,
        maximum=maximum or default.maximum,
        metric="rps" if scale and scale.text("metric") == "rps" else default.metric,
        target=target,
        utilization_percent=(_utilization(scale) if scale else None) or default.utilization_percent,
        concurrency=_concurrency(options) if options else default.concurrency,
        window=annotated.duration("window", timedelta(seconds=6)) or default.window,
        panic_window_percent=annotated.number("panic-window-percentage", 1, 100) or default.panic_window_percent,
        panic_threshold_percent=annotated.number("panic-threshold-percentage", 110, 1000)
        or default.panic_threshold_percent,
        activation=int(annotated.number("activation-scale", 1, 2**31 - 1) or default.activation),
        down_delay=annotated.duration("scale-down-delay", timedelta()) or default.down_delay,
    )


def _bounds(scale: FunctionFields) -> tuple[int | None, int | None, float | None]:
    minimum, maximum = _not_negative(scale, "min"), _not_negative(scale, "max")
    if minimum is not None and maximum is not None and maximum < minimum:
        _say(scale, "max", 'field "scale.max" value must be greater or equal to "scale.min"')
    metric = scale.text("metric")
    if metric not in {None, "concurrency", "rps"}:
        allowed = 'allowed is only "concurrency" or "rps"'
        _say(scale, "metric", f'field "scale.metric" has invalid value set: {metric}, {allowed}')
    return minimum, maximum, _target(scale)


def _not_negative(scale: FunctionFields, name: str) -> int | None:
    value = scale.integer(name)
    if value is not None and value < 0:
        rule = f'has invalid value set: {value}, the value must be greater than "0"'
        _say(scale, name, f'field "scale.{name}" {rule}')
        return None
    return value


def _target(scale: FunctionFields) -> float | None:
    target = scale.number("target")
    if target is not None and target < LEAST_TARGET:
        rule = f'has value set to "{target:f}", but it must not be less than {LEAST_TARGET}'
        _say(scale, "target", f'field "scale.target" {rule}')
    return target


def _utilization(scale: FunctionFields) -> float | None:
    share = scale.number("utilization")
    if share is not None and not 1 <= share <= MOST_UTILIZATION:
        rule = f'has value set to "{share:f}", but it must not be less than 1 or greater than {MOST_UTILIZATION}'
        _say(scale, "utilization", f'field "scale.utilization" {rule}')
    return share


def _concurrency(options: FunctionFields) -> int:
    resources = options.object("resources", ("requests", "limits"))
    requests = resources and resources.object("requests", ("cpu", "memory"))
    limits = resources and resources.object("limits", ("cpu", "memory", "concurrency"))
    if requests:
        _check_quantities(requests, "requests")
    if not limits:
        return 0
    _check_quantities(limits, "limits")
    concurrency = limits.integer("concurrency") or 0
    if concurrency < 0:
        rule = f'has value set to "{concurrency}", but it must not be less than 0'
        _say(limits, "concurrency", f'field "resources.limits.concurrency" {rule}')
    return concurrency


def _check_quantities(resources: FunctionFields, kind: str) -> None:
    for name in ("cpu", "memory"):
        quantity = resources.text(name)
        wrong = quantity is not None and quantity_problem(quantity)
        if wrong:
            rule = f'has invalid value set: "{quantity}"; "{wrong}"'
            _say(resources, name, f'field "resources.{kind}.{name}" {rule}')


def _say(fields: FunctionFields, name: str, message: str) -> None:
    node = fields.node.value[name]
    fields.problem(node, f"options {message}: {node.path}")
