"""The cases behind a mesh: events go to the broker, statuses come from the trace, replies to a subscriber of all."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from mesh.control import discovery, routes, shapes
from mesh.control.client import Client
from mesh.functions.layouts import Layout
from step import Event
from step.binding import read
from support import mesh as http
from support.broker import Broker, serving
from support.cases import Case, Outcome
from support.mesh import MeshUp, copied_project
from support.steps import post

ALL_REPLIES = """\
apiVersion: eventing.knative.dev/v1
kind: Trigger
metadata: {{name: all-replies, namespace: cabs}}
spec:
  broker: default
  filters: [prefix: {{source: //cabs/}}]
  subscriber: {{uri: '{url}'}}
"""
NONE = [None, None]
OF_THE_TOPIC = "knativekafka"  # the event's place in it, which the class adds


@contextmanager
def running(root: Path, layout: Layout, database_url: str) -> Iterator["MeshCases"]:
    project = copied_project(root)
    with serving() as replies:
        (project / "triggers" / "all-replies.yaml").write_text(ALL_REPLIES.format(url=replies.url))
        up = MeshUp(project, project / ".mesh", {"DATABASE_URL": database_url}).start("--layout", layout)
        try:
            yield MeshCases(up, replies)
        finally:
            up.end()


class MeshCases:
    """One mesh for all cases."""

    def __init__(self, mesh: MeshUp, replies: Broker) -> None:
        self.mesh = mesh
        self._replies = replies

    def outcomes(self, cases: Sequence[Case]) -> dict[str, list[Outcome]]:
        """Of both deliveries of each case's event, by the case's id."""
        self._settle(case.before for case in cases if case.before)
        self._settle(case.sent for case in cases for _ in range(2))
        client = Client(discovery.find(state=self.mesh.state, url=None, environ={}))
        letters = client.ask(routes.DEAD_LETTERS, routes.Selection())
        return {case.id: self._of(case, client, letters) for case in cases}

    def _settle(self, events: Iterable[Event]) -> None:
        for event in events:
            request = post(event)
            assert http.post(self.mesh.broker, request.body, dict(request.headers))[0] == 202, event
        done = self.mesh.cli("drained", "--wait", "PT60S")
        assert done.returncode == 0, done.stdout + self.mesh.output()

    def _of(self, case: Case, client: Client, letters: Sequence[shapes.DeadLetter]) -> list[Outcome]:
        trigger = f"cabs/{case.step}"
        traced = client.ask(routes.TRACE, routes.EventQuery(id=case.sent.id)).events
        deliveries = [delivery for event in traced for delivery in event.deliveries if delivery.trigger == trigger]
        told = [letter.reason for letter in letters if (letter.event_id, letter.trigger) == (case.sent.id, trigger)]
        replies: list[Event | None] = [*self._replies_to(case)]
        return [
            Outcome(_status(delivery), reply, reason)
            for delivery, reply, reason in zip(deliveries, replies or NONE, told or ["", ""], strict=True)
        ]

    def _replies_to(self, case: Case) -> list[Event]:
        read_all = (read(headers.items(), body) for headers, body in self._replies.took)
        return [
            Event(_own(reply), reply.data)
            for reply in read_all
            if (reply.source, reply.attributes["causationid"]) == (f"//cabs/{case.step}", case.sent.id)
        ]


def _status(delivery: shapes.Delivery) -> int | None:
    """What the step answered: none of the cases is worth a second attempt."""
    [attempt] = [attempt for attempt in delivery.attempts if attempt.to == "subscriber"]
    return attempt.status


def _own(event: Event) -> dict[str, str]:
    return {name: value for name, value in event.attributes.items() if not name.startswith(OF_THE_TOPIC)}
