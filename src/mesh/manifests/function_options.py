"""func.yaml's scale and resources, in func's words (knative/func pkg/functions/function_options.go)."""

from datetime import timedelta

from mesh.manifests.durations import parse_go
from mesh.manifests.function_fields import FunctionFields
from mesh.manifests.model import Scale
from mesh.manifests.quantities import quantity_problem
from mesh.manifests.yaml_nodes import Node

WINDOW = "autoscaling.knative.dev/window"
WINDOW_MINIMUM, WINDOW_MAXIMUM = timedelta(seconds=6), timedelta(hours=1)
LEAST_TARGET = 0.01
MOST_UTILIZATION = 100


def read_scale(deploy: FunctionFields) -> Scale:
    """Read what decides how many replicas run: `deploy.options` and the window annotation."""
    default = Scale()
    options = deploy.object("options", ("scale", "resources"))
    scale = options and options.object("scale", ("min", "max", "metric", "target", "utilization"))
    minimum, maximum, target = _bounds(scale) if scale else (None, None, None)
    return Scale(
        minimum=minimum or default.minimum,
        maximum=maximum or default.maximum,
        target=target or default.target,
        concurrency=_concurrency(options) if options else default.concurrency,
        window=_window(deploy) or default.window,
    )


def _bounds(scale: FunctionFields) -> tuple[int | None, int | None, float | None]:
    minimum, maximum = _not_negative(scale, "min"), _not_negative(scale, "max")
    if minimum is not None and maximum is not None and maximum < minimum:
        _say(scale, "max", 'field "scale.max" value must be greater or equal to "scale.min"')
    metric = scale.text("metric")
    if metric not in {None, "concurrency", "rps"}:
        allowed = 'allowed is only "concurrency" or "rps"'
        _say(scale, "metric", f'field "scale.metric" has invalid value set: {metric}, {allowed}')
    _check_utilization(scale)
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


def _check_utilization(scale: FunctionFields) -> None:
    share = scale.number("utilization")
    if share is not None and not 1 <= share <= MOST_UTILIZATION:
        rule = f'has value set to "{share:f}", but it must not be less than 1 or greater than {MOST_UTILIZATION}'
        _say(scale, "utilization", f'field "scale.utilization" {rule}')


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


def _window(deploy: FunctionFields) -> timedelta | None:
    node = deploy.texts("annotations").get(WINDOW)
    if node is None:
        return None
    try:
        window = parse_go(node.text)
    except ValueError:
        deploy.problem(node, f"invalid value: {node.text}: {node.path} (a Go duration, such as 60s)")
        return None
    _check_window(deploy, node, window)
    return window


def _check_window(deploy: FunctionFields, node: Node, window: timedelta) -> None:
    """Serving refuses other windows; here they do no harm and let a test be quick."""
    if not WINDOW_MINIMUM <= window <= WINDOW_MAXIMUM:
        message = f"expected 6s <= {node.text} <= 1h0m0s: {node.path}"
        deploy.findings.warning(node, f"{message} (the cluster will refuse it)")
