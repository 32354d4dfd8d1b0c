"""A PingSource alone, row by row: knative/eventing pkg/apis/sources/v1/ping_validation.go, robfig/cron v3."""

from pathlib import Path

import pytest

from mesh.manifests.model import Destination, PingSource
from support.webhook import assert_refused_for, load_object

PING_SOURCE = """\
apiVersion: {version}
kind: PingSource
metadata: {{name: o, namespace: cabs}}
spec: {{{spec}}}
"""
V1 = "sources.knative.dev/v1"
SINK = "sink: {uri: 'http://h'}"
NO_SINK = "expected at least one, got none: spec.sink.ref, spec.sink.uri"
EVERY = "invalid value: unsupported descriptor @every: spec.schedule"
NO_OBJECT = "into Go value of type map[string]interface {}: spec.data"


def scheduled(schedule: str, more: str = "") -> str:
    return f"{SINK}, schedule: '{schedule}'{more}"


def no_schedule(said: str) -> list[str]:
    return [f"invalid value: {said}: spec.schedule"]


ATOI = 'failed to parse int from {0}: strconv.Atoi: parsing "{0}": invalid syntax'
PINGS = [
    (SINK, [], "ping_defaults.go: every minute"),
    (scheduled("*/5 * * * *"), [], "cron: five fields"),
    (scheduled("0 */5 * * * *"), [], "cron: six, with seconds"),
    (scheduled("0-30/5,45 8 1,15 jan-MAR Mon-fri"), [], "cron: ranges, lists, names in any case"),
    (scheduled("? 5/2 * * *"), [], "cron: ?, and a step to the end"),
    (scheduled("@daily"), [], "cron: a descriptor"),
    (scheduled("TZ=UTC * * * * *"), [], "cron: a zone of its own"),
    (scheduled("* * * * *", ", timezone: Europe/Berlin"), [], "time.LoadLocation"),
    (scheduled("@every 5m"), [EVERY], "validateDescriptor"),
    (
        scheduled("0 @every"),
        [EVERY, *no_schedule("expected 5 to 6 fields, found 2: [0 @every]")],
        "validateDescriptor, wherever it stands",
    ),
    (scheduled("@dayly"), no_schedule("unrecognized descriptor: @dayly"), "cron"),
    (scheduled("* * *"), no_schedule("expected 5 to 6 fields, found 3: [* * *]"), "cron"),
    (scheduled("* * * * * * *"), no_schedule("expected 5 to 6 fields, found 7: [* * * * * * *]"), "cron"),
    (scheduled("60 * * * *"), no_schedule("end of range (60) above maximum (59): 60"), "cron: minutes"),
    (scheduled("* 24 * * *"), no_schedule("end of range (24) above maximum (23): 24"), "cron: hours"),
    (scheduled("* * 0 * *"), no_schedule("beginning of range (0) below minimum (1): 0"), "cron: days"),
    (scheduled("* * * 13 *"), no_schedule("end of range (13) above maximum (12): 13"), "cron: months"),
    (scheduled("* * * * 7"), no_schedule("end of range (7) above maximum (6): 7"), "cron: Sunday is 0"),
    (scheduled("9-3 * * * *"), no_schedule("beginning of range (9) beyond end of range (3): 9-3"), "cron"),
    (scheduled("*/0 * * * *"), no_schedule("step of range should be a positive number: */0"), "cron"),
    (scheduled("1-2-3 * * * *"), no_schedule("too many hyphens: 1-2-3"), "cron"),
    (scheduled("1/2/3 * * * *"), no_schedule("too many slashes: 1/2/3"), "cron"),
    (scheduled("x * * * *"), no_schedule(ATOI.format("x")), "cron"),
    (
        scheduled("* * * * *", ", timezone: Mars/Base"),
        ["invalid value: provided bad location Mars/Base: unknown time zone Mars/Base: spec.timezone"],
        "time.LoadLocation",
    ),
    (
        scheduled("TZ=Mars * * * * *"),
        ["invalid value: provided bad location Mars: unknown time zone Mars: spec.timezone"],
        "the zone's path, wherever it is written",
    ),
    ("schedule: '* * * * *'", [NO_SINK], "destination.go"),
    ("schedule: x", [NO_SINK, *no_schedule("expected 5 to 6 fields, found 1: [x]")], "both at once"),
    (f"{SINK}, data: hello", [], "data is any text"),
    (f"{SINK}, data: hello, contentType: text/plain", [], "JSON is asked for of application/json alone"),
    (f"{SINK}, data: hello, dataBase64: ''", [], "an empty one is absent"),
    (f"{SINK}, data: '{{\"a\": 1}}', contentType: application/json", [], "validateJSON"),
    (f"{SINK}, data: 'null', contentType: application/json", [], "validateJSON: null is no mistake of type"),
    (f"{SINK}, contentType: application/json", [], "without data nothing is judged"),
    (f"{SINK}, dataBase64: eyJhIjogMX0=, contentType: application/json", [], "the decoded data is judged"),
    (
        f"{SINK}, data: a, dataBase64: YQ==",
        ["expected exactly one, got both: spec.data, spec.dataBase64"],
        "ping_validation.go",
    ),
    (
        f"{SINK}, data: hello, contentType: application/json",
        ["invalid value: invalid character 'h' looking for beginning of value: spec.data"],
        "validateJSON",
    ),
    *(
        (
            f"{SINK}, data: '{data}', contentType: application/json",
            [f"invalid value: json: cannot unmarshal {kind} {NO_OBJECT}"],
            "validateJSON: an object",
        )
        for data, kind in {"[1]": "array", '"a"': "string", "5": "number", "true": "bool"}.items()
    ),
    (
        f"{SINK}, dataBase64: aGVsbG8=, contentType: application/json",
        ["invalid value: invalid character 'h' looking for beginning of value: spec.dataBase64"],
        "validateJSON",
    ),
    *(
        (
            f"{SINK}, dataBase64: '{encoded}'",
            [f"invalid value: illegal base64 data at input byte {at}: spec.dataBase64"],
            "encoding/base64",
        )
        for encoded, at in {"YWJ": 0, "YW-j": 2, "YWJj=": 4, "YWJjYQ": 4, "====": 0}.items()
    ),
    (
        f"{SINK}, ceOverrides: {{extensions: {{a_b: c}}}}",
        ['invalid key name "a_b": spec.ceOverrides.extensions'],
        "source",
    ),
    (f"{SINK}, jsonData: x", ['unknown field "spec.jsonData"'], "eventing-pingsource.yaml"),
]


