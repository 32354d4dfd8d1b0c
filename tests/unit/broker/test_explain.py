"""What `mesh explain` says of a trigger."""

from dataclasses import replace
from datetime import timedelta

from mesh.broker.explain import explain
from mesh.manifests.model import DeliverySpec, Destination
from mesh.manifests.problem import Origin
from support.delivering import retrying, routed, trigger


def settings(delivery: DeliverySpec | None, of_broker: DeliverySpec | None = None) -> dict[str, tuple[str, str]]:
    explained = explain(routed(trigger("invoice", delivery), of_broker))
    return {setting.name: (setting.value, setting.origin) for setting in explained.settings}


def test_each_setting_says_where_it_comes_from() -> None:
    assert settings(retrying(2)) == {
        "subscriber": ("http://invoice/", "t.yaml:1"),
        "retry": ("2", "t.yaml:1"),
        "backoffPolicy": ("linear", "t.yaml:1"),
        "backoffDelay": ("10s", "t.yaml:1"),
        "timeout": ("30s", "t.yaml:1"),
        "deadLetterSink": ("http://sink/", "t.yaml:1"),
    }


def test_the_subscriber_s_origin_is_its_own_line() -> None:
    subscriber = Destination(uri="http://invoice", origin=Origin("t.yaml", 9))
    explained = explain(routed(replace(trigger(), subscriber=subscriber)))
    assert explained.settings[0].origin == "t.yaml:9"


def test_what_the_manifest_leaves_out_is_a_default_of_the_class() -> None:
    assert settings(DeliverySpec(timeout=timedelta(seconds=5))) == {
        "subscriber": ("http://invoice/", "t.yaml:1"),
        "retry": ("0", "the default of class Kafka"),
        "backoffPolicy": ("exponential", "the default of class Kafka"),
        "backoffDelay": ("0.2s", "the default of class Kafka"),
        "timeout": ("5s", "t.yaml:1"),
        "deadLetterSink": ("none: what is given up is kept", "t.yaml:1"),
    }


def test_what_the_broker_says_is_named_as_the_broker_s() -> None:
    of_broker = DeliverySpec(dead_letter_sink=Destination(uri="http://dead"), retry=10)
    explained = settings(None, of_broker)
    assert explained["retry"] == ("10", "b.yaml:1")
    assert explained["deadLetterSink"] == ("http://dead/", "b.yaml:1")


def test_a_stock_install_s_defaults_are_named() -> None:
    assert settings(None)["retry"] == ("10", "config-br-defaults, since the Broker has no spec.delivery")


def test_every_wait_is_listed() -> None:
    explained = explain(routed(trigger("invoice", retrying(3))))
    assert (explained.trigger, explained.broker, explained.broker_class) == ("cabs/invoice", "cabs/default", "Kafka")
    assert explained.waits == [10.0, 20.0, 30.0]
