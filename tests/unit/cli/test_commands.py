"""Every command that asks the running mesh, from its arguments to its output and exit status."""

import argparse
import json
from collections.abc import Iterator
from itertools import repeat
from pathlib import Path

import pytest
from msgspec.structs import replace

from mesh.cli import dead_letters
from mesh.control.shapes import Change, Delivery, Done, Drained, Fault, Replay, Trace, TracedEvent
from mesh.errors import NotDone
from support.command_line import Command
from support.operations import LETTER, TRIGGER, InMemoryOperations

AT = "2026-08-01T12:00:01.123Z"
BUSY = Drained(drained=False, pending=1, in_flight=2, kept=3)
DONE = Drained(drained=True, pending=0, in_flight=0, kept=0)


def traced(*sources: str) -> Trace:
    waiting = Delivery(trigger=TRIGGER, subscriber="http://127.0.0.1:7/", outcome="pending")
    event = TracedEvent(
        id="ride-4711", source="/app", type="t", broker="cabs/default", accepted_at=AT, deliveries=[waiting]
    )
    return Trace(sources=list(sources), events=[event] if len(sources) == 1 else [])


@pytest.mark.parametrize("output", [[], ["-o", "json"]])
def test_status_is_json(mesh: Command, output: list[str]) -> None:
    said = mesh("status", *output)

    assert (said.status, said.err) == (0, "")
    assert json.loads(said.out)["triggers"][0]["pending"] == 1


def test_trace_shows_the_tree(mesh: Command, operations: InMemoryOperations) -> None:
    operations.traces["ride-4711"] = traced("/app")

    said = mesh("trace", "ride-4711")

    assert said.status == 0
    assert said.out == f"t  ride-4711  from /app  accepted {AT}\n└─ invoice  pending\n"
    assert json.loads(mesh("trace", "ride-4711", "-o", "json").out)["events"][0]["id"] == "ride-4711"


def test_trace_of_an_ambiguous_id_lists_the_sources(mesh: Command, operations: InMemoryOperations) -> None:
    operations.traces["ride-4711"] = traced("/app", "/legacy")

    said = mesh("trace", "ride-4711")

    assert said.status == 1
    assert said.err == "mesh: several events have the id ride-4711: choose one with --source\n  /app\n  /legacy\n"


def test_trace_of_an_unknown_id_is_told(mesh: Command) -> None:
    said = mesh("trace", "nobody")

    assert (said.status, said.err) == (1, "mesh: no event nobody is known\n")


def test_explain_shows_settings_and_waits(mesh: Command) -> None:
    said = mesh("explain", "invoice")

    assert said.status == 0
    assert (
        said.out
        == """\
cabs/invoice of broker default (Kafka)

SETTING  VALUE  FROM
retry    2      broker/200-broker.yaml:19

waits before each retry: 0.4 s, 0.8 s (together 1.2 s)
"""
    )
    assert json.loads(mesh("explain", "invoice", "-o", "json").out)["class"] == "Kafka"


def test_drained_answers_by_its_exit_status(mesh: Command, operations: InMemoryOperations) -> None:
    operations.drained_answers = [BUSY, DONE]

    busy = mesh("drained", "--type", "cabs.rides.ride-completed", "--trigger", TRIGGER)
    done = mesh("drained", "-o", "json")

    assert (busy.status, busy.out) == (1, "not drained: 1 pending, 2 in flight or waiting, 3 kept as dead letters\n")
    assert (done.status, json.loads(done.out)["drained"]) == (0, True)


def test_a_list_that_is_full_says_that_there_may_be_more(mesh: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dead_letters, "MOST_LETTERS", 1)
    *_, last = mesh("dead-letters", "list").out.splitlines()
    assert last == "10,000 are shown, the oldest: there may be more (--type and --trigger choose among them)"


def test_drained_waits(mesh: Command, operations: InMemoryOperations) -> None:
    operations.drained_answers = [BUSY, DONE]

    assert mesh("drained", "--wait", "PT30S").status == 0


def test_dead_letters_are_listed(mesh: Command) -> None:
    head, row = mesh("dead-letters", "list").out.splitlines()

    assert head.split() == ["ID", "STATE", "TRIGGER", "TYPE", "EVENT", "CODE", "ATTEMPTS", "DIED", "REASON"]
    assert row.startswith("dl-1  kept   cabs/invoice  cabs.rides.ride-completed  ride-4711  422   1")
    assert row.endswith(r"distance_km: not a \x1b[31mnumber")
    assert json.loads(mesh("dead-letters", "list", "-o", "json").out)[0]["id"] == "dl-1"
    assert mesh("dead-letters", "list", "--type", "other").out == "no dead letters\n"


