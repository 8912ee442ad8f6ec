"""What production is known to be, in a record in memory."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime

from checklist.drift import Drift, KnownMachine
from checklist.words import PersonId
from tests.generated.memory_messages import Undo, put


@dataclass(frozen=True, slots=True)
class Production:
    """The port of that name; a drift that was acknowledged leaves its number taken."""

    machines: dict[str, tuple[KnownMachine, ...]]
    drifts: dict[int, Drift | None]
    undo: Undo

    def known(self, app: str) -> tuple[KnownMachine, ...]:
        return self.machines.get(app, ())

    def keep(self, app: str, machines: Iterable[KnownMachine]) -> None:
        put(self.machines, app, tuple(sorted(machines, key=lambda machine: machine.id)), self.undo)

    def drift(self, app: str) -> Drift | None:
        return next((drift for drift in self.drifts.values() if drift and drift.app == app), None)

    def see(self, drift: Drift) -> Drift:
        seen = drift if drift.number else replace(drift, number=len(self.drifts) + 1)
        put(self.drifts, seen.number, seen, self.undo)
        return seen

    def acknowledge(self, drift: Drift, *, by: PersonId, at: datetime) -> None:
        put(self.drifts, drift.number, None, self.undo)
