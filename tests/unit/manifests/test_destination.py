"""Whom a Trigger calls: a reference or a URI, and what of either leads nowhere."""

import pytest

from mesh.manifests.model import Destination, Reference
from support.project_directory import SUBSCRIBER, Edit, ProjectDirectory, subscriber

FILE = "triggers/invoice.yaml"
RELATIVE = (
    "11: invalid value: Relative URI is not allowed when Ref and [apiVersion, kind, name] is absent: "
    "spec.subscriber.uri (write http://HOST/PATH, or add a ref)"
)

BROKEN = {
    "no subscriber": (
        ("  subscriber:\n" + SUBSCRIBER, ""),
        "6: expected at least one, got none: spec.subscriber.ref, spec.subscriber.uri",
    ),
    "an empty subscriber": (
        ("  subscriber:\n" + SUBSCRIBER, "  subscriber: {}\n"),
        "11: expected at least one, got none: spec.subscriber.ref, spec.subscriber.uri",
    ),
    "a subscriber that is null": (
        ("  subscriber:\n" + SUBSCRIBER, "  subscriber:\n"),
        "6: expected at least one, got none: spec.subscriber.ref, spec.subscriber.uri",
    ),
    "a function that does not exist": (
        (SUBSCRIBER, SUBSCRIBER.replace("invoice", "bill")),
        '11: Service "bill" does not exist: spec.subscriber.ref (in namespace cabs: dead-letter, invoice)',
    ),
    "a reference to another kind": (
        (SUBSCRIBER, SUBSCRIBER.replace("serving.knative.dev/v1", "v1")),
        (
            "11: v1 Service is not run by this mesh: spec.subscriber.ref "
            "(refer to a serving.knative.dev/v1 Service or an eventing.knative.dev/v1 Broker, or write a uri)"
        ),
    ),
    "a reference without a kind": (
        (SUBSCRIBER, SUBSCRIBER.replace("      kind: Service\n", "")),
        "12: missing field(s): spec.subscriber.ref.kind",
    ),
    "an unknown field of a reference": (
        (SUBSCRIBER, SUBSCRIBER + "      uid: 1\n"),
        '16: unknown field "spec.subscriber.ref.uid" (known here: apiVersion, group, kind, name, namespace)',
    ),
    "an absolute uri beside a ref": (
        (SUBSCRIBER, SUBSCRIBER + "    uri: http://elsewhere/\n"),
        (
            "11: Absolute URI is not allowed when Ref or [apiVersion, kind, name] is present: "
            "spec.subscriber.[apiVersion, kind, name], spec.subscriber.ref, spec.subscriber.uri "
            "(keep one of the two, or make the uri relative)"
        ),
    ),
    "a relative uri alone": (subscriber("uri: /invoices"), RELATIVE),
    "a uri without a host": (subscriber("uri: mailto:someone"), RELATIVE),
    "a uri that is none": (
        subscriber("uri: 'http://[::1/'"),
        "12: invalid value: http://[::1/: spec.subscriber.uri (a URI: missing ']' in host)",
    ),
    "a uri of another scheme": (
        subscriber("uri: bad://uri"),
        "11: invalid value: bad://uri: spec.subscriber.uri (the mesh calls http and https only)",
    ),
    "certificates that are none": (
        subscriber("uri: https://host/", "CACerts: none"),
        "13: invalid value: CA Cert provided is invalid: spec.subscriber.caCert (write a certificate in PEM)",
    ),
}


@pytest.mark.parametrize(("edit", "expected"), BROKEN.values(), ids=BROKEN.keys())
def test_a_destination_is_refused_for(edit: Edit, expected: str, project: ProjectDirectory) -> None:
    project.edit(FILE, *edit)
    assert project.problems() == [f"{FILE}:{expected}"]


def test_a_broker_is_a_subscriber_and_a_relative_uri_goes_with_a_ref(project: ProjectDirectory) -> None:
    project.edit(
        FILE, *subscriber("ref: {apiVersion: eventing.knative.dev/v1, kind: Broker, name: default}", "uri: /x")
    )
    loaded = project.load()
    assert loaded.problems == ()
    broker = Reference("eventing.knative.dev/v1", "Broker", "default", "cabs")
    assert loaded.triggers[0].subscriber == Destination(ref=broker, uri="/x")


def test_a_function_of_another_namespace_is_a_subscriber(project: ProjectDirectory) -> None:
    project.edit("functions/invoice/func.yaml", "namespace: cabs", "namespace: other")
    project.edit(FILE, SUBSCRIBER, SUBSCRIBER + "      namespace: other\n")
    assert project.problems() == []


def test_a_uri_is_called_as_it_is(project: ProjectDirectory) -> None:
    project.edit(FILE, *subscriber("uri: http://host:1234/path?x=1"))
    loaded = project.load()
    assert loaded.problems == ()
    assert loaded.triggers[0].subscriber == Destination(uri="http://host:1234/path?x=1")