def test_a_dead_letter_is_shown_with_its_event(mesh: Command) -> None:
    said = mesh("dead-letters", "show", "dl-1")

    assert said.status == 0
    assert "event_id: ride-4711\n" in said.out
    assert said.out.endswith('attributes:\n  id: ride-4711\n  type: cabs.rides.ride-completed\ndata:\n  {"a": 1}\n')


def test_an_unknown_dead_letter_is_told(mesh: Command) -> None:
    assert mesh("dead-letters", "show", "dl-9").err == "mesh: no dead letter dl-9 here\n"


def test_a_dead_letter_is_replayed_with_a_corrected_payload(
    mesh: Command, operations: InMemoryOperations, tmp_path: Path
) -> None:
    (tmp_path / "data.json").write_text('{"distance_km": "12.5"}')

    said = mesh("dead-letters", "replay", "dl-1", "--data", f"@{tmp_path}/data.json")

    assert (said.status, said.out) == (0, "replayed dl-1\n")
    assert operations.replays == [Replay(ids=["dl-1"], data='{"distance_km": "12.5"}')]


def test_all_dead_letters_are_replayed(mesh: Command) -> None:
    assert mesh("dead-letters", "replay", "--all").out == f"replayed {LETTER.id}\n"
    assert mesh("dead-letters", "replay", "--all").out == "nothing replayed\n"


def test_a_dead_letter_is_discarded(mesh: Command, operations: InMemoryOperations) -> None:
    assert mesh("dead-letters", "discard", "dl-1", "-o", "json").out == '{\n  "ids": [\n    "dl-1"\n  ]\n}\n'
    assert operations.letters == {}


