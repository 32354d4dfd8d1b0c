"""What the ingress answers to requests, in the order in which it decides."""

import pytest

from support.conformance.row import Row, each
from support.conformance.run import Run
from support.conformance.scene import Scene

TOLD = ("allow", "webhook-allowed-origin", "webhook-allowed-rate", "k-network-hash")
ALLOW = {"allow": "POST, OPTIONS"}
WEBHOOK = {**ALLOW, "webhook-allowed-origin": "*", "webhook-allowed-rate": "*"}
PROBE = [("k-network-probe", "probe"), ("k-network-hash", "abc")]
ECHO = {"k-network-hash": "abc"}
KUBELET = [("user-agent", "kube-probe/1.32")]

MT_INGRESS = "knative/eventing pkg/broker/ingress/ingress_handler.go"
RECEIVER = "eventing-kafka-broker receiver/impl/ReceiverVerticle.java"


def row(
    name: str,
    kafka: int,
    mt: int,
    *,
    method: str = "POST",
    target: str = "{}",
    headers: list[tuple[str, str]] | None = None,
    event: bool = True,
    source: str = "",
    kafka_tells: dict[str, str] | None = None,
    mt_tells: dict[str, str] | None = None,
    mesh_only: str = "",
) -> Row:
    """A request with an event, or something else, and the statuses; what is told in headers of the answer."""

    async def see(scene: Scene) -> object:
        lines: list[tuple[str, str | bytes]] = [*(scene.attributes() if event else []), *(headers or [])]
        answer = await scene.request(method, target, lines, None if method in ("GET", "HEAD") else b"")
        return answer.status, {name: answer.headers[name] for name in TOLD if name in answer.headers}, answer.body

    return Row(
        name=name,
        source=source or f"1.1, 1.2; {MT_INGRESS}, {RECEIVER}",
        see=see,
        expected=each(kafka=(kafka, kafka_tells or {}, b""), mt=(mt, mt_tells or ALLOW, b"")),
        mesh_only=mesh_only,
    )


PATHS = [
    row("an event is accepted", 202, 202),
    row("OPTIONS", 405, 200, method="OPTIONS", mt_tells=WEBHOOK, source=f"D8; {MT_INGRESS}"),
    row(
        "OPTIONS where no broker is", 405, 200, method="OPTIONS", target="/no/where/here", mt_tells=WEBHOOK, source="D8"
    ),
    row("GET", 405, 405, method="GET", event=False),
    row("GET of the root", 405, 405, method="GET", target="/", event=False),
    row("HEAD", 405, 405, method="HEAD", event=False),
    row("PUT", 405, 405, method="PUT"),
    row("DELETE where no broker is", 405, 405, method="DELETE", target="/no/broker"),
    row("POST to the root", 404, 404, target="/"),
    row("a path of one part", 404, 400, target="/default"),
    row("a path of three parts", 404, 400, target="{}/more"),
    row("a path with an empty namespace", 404, 404, target="//default"),
    row("one slash at the end", 202, 202, target="{}/"),
    row("two slashes at the end", 404, 400, target="{}//"),
    row("a query", 202, 404, target="{}?dry=true"),
    row("a query with a slash", 202, 400, target="{}?path=/x"),
    row("a percent-encoded path", 404, 404, target="/conform%61nce/shared"),
    row("another case", 404, 404, target="/Conformance/Shared"),
    row("an unknown broker", 404, 404, target="/no/broker", source="D10"),
    row("an unknown broker and no event", 404, 400, target="/no/broker", event=False, source="D10"),
    row("a query and no event", 400, 400, target="{}?dry=true", event=False),
]


DRAIN = "1.1; knative.dev/pkg network/handlers/drain.go; eventing-kafka-broker receiver/impl/handler/ProbeHandler.java"
NO_SUCH_PATH = "the cluster's MT ingress has no such path (design 7, stated exception)"

PROBES = [
    row("a kubelet's probe", 405, 200, method="GET", headers=KUBELET, event=False, source=DRAIN),
    row("a kubelet's probe by POST", 202, 200, headers=KUBELET, source=DRAIN),
    row("a kubelet's probe where no broker is", 405, 200, method="GET", target="/x", headers=KUBELET, event=False),
    row("Knative's probe", 200, 200, method="GET", headers=PROBE, event=False, kafka_tells=ECHO, mt_tells=ALLOW | ECHO),
    row("Knative's probe by POST", 202, 200, headers=PROBE, mt_tells=ALLOW | ECHO, source=DRAIN),
    row(
        "Knative's probe where no broker is",
        404,
        200,
        method="GET",
        target="/x/y",
        headers=PROBE,
        mt_tells=ALLOW | ECHO,
    ),
    row("Knative's probe without a hash", 202, 400, headers=PROBE[:1], source=DRAIN),
    row("GET /healthz", 200, 200, method="GET", target="/healthz", event=False, mesh_only=NO_SUCH_PATH),
    row("GET /readyz", 200, 200, method="GET", target="/readyz", event=False, mesh_only=NO_SUCH_PATH),
    row("POST /healthz", 404, 400, target="/healthz"),
]


@pytest.mark.parametrize("row", [*PATHS, *PROBES], ids=str)
def test_ingress(row: Row, run: Run) -> None:
    run.check(row)
