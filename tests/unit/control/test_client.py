"""The client and the server, over a real socket."""

import pytest

from mesh.control import routes, shapes
from mesh.control.client import Client
from mesh.errors import MeshError, NotDone, NotFound, UsageError
from support.operations import LETTER, STATUS, TRIGGER, InMemoryOperations, served


def test_a_status_arrives_as_it_was_given(client: Client) -> None:
    assert client.ask(routes.STATUS, routes.Nothing()) == STATUS


@pytest.mark.parametrize("event_id", ["ride-4711", "a/b", "..", "ä ö&x=1#?%2F", "null", "4711"])
def test_an_event_is_asked_for_by_any_id(mesh: InMemoryOperations, client: Client, event_id: str) -> None:
    mesh.traces[event_id] = shapes.Trace(sources=["/app"], events=[])

    assert client.ask(routes.TRACE, routes.EventQuery(id=event_id, source="null")).sources == ["/app"]


def test_a_parameter_in_the_path_is_encoded(mesh: InMemoryOperations, client: Client) -> None:
    mesh.letters["a/b?"] = LETTER

    assert client.ask(routes.DEAD_LETTER, routes.DeadLetterQuery(id="a/b?")).letter == LETTER


def test_a_selection_travels_in_the_query(client: Client) -> None:
    assert client.ask(routes.DEAD_LETTERS, routes.Selection(trigger=TRIGGER)) == [LETTER]
    assert client.ask(routes.DEAD_LETTERS, routes.Selection(trigger="cabs/notify")) == []


def test_a_replay_carries_its_payload(mesh: InMemoryOperations, client: Client) -> None:
    replay = shapes.Replay(ids=["dl-1"], data='{"distance_km": "12.5"}')

    assert client.ask(routes.REPLAY, replay).ids == ["dl-1"]
    assert mesh.replays == [replay]


def test_faults_are_set_and_cleared(mesh: InMemoryOperations, client: Client) -> None:
    fault = shapes.Fault(trigger=TRIGGER, status=503, times=2)

    assert client.ask(routes.SET_FAULT, fault).faults == [fault]
    assert client.ask(routes.CLEAR_FAULTS, routes.Nothing()).faults == []


def test_an_unknown_name_is_not_found_in_the_words_of_the_mesh(client: Client) -> None:
    with pytest.raises(NotFound, match="no trigger cabs/nobody here"):
        client.ask(routes.EXPLAIN, routes.TriggerQuery(trigger="cabs/nobody"))


@pytest.mark.parametrize(
    ("error", "expected"),
    [(UsageError("wrong"), UsageError), (NotDone("not done"), NotDone), (MeshError("odd"), NotDone)],
)
def test_an_error_of_the_mesh_keeps_its_kind_and_sentence(
    mesh: InMemoryOperations, client: Client, error: MeshError, expected: type[MeshError]
) -> None:
    mesh.state = error

    with pytest.raises(expected, match=str(error)) as raised:
        client.ask(routes.STATUS, routes.Nothing())
    assert type(raised.value) is expected


def test_a_bug_is_told_without_its_details(mesh: InMemoryOperations, client: Client) -> None:
    mesh.state = RuntimeError("secret")

    with pytest.raises(NotDone, match="a bug in the mesh: its log has the traceback"):
        client.ask(routes.STATUS, routes.Nothing())


def test_a_stream_yields_what_happens(mesh: InMemoryOperations, client: Client) -> None:
    mesh.changes = [shapes.Change(at="2026-08-01T12:00:00.000Z", what="accepted", event_id="ride-4711")] * 3

    assert list(client.stream(routes.WATCH, routes.Nothing())) == mesh.changes


def test_a_stream_of_nothing_ends(client: Client) -> None:
    assert list(client.stream(routes.WATCH, routes.Nothing())) == []


def test_a_stream_that_is_left_is_closed_in_the_mesh_too() -> None:
    mesh = InMemoryOperations()
    with served(mesh) as url:
        lines = Client(url).stream(routes.LOGS, routes.LogsQuery(function="invoice", follow=True))
        assert next(lines).line == "up"
        lines.close()

    assert mesh.closed_streams == 1


def test_logs_of_an_unknown_function_are_not_found(client: Client) -> None:
    with pytest.raises(NotFound, match="no function nobody here"):
        list(client.stream(routes.LOGS, routes.LogsQuery(function="nobody")))


def test_no_mesh_at_the_address_is_a_sentence_with_the_remedy() -> None:
    with pytest.raises(NotDone, match=r"no mesh answers at http://127.0.0.1:9: start one with `mesh up`.*--state DIR"):
        Client("http://127.0.0.1:9").ask(routes.STATUS, routes.Nothing())
