"""Prometheus' text format."""

from mesh.control.metrics import exposition
from mesh.control.shapes import FunctionStatus, Status


def test_label_values_are_escaped() -> None:
    function = FunctionStatus(namespace="cabs", name='a"b\\c\nd', url="", replicas=1)

    text = exposition(Status(brokers=[], triggers=[], functions=[function]))

    assert r'mesh_function_replicas{namespace="cabs",function="a\"b\\c\nd"} 1' in text.splitlines()


def test_every_metric_says_what_it_is() -> None:
    lines = exposition(Status(brokers=[], triggers=[], functions=[])).splitlines()

    assert len([line for line in lines if line.startswith("# HELP ")]) == 6
    assert "# TYPE mesh_events_delivered_total counter" in lines
