"""A replica in use."""

from dataclasses import dataclass

from mesh.functions.replica import Replica


@dataclass(eq=False, slots=True)
class Slot:
    """`in_flight` is how many requests the replica works on, `answers` how many it has answered."""

    replica: Replica
    generation: int
    ready_at: float
    in_flight: int = 0
    answers: int = 0
    retired: bool = False  # it takes no more requests, because it is too many, too old or failing
