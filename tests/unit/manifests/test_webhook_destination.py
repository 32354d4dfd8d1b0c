"""A Destination alone, row by row of the webhook's rules: knative.dev/pkg apis/duck/v1/destination.go and its parts."""

import ssl
from pathlib import Path

import pytest

from support.webhook import assert_refused_for, load_object

TRIGGER = """\
apiVersion: eventing.knative.dev/v1
kind: Trigger
metadata: {{name: t, namespace: cabs}}
spec:
  broker: default
  subscriber: {subscriber}
"""
REF = "ref: {apiVersion: v1, kind: Service, name: s}"
PATH = "spec.subscriber"
RELATIVE = f"invalid value: Relative URI is not allowed when Ref and [apiVersion, kind, name] is absent: {PATH}.uri"
BOTH = (
    "Absolute URI is not allowed when Ref or [apiVersion, kind, name] is present: "
    f"{PATH}.[apiVersion, kind, name], {PATH}.ref, {PATH}.uri"
)
NONE = f"expected at least one, got none: {PATH}.ref, {PATH}.uri"
NO_CERTIFICATE = f"invalid value: CA Cert provided is not a certificate: {PATH}.caCert"
BAD_CERTIFICATE = f"invalid value: CA Cert provided is invalid: {PATH}.caCert"


def pem(kind: str, body: str = "AAAA") -> str:
    return f'"-----BEGIN {kind}-----\\n{body}\\n-----END {kind}-----\\n"'


# (what the webhook is given, what it says: nothing when it accepts, the rule's place)
RULES = [
    (f"{{{REF}}}", [], "destination.go: a ref alone"),
    ("{ref: {apiVersion: v1, kind: Service, name: s, namespace: other}}", [], "knative_reference.go: any namespace"),
    ("{uri: 'http://host/path?x=1'}", [], "destination.go: an absolute uri alone"),
    ("{uri: 'bad://uri'}", [], "destination.go: any scheme"),
    ("{uri: 'http://:80'}", [], "destination.go: a host may be a port alone"),
    (f"{{{REF}, uri: /path}}", [], "destination.go: a relative uri is resolved against the ref"),
    ("{ref: {}, uri: /path}", [], "destination.go: a ref is looked at only without a uri"),
    (f"{{{REF}, uri: ''}}", [], "destination.go, apis/url.go: an empty uri is a relative one"),
    (f"{{{REF}, uri: null}}", [], "a null is an absent field"),
    (f"{{{REF}, audience: someone}}", [], "destination.go: the audience is not judged"),
    (f"{{{REF}, CACerts: nonsense}}", [], "destination.go: CACerts are looked at only beside a uri"),
    ("{}", [NONE], "destination.go: neither"),
    ("null", [NONE], "a null is an absent field"),
    ("{audience: someone}", [NONE], "destination.go: neither"),
    (f"{{{REF}, uri: 'http://host'}}", [BOTH], "destination.go: a ref and an absolute uri"),
    (f"{{{REF}, uri: 'mailto:x'}}", [BOTH], "destination.go: a scheme makes it absolute"),
    ("{uri: /path}", [RELATIVE], "destination.go: a relative uri alone"),
    ("{uri: ''}", [RELATIVE], "destination.go: an empty uri alone"),
    ("{uri: '//host/path'}", [RELATIVE], "destination.go: no scheme"),
    ("{uri: 'mailto:x'}", [RELATIVE], "destination.go: no host"),
    ("{uri: 'http:///path'}", [RELATIVE], "destination.go: no host"),
    ("{uri: 'http://user@/path'}", [RELATIVE], "destination.go: a user is no host"),
    ("{uri: 'http://h:port/'}", [f"invalid value: http://h:port/: {PATH}.uri"], "net/url: the port is a number"),
    ("{uri: 'http://a b/'}", [f"invalid value: http://a b/: {PATH}.uri"], "net/url: no space in a host"),
    ("{uri: 'http://h/%zz'}", [f"invalid value: http://h/%zz: {PATH}.uri"], "net/url: escapes are two hex digits"),
    ("{uri: 'http://[::1/'}", [f"invalid value: http://[::1/: {PATH}.uri"], "net/url: brackets are closed"),
    ("{uri: '1a:b'}", [f"invalid value: 1a:b: {PATH}.uri"], "net/url: a first segment has no colon"),
    ("{uri: ':b'}", [f"invalid value: :b: {PATH}.uri"], "net/url: a scheme is not empty"),
    (
        "{ref: {}}",
        [f"missing field(s): {PATH}.ref.apiVersion, {PATH}.ref.kind, {PATH}.ref.name"],
        "knative_reference.go, field_error.go: errors of one message are joined, their paths sorted",
    ),
    (
        "{ref: {kind: Service, name: ''}}",
        [f"missing field(s): {PATH}.ref.apiVersion, {PATH}.ref.name"],
        "empty is missing",
    ),
    (
        "{ref: {apiVersion: v1, kind: Service, name: s, group: g}}",
        [f"must not set the field(s): {PATH}.ref.group"],
        "knative_reference.go: the feature kreference-group is off",
    ),
    ("{uri: 'https://h', CACerts: nonsense}", [BAD_CERTIFICATE], "destination.go: not PEM"),
    ("{uri: 'https://h', CACerts: ''}", [BAD_CERTIFICATE], "destination.go: not PEM"),
    (f"{{uri: 'https://h', CACerts: {pem('PRIVATE KEY')}}}", [NO_CERTIFICATE], "destination.go: the block's type"),
    (f"{{uri: 'https://h', CACerts: {pem('CERTIFICATE')}}}", [BAD_CERTIFICATE], "destination.go: x509"),
    ("{uri: 5}", [f"invalid value: 5: {PATH}.uri"], "eventing-trigger.yaml: a string"),
    ("[]", [f"invalid value: a list: {PATH}"], "eventing-trigger.yaml: an object"),
]


@pytest.mark.parametrize(("subscriber", "refused", "rule"), RULES)
def test_a_destination_is_judged_as_by_the_webhook(
    subscriber: str, refused: list[str], rule: str, tmp_path: Path
) -> None:
    assert_refused_for(load_object(tmp_path, TRIGGER.format(subscriber=subscriber)), refused)


def test_a_real_certificate_is_accepted(tmp_path: Path) -> None:
    authorities = ssl.create_default_context().get_ca_certs(binary_form=True)
    if not authorities:
        pytest.skip("this machine trusts nobody")
    certificate = ssl.DER_cert_to_PEM_cert(authorities[0]).replace("\n", "\\n")
    subscriber = f'{{uri: "https://h", CACerts: "{certificate}"}}'
    assert_refused_for(load_object(tmp_path, TRIGGER.format(subscriber=subscriber)), [])


def test_an_audience_is_a_warning(tmp_path: Path) -> None:
    loaded = load_object(tmp_path, TRIGGER.format(subscriber=f"{{{REF}, audience: someone}}"))
    assert [str(warning) for warning in loaded.warnings] == [
        (
            "sources/object.yaml:6: spec.subscriber.audience is not enforced here: "
            "the mesh sends and asks for no OIDC tokens"
        )
    ]
