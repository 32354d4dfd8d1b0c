"""A traced event as a tree of lines: event → triggers → attempts → reply → …."""

from collections.abc import Iterator
from dataclasses import dataclass

from mesh.cli.screen import Paint, counted
from mesh.cli.times import seconds_text, time_of_day
from mesh.control.shapes import Attempt, Delivery, TracedEvent
from mesh.text import printable

COLOUR_OF = {
    "delivered": "green",
    "replayed": "green",
    "in_flight": "cyan",
    "pending": "cyan",
    "waiting": "yellow",
    "sunk": "red",
    "kept": "red",
    "discarded": "dim",
}


@dataclass(frozen=True, slots=True)
class Node:
    """A line, and what hangs below it."""

    text: str
    below: tuple["Node", ...] = ()


def render(event: TracedEvent, paint: Paint, *, verbose: bool = False) -> list[str]:
    """Return the tree's lines; the event asked for says why each trigger did not match, replies only when verbose."""
    tree = _Tree(paint, verbose).event(event, is_root=True)
    return [tree.text, *_lines(tree.below)]


def _lines(nodes: tuple[Node, ...]) -> Iterator[str]:
    for node in nodes:
        is_last = node is nodes[-1]
        yield f"{'└─' if is_last else '├─'} {node.text}"
        for line in _lines(node.below):
            yield f"{'  ' if is_last else '│ '} {line}"


@dataclass(frozen=True, slots=True)
class _Tree:
    paint: Paint
    verbose: bool

    def event(self, event: TracedEvent, *, is_root: bool = False) -> Node:
        tried = tuple(self._delivery(each) for each in event.deliveries if each.outcome != "not_matched")
        passed_by = [each for each in event.deliveries if each.outcome == "not_matched"]
        return Node(self._headline(event, is_root=is_root), (*tried, *self._not_matched(passed_by, is_root=is_root)))

    def _headline(self, event: TracedEvent, *, is_root: bool) -> str:
        parts = [self.paint("bold", printable(event.type)), printable(event.id), f"from {printable(event.source)}"]
        if event.accepted_at:
            parts.append(f"accepted {event.accepted_at if is_root else time_of_day(event.accepted_at)}")
        if event.replay_of:
            parts.append(f"replay of {printable(event.replay_of)}")
        return "  ".join(parts)

    def _not_matched(self, deliveries: list[Delivery], *, is_root: bool) -> tuple[Node, ...]:
        if is_root or self.verbose:
            return tuple(Node(self.paint("dim", _why_not(each))) for each in deliveries)
        names = ", ".join(_name(each) for each in deliveries)
        return (Node(self.paint("dim", f"not matched (-v shows why): {names}")),) if deliveries else ()

    def _delivery(self, delivery: Delivery) -> Node:
        outcome = self.paint(COLOUR_OF[delivery.outcome], delivery.outcome)
        parts = [_name(delivery), outcome, _attempts(delivery)]
        if delivery.dead_letter and delivery.outcome in {"sunk", "kept"}:
            parts.append(f"dead letter {printable(delivery.dead_letter)}")
        if delivery.reason:
            parts.append(printable(delivery.reason))
        return Node("  ".join(part for part in parts if part), self._below(delivery))

    def _below(self, delivery: Delivery) -> tuple[Node, ...]:
        earlier = [Node(_before_restart(delivery))] if delivery.attempts_before_restart else []
        attempts = [] if _went_well(delivery) else delivery.attempts
        last = attempts[-1] if attempts and delivery.outcome == "waiting" else None
        tried = [self._attempt(each, "waits" if each is last else "then waited") for each in attempts]
        replies = [self.event(reply) for reply in (delivery.reply, delivery.sink_reply) if reply]
        return (*earlier, *tried, *replies)

    def _attempt(self, attempt: Attempt, waits: str) -> Node:
        answer = self.paint("green" if _is_success(attempt) else "red", _answer(attempt))
        fault = " (fault)" if attempt.fault else ""
        wait = "" if attempt.retry_in is None else f", {waits} {seconds_text(attempt.retry_in)}"
        return Node(f"{_label(attempt)}  {answer}{fault}  {seconds_text(attempt.seconds)}{wait}")


def _why_not(delivery: Delivery) -> str:
    return f"{_name(delivery)}  not matched" + (f": {printable(delivery.reason)}" if delivery.reason else "")


def _name(delivery: Delivery) -> str:
    """The trigger without its namespace, which is the broker's."""
    return printable(delivery.trigger.rpartition("/")[2])


def _attempts(delivery: Delivery) -> str:
    to_subscriber = [each for each in delivery.attempts if each.to == "subscriber"]
    number = delivery.attempts_before_restart + len(to_subscriber)
    if not number:
        return ""
    if _went_well(delivery):
        return f"{counted(number, 'attempt')}, {seconds_text(delivery.attempts[0].seconds)}"
    return counted(number, "attempt") + _next_due(delivery)


def _next_due(delivery: Delivery) -> str:
    if delivery.outcome != "waiting":
        return ""
    due = delivery.next_due or (delivery.attempts[-1].next_due if delivery.attempts else None)
    return f", next {time_of_day(due)}" if due else ""


def _went_well(delivery: Delivery) -> bool:
    """One attempt that succeeded needs no line of its own."""
    return (
        not delivery.attempts_before_restart
        and len(delivery.attempts) == 1
        and _is_success(delivery.attempts[0])
        and not delivery.attempts[0].fault
    )


def _before_restart(delivery: Delivery) -> str:
    last = f", the last: {printable(delivery.last_before_restart)}" if delivery.last_before_restart else ""
    return f"{counted(delivery.attempts_before_restart, 'attempt')} before the mesh restarted{last}"


def _answer(attempt: Attempt) -> str:
    answer = "" if attempt.status is None else str(attempt.status)
    return " ".join(part for part in (answer, printable(attempt.error or "")) if part) or "no answer"


def _is_success(attempt: Attempt) -> bool:
    return attempt.status is not None and attempt.status // 100 == 2 and attempt.error is None  # noqa: PLR2004


def _label(attempt: Attempt) -> str:
    if attempt.to == "subscriber":
        return str(attempt.number)
    return "dead letter sink" if attempt.number == 1 else f"dead letter sink {attempt.number}"