@pytest.fixture
def five_letters(operations: InMemoryOperations, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """To be asked for two at a time."""
    monkeypatch.setattr(dead_letters, "LETTERS_AT_ONCE", 2)
    operations.letters = {f"dl-{number}": replace(LETTER, id=f"dl-{number}") for number in range(1, 6)}
    return list(operations.letters)


@pytest.mark.parametrize("words", [("replay", "--all"), ("replay", "IDS"), ("discard", "IDS")])
def test_many_dead_letters_are_closed_in_pieces(
    mesh: Command, operations: InMemoryOperations, five_letters: list[str], words: tuple[str, ...]
) -> None:
    named = [word for each in words for word in (five_letters if each == "IDS" else [each])]
    assert json.loads(mesh("dead-letters", *named, "-o", "json").out) == {"ids": five_letters}
    assert operations.letters == {}
    assert [request.most for request in operations.replays if request.all] == [2, 2, 1][: 3 * ("--all" in words)]


def test_when_it_fails_midway_it_is_told_what_was_done(
    mesh: Command, operations: InMemoryOperations, five_letters: list[str]
) -> None:
    said = mesh("dead-letters", "discard", *five_letters[:3], "dl-9", "dl-4")
    assert (said.status, said.err) == (1, "mesh: no dead letter dl-9 here\n")
    assert said.out == "discarded dl-1\ndiscarded dl-2\ndiscarded 2, at most 3 left\n"
    assert list(operations.letters) == ["dl-3", "dl-4", "dl-5"]


def test_an_error_that_came_after_some_ends_it(capsys: pytest.CaptureFixture[str]) -> None:
    answers = [Done(ids=["dl-1"], left=4), Done(ids=["dl-2"], left=3, error="dl-3 is stuck"), Done(ids=["dl-4"])]
    with pytest.raises(NotDone, match="dl-3 is stuck"):
        dead_letters.follow(argparse.Namespace(output="human"), iter(answers), "replayed")
    assert capsys.readouterr().out.endswith("replayed dl-2\nreplayed 2, at most 3 left\n")


def test_a_mesh_that_does_no_more_is_asked_no_more(capsys: pytest.CaptureFixture[str]) -> None:
    assert dead_letters.follow(argparse.Namespace(output="human"), repeat(Done(ids=[], left=1)), "replayed") == 0
    assert capsys.readouterr().out == "nothing replayed\nreplayed 0, at most 1 left\n"


def test_when_it_is_interrupted_it_is_told_what_was_done(capsys: pytest.CaptureFixture[str]) -> None:
    def interrupted() -> Iterator[Done]:
        yield Done(ids=["dl-1", "dl-2"], left=3)
        raise KeyboardInterrupt

    for output, said in (
        ("human", "replayed dl-1\nreplayed dl-2\nreplayed 2, at most 3 left\n"),
        ("json", '{\n  "ids": [\n    "dl-1",\n    "dl-2"\n  ],\n  "left": 3\n}\n'),
    ):
        with pytest.raises(KeyboardInterrupt):
            dead_letters.follow(argparse.Namespace(output=output), interrupted(), "replayed")
        assert capsys.readouterr().out == said


def test_faults_are_set_and_cleared(mesh: Command, operations: InMemoryOperations) -> None:
    assert mesh("fault", TRIGGER, "--status", "503").out == "cabs/invoice: answers 503, until cleared\n"
    assert operations.faults == [Fault(trigger=TRIGGER, status=503)]
    assert mesh("fault", "--clear").out == "no faults\n"
    assert mesh("fault", TRIGGER, "--drop", "--times", "1").out.endswith("the connection drops, for 1 attempt\n")
    assert mesh("fault", TRIGGER, "--delay", "PT2S").out.endswith("waits 2 s, until cleared\n")


def test_watch_shows_a_line_a_change(mesh: Command, operations: InMemoryOperations) -> None:
    operations.changes = [
        Change(at=AT, what="accepted", event_id="ride-4711", event_type="t\x1b[2J", detail="cabs/default"),
        Change(at=AT, what="reload", detail="triggers/invoice.yaml"),
    ]

    assert mesh("watch").out.splitlines() == [
        r"12:00:01.123  accepted    t\x1b[2J ride-4711  cabs/default",
        "12:00:01.123  reload      triggers/invoice.yaml",
    ]
    assert [json.loads(line)["what"] for line in mesh("watch", "-o", "json").out.splitlines()] == ["accepted", "reload"]


def test_logs_are_prefixed_with_their_replica(mesh: Command) -> None:
    assert mesh("logs", "invoice").out == "invoice-1 | up\n"
    assert json.loads(mesh("logs", "invoice", "-o", "json").out)["line"] == "up"


def test_logs_of_an_unknown_function_are_told(mesh: Command) -> None:
    said = mesh("logs", "nobody")

    assert (said.status, said.out, said.err) == (1, "", "mesh: no function nobody here\n")


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ("dead-letters", "the following arguments are required: ACTION"),
        ("dead-letters replay", "name the dead letters to replay"),
        ("dead-letters replay dl-1 --all", "name the dead letters to replay"),
        ("dead-letters replay dl-1 dl-2 --data {}", "--data replaces the payload of exactly one dead letter"),
        ("dead-letters replay --all --data {}", "--data replaces the payload of exactly one dead letter"),
        ("dead-letters replay dl-1 --data @/nowhere", "cannot read '/nowhere'"),
        ("dead-letters discard", "required: ID"),
        ("fault cabs/invoice", "one of the arguments --status --delay --drop --clear is required"),
        ("fault cabs/invoice --status 503 --drop", "not allowed with"),
        ("fault --status 503", "which trigger?"),
        ("fault cabs/invoice --clear", "--clear clears every fault"),
        ("fault cabs/invoice --status 42", "'42' is not an HTTP status"),
        ("fault cabs/invoice --drop --times 0", "'0' is not a whole number from 1"),
        ("drained --wait soon", "'soon' is not a duration"),
        ("status --state a --mesh http://b", "not allowed with"),
        ("status --mesh nowhere", "not the address of a console"),
        ("status -o yaml", "invalid choice: 'yaml'"),
        ("trace", "required: ID"),
    ],
)
def test_wrong_usage_is_one_sentence_and_status_2(mesh: Command, arguments: str, sentence: str) -> None:
    said = mesh(*arguments.split())

    assert (said.status, said.out) == (2, "")
    assert said.err.startswith("mesh: ")
    assert said.err.count("\n") == 1
    assert sentence in said.err


def test_what_the_mesh_refuses_is_status_1(mesh: Command, operations: InMemoryOperations) -> None:
    operations.state = NotDone("it is stopping")

    said = mesh("status")

    assert (said.status, said.err) == (1, "mesh: it is stopping\n")
