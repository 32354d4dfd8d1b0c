"""What holds for a trigger's deliveries, and where each setting comes from: a value for `mesh explain`."""

from datetime import timedelta

from mesh.broker.route import Route
from mesh.control.shapes import Explanation, Setting


def explain(route: Route) -> Explanation:
    policy, written = route.policy, route.inherited.spec
    subscriber = route.trigger.subscriber.origin or route.trigger.origin
    return Explanation(
        trigger=route.key,
        broker=route.trigger.broker_key,
        broker_class=route.broker_class.name,
        settings=[
            Setting(name="subscriber", value=route.subscriber.url, origin=str(subscriber)),
            _setting(route, "retry", str(policy.retry), written.retry),
            _setting(route, "backoffPolicy", policy.backoff_policy, written.backoff_policy),
            _setting(route, "backoffDelay", _seconds(policy.backoff_delay), written.backoff_delay),
            _setting(route, "timeout", _seconds(policy.timeout), written.timeout),
            _sink(route),
        ],
        waits=[wait.total_seconds() for wait in policy.waits()],
    )


def _setting(route: Route, name: str, value: str, written: object) -> Setting:
    default = f"the default of class {route.broker_class.name}"
    return Setting(name=name, value=value, origin=route.inherited.origin_of(name) if written is not None else default)


def _sink(route: Route) -> Setting:
    value = "none: what is given up is kept" if route.sink is None else route.sink.url
    return Setting(name="deadLetterSink", value=value, origin=route.inherited.origin_of("deadLetterSink"))


def _seconds(duration: timedelta) -> str:
    return f"{duration.total_seconds():g}s"
