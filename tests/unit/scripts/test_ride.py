"""`make ride`: its table, made from a trace, and what it needs of the running mesh."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest

from mesh.control.shapes import Attempt, BrokerStatus, Delivery, FunctionStatus, Outcome, Status, Trace, TracedEvent
from support.scripts import script

ride: Any = script("ride")


def attempt(at: str, number: int = 1, status: int = 200) -> Attempt:
    return Attempt(number=number, to="subscriber", at=f"2026-08-01T12:00:{at}Z", seconds=0.25, status=status)


def delivery(
    step: str, *attempts: Attempt, outcome: Outcome = "delivered", reply: TracedEvent | None = None, before: int = 0
) -> Delivery:
    return Delivery(
        trigger=f"cabs/{step}",
        subscriber=f"http://{step}",
        outcome=outcome,
        attempts=list(attempts),
        reply=reply,
        attempts_before_restart=before,
    )


def event(event_type: str, *deliveries: Delivery) -> TracedEvent:
    return TracedEvent(
        id="r-1",
        source="//cabs/app",
        type=event_type,
        broker="cabs/default",
        accepted_at="2026-08-01T12:00:00.000Z",
        deliveries=list(deliveries),
    )


def rows(*events: TracedEvent) -> list[list[str]]:
    lines = ride.table(Trace(sources=["//cabs/app"], events=list(events)))
    return [line.split() for line in lines[1:]]


def test_table_has_a_heading_and_its_columns_are_aligned() -> None:
    lines = ride.table(
        Trace(sources=["//cabs/app"], events=[event("done", delivery("a-long-name", attempt("01.000")))])
    )

    assert lines == [
        "when      event  step         outcome    attempts  emitted",
        "+1.250 s  done   a-long-name  delivered  1",
    ]


def test_table_shows_what_a_step_emitted_and_what_became_of_that() -> None:
    completed = event("ride-completed", delivery("invoice", attempt("02.000")))
    command = event("complete-ride", delivery("ride-completed", attempt("01.000"), reply=completed))

    assert rows(command) == [
        ["+1.250", "s", "complete-ride", "ride-completed", "delivered", "1", "ride-completed"],
        ["+2.250", "s", "ride-completed", "invoice", "delivered", "1"],
    ]


def test_table_is_in_the_order_in_which_deliveries_ended() -> None:
    late, early = delivery("late", attempt("03.000")), delivery("early", attempt("02.000"))

    assert [row[3] for row in rows(event("done", late, early))] == ["early", "late"]


def test_table_counts_the_attempts_on_the_subscriber_before_a_restart_too() -> None:
    retried = delivery("invoice", attempt("01.000", 3, 503), attempt("05.000", 4), before=2)

    assert rows(event("done", retried)) == [["+5.250", "s", "done", "invoice", "delivered", "4"]]


def test_table_leaves_out_triggers_that_did_not_match() -> None:
    passed_by = delivery("dead-letter", outcome="not_matched")

    assert rows(event("done", passed_by, delivery("invoice", attempt("01.000"))))[0][3] == "invoice"
    assert len(rows(event("done", passed_by))) == 0


def test_table_puts_what_has_not_ended_last_and_without_a_time() -> None:
    waiting = delivery("invoice", attempt("01.000", status=503), outcome="waiting")
    pending = delivery("notify", outcome="pending")
    ended = delivery("calculate-fee", attempt("09.000"))

    assert [(row[0], row[-3], row[-2]) for row in rows(event("done", waiting, pending, ended))[1:]] == [
        ("-", "invoice", "waiting"),
        ("-", "notify", "pending"),
    ]


def test_addresses_are_those_of_the_broker_and_of_the_projection() -> None:
    broker = BrokerStatus(namespace="cabs", name="default", broker_class="Kafka", url="http://b/cabs/default")
    others = FunctionStatus(namespace="cabs", name="invoice", url="http://i", replicas=0)
    projection = FunctionStatus(namespace="cabs", name="ride-status", url="http://r", replicas=0)

    found = ride.addresses(Status(brokers=[broker], triggers=[], functions=[others, projection]))

    assert (found.broker, found.ride_status) == ("http://b/cabs/default", "http://r")


def test_a_mesh_that_runs_something_else_is_told_in_a_sentence() -> None:
    with pytest.raises(ride.NotSettled, match="has not both broker cabs/default and function cabs/ride-status"):
        ride.addresses(Status(brokers=[], triggers=[], functions=[]))


class Broker(BaseHTTPRequestHandler):
    """Takes rides in and says of each, from the second question on, that it is settled."""

    taken: list[dict[str, Any]]
    asked: int
    refuses: bool

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["content-length"])))
        type(self).taken.append({**{name.lower(): value for name, value in self.headers.items()}, "data": body})
        self._answer(503 if self.refuses else 202, b"the disk is full" if self.refuses else b"")

    def do_GET(self) -> None:
        type(self).asked += 1
        if self.asked == 1:
            self._answer(404, b'{"error": "unknown"}')
        else:
            self._answer(200, json.dumps({"asked": self.path, "state": "settled"}).encode())

    def log_message(self, *_: object) -> None:
        """Say nothing."""

    def _answer(self, status: int, body: bytes) -> None:
        self.send_response(status)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


@pytest.fixture
def broker() -> Iterator[tuple[type[Broker], str]]:
    handler = type("OneBroker", (Broker,), {"taken": [], "asked": 0, "refuses": False})
    with HTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield handler, f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


def test_a_ride_is_sent_as_a_binary_event_whose_id_is_the_rides(broker: tuple[type[Broker], str]) -> None:
    handler, url = broker

    ride.send(f"{url}/cabs/default", "r-9")

    (sent,) = handler.taken
    attributes = {name: sent[f"ce-{name}"] for name in ("id", "type", "source", "specversion")}
    assert attributes == {
        "id": "r-9",
        "type": "cabs.rides.complete-ride",
        "source": "//cabs/app",
        "specversion": "1.0",
    }
    assert sent["content-type"] == "application/json"
    assert sent["data"] == {
        "ride_id": "r-9",
        "passenger_id": "p-42",
        "driver_id": "d-7",
        "distance_km": "12.5",
        "duration_min": 25,
    }


def test_a_ride_that_is_not_taken_is_told_with_the_brokers_words(broker: tuple[type[Broker], str]) -> None:
    handler, url = broker
    handler.refuses = True

    with pytest.raises(ride.NotSettled, match="answered 503: the disk is full"):
        ride.send(url, "r-9")


def test_a_broker_that_does_not_answer_is_told() -> None:
    with pytest.raises(ride.NotSettled, match="does not answer"):
        ride.send("http://127.0.0.1:1/cabs/default", "r-9")


def test_a_ride_is_asked_for_until_it_is_settled(broker: tuple[type[Broker], str]) -> None:
    _, url = broker

    assert ride.follow(f"{url}/?ride_id=r-9", float("inf")) == {"asked": "/?ride_id=r-9", "state": "settled"}


def test_after_the_deadline_what_is_known_is_the_answer(broker: tuple[type[Broker], str]) -> None:
    _, url = broker

    assert ride.follow(f"{url}/?ride_id=r-9", float("-inf")) is None
