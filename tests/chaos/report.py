"""What a run came to, in counts. Pure."""

from collections import Counter
from collections.abc import Iterator

from chaos.checker import SHOWN, awaited, lost, unequal
from chaos.havoc import KILLS
from chaos.run import Run


def report(run: Run) -> str:
    return "\n".join([*_lines(run), *run.violations[:SHOWN]])


def _lines(run: Run) -> Iterator[str]:
    history = run.history
    answers = Counter(send.status for send in history.sends)
    events = {send.event for send in history.sends}
    acknowledged = {send.event for send in history.sends if send.status == 202}
    own = [arrival for arrival in history.arrivals if not arrival.dead]
    taken = Counter((arrival.trigger, arrival.event, arrival.copy) for arrival in own if arrival.taken)
    dead = {(arrival.trigger, arrival.event, arrival.copy) for arrival in history.arrivals if arrival.dead}
    yield f"broker class   {history.broker_class.name}"
    yield f"seed           {run.plan.seed}"
    yield f"kills          {sum(run.done[kind] for kind in KILLS)}: {_counts(run, KILLS)}"
    yield f"other havoc    {_counts(run, sorted(run.done.keys() - set(KILLS)))}"
    yield f"half requests  {sum(not send.whole and send.event.startswith('breaker') for send in history.sends)}"
    unknown = len(events) - len(acknowledged)
    yield f"events         {len(events)} sent, {len(acknowledged)} acknowledged, {unknown} unknown"
    unanswered = sum(send.whole and send.status is None for send in history.sends)
    yield f"answers        {answers[202]} stored, {answers[history.broker_class.refusal]} refused, {unanswered} none"
    yield f"rides settled  {len(history.holdings.settled)}"
    yield f"deliveries     {len(own)}: {len(taken)} done, {sum(taken.values()) - len(taken)} repeated after that"
    yield f"dead letters   {len(dead)}"
    yield f"losses         {len([*awaited(history), *lost(history), *unequal(history)])}"
    yield f"violations     {len(run.violations)}"


def _counts(run: Run, kinds: "list[str] | tuple[str, ...]") -> str:
    return ", ".join(f"{run.done[kind]} {kind}" for kind in kinds)
