"""What a release is like, and how it goes back: each way in which a deployment passes through everything outside."""

from collections.abc import Mapping
from dataclasses import dataclass
from math import ceil

from checklist.deployment import Deployment
from checklist.moves import Status
from checklist.words import MigrateWhen
from sandbox.fly.opening import Fleet
from tests.generated.workplace import PLAIN as USUAL
from tests.generated.workplace import Extras


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """One way to production, and back."""

    strategy: str = ""  # as the checklist says
    maintenance: bool = False
    undoes: bool = False  # the way back brings the kept configuration too
    gives_up: bool = False  # a deployment that halts goes back, or is abandoned, and is not tried again
    falls_sick: bool = False  # nobody is served any more when they go back, so all machines go at once
    extras: Extras = USUAL  # what the checklist, or production, needs for it

    @property
    def wishes(self) -> Mapping[str, str]:
        """What people choose in the form."""
        yes_or_no = {"maintenance": self.maintenance, "migrations": bool(self.extras.migrates)}
        return {"strategy": self.strategy} | {name: "yes" if yes else "no" for name, yes in yes_or_no.items()}

    def may_be_away(self, found: Deployment | None, many: int) -> int:
        """How many of so many machines that run nobody may miss now: none where new ones take their places.

        Half of them on a way back, and by an undo one after another.
        """
        if found is not None and found.status in {Status.ROLLING_BACK, Status.ROLLBACK_INCOMPLETE}:
            return 1 if self.undoes else ceil(many / 2)
        if self.strategy == "bluegreen" and not self.maintenance:
            return 0
        return min(many, self.extras.max_unavailable or 1)


SLOW = 4.0  # seconds more for each move of a machine: its lease is refreshed while it is waited for
FIVE = Fleet(started=4, workers=1, stopped=1)  # that run, in two process groups, and one that stands still
FOUR = Fleet(started=2, workers=1, stopped=1)
AFTERWARDS = Extras(migrates=MigrateWhen.AFTER)
PLAIN = Scene(maintenance=True, extras=Extras(slower=SLOW))
SCENES: Mapping[str, Scene] = {
    "rolling": PLAIN,
    "undo": Scene(undoes=True),
    "canary": Scene(strategy="canary"),
    "bluegreen": Scene(strategy="bluegreen"),
    "bluegreen-undo": Scene(strategy="bluegreen", undoes=True),
    "immediate-back": Scene(falls_sick=True),
    "migration-first": Scene(extras=Extras(migrates=MigrateWhen.BEFORE)),
    "migration-last": Scene(extras=AFTERWARDS),
    "rehearsal": Scene(extras=Extras(rehearses=True)),
    "pools": Scene(extras=Extras(fleet=FIVE, max_unavailable=2, slower=SLOW)),
    "canary-of-three": Scene(strategy="canary", extras=Extras(fleet=Fleet(started=3), max_unavailable=2)),
    "bluegreen-of-four": Scene(strategy="bluegreen", extras=Extras(fleet=FOUR)),
}
# The same until something goes wrong.
GIVEN_UP: Mapping[str, Scene] = {
    "rolling-given-up": Scene(gives_up=True),
    "pools-given-up": Scene(gives_up=True, extras=Extras(fleet=FIVE, max_unavailable=2)),
    "bluegreen-given-up": Scene(strategy="bluegreen", gives_up=True),
    "migration-given-up": Scene(gives_up=True, extras=AFTERWARDS),
}