@pytest.mark.parametrize("version", [V1, "sources.knative.dev/v1beta2"])
@pytest.mark.parametrize(("spec", "refused", "rule"), PINGS)
def test_a_ping_source_is_judged_as_by_the_webhook(
    version: str, spec: str, refused: list[str], rule: str, tmp_path: Path
) -> None:
    text = PING_SOURCE.format(version=version, spec=spec)
    assert_refused_for(load_object(tmp_path, text), refused)


def test_a_ping_source_is_read(tmp_path: Path) -> None:
    more = ", timezone: UTC, dataBase64: eyJhIjogMX0=, contentType: application/json, ceOverrides: {extensions: {a: b}}"
    text = PING_SOURCE.format(version=V1, spec=scheduled("@daily", more))
    (source,) = load_object(tmp_path, text).ping_sources
    sink = Destination(uri="http://h")
    data = b'{"a": 1}'
    assert source == PingSource("cabs", "o", "@daily", "UTC", "application/json", data, sink, {"a": "b"}, source.origin)


def test_a_ping_source_sends_every_minute_when_it_does_not_say(tmp_path: Path) -> None:
    text = PING_SOURCE.format(version=V1, spec=f"{SINK}, data: hello")
    loaded = load_object(tmp_path, text)
    assert (loaded.ping_sources[0].schedule, loaded.ping_sources[0].data) == ("* * * * *", b"hello")
    assert loaded.cluster_only == ("sources/object.yaml:1: PingSource cabs/o (checked; the mesh does not run it yet)",)
