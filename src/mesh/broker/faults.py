"""Faults on purpose: what `mesh fault` does to a trigger's next attempts."""

from mesh.control.shapes import Fault


class Faults:
    """At most one fault a trigger; `take` counts one attempt."""

    def __init__(self) -> None:
        self._faults: dict[str, Fault] = {}

    def set(self, fault: Fault) -> None:
        self._faults[fault.trigger] = fault

    def clear(self) -> None:
        self._faults.clear()

    def all(self) -> list[Fault]:
        return list(self._faults.values())

    def has(self, trigger: str) -> bool:
        """Whether the trigger's next attempt meets one."""
        return trigger in self._faults

    def take(self, trigger: str) -> Fault | None:
        """Return the fault that the trigger's next attempt meets, used up by one."""
        fault = self._faults.get(trigger)
        if fault is None or fault.times is None:
            return fault
        if fault.times > 1:
            self._faults[trigger] = Fault(
                trigger=trigger, status=fault.status, delay=fault.delay, drop=fault.drop, times=fault.times - 1
            )
        else:
            del self._faults[trigger]
        return fault
