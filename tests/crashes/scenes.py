"""What a release is like, and how it goes back: each way in which a deployment passes through everything outside."""

from collections.abc import Mapping
from dataclasses import dataclass

from checklist.deployment import Deployment
from checklist.moves import Status
from checklist.words import MigrateWhen
from tests.generated.workplace import Extras


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """One way to production, and back."""

    strategy: str = ""  # as the checklist says
    maintenance: bool = False
    migrates: MigrateWhen | None = None  # with a backup before it; and back, by a person's choice
    rehearses: bool = False  # the way back, on staging
    undoes: bool = False  # the way back brings the kept configuration too
    gives_up: bool = False  # a deployment that halts goes back, or is abandoned, and is not tried again
    falls_sick: bool = False  # nobody is served any more when they go back, so all machines go at once

    @property
    def extras(self) -> Extras:
        """What the checklist needs for it."""
        return Extras(migrates=self.migrates, rehearses=self.rehearses)

    @property
    def wishes(self) -> Mapping[str, str]:
        """What people choose in the form."""
        yes_or_no = {"maintenance": self.maintenance, "migrations": bool(self.migrates)}
        return {"strategy": self.strategy} | {name: "yes" if yes else "no" for name, yes in yes_or_no.items()}

    def may_be_away(self, found: Deployment | None) -> int:
        """How many of production's two machines nobody may miss now: none where new ones take their places."""
        replaces = self.strategy == "bluegreen" and not self.maintenance
        going_back = found is not None and found.status in {Status.ROLLING_BACK, Status.ROLLBACK_INCOMPLETE}
        return 0 if replaces and not going_back else 1


PLAIN = Scene(maintenance=True)
SCENES: Mapping[str, Scene] = {
    "rolling": PLAIN,
    "undo": Scene(undoes=True),
    "canary": Scene(strategy="canary"),
    "bluegreen": Scene(strategy="bluegreen"),
    "bluegreen-undo": Scene(strategy="bluegreen", undoes=True),
    "immediate-back": Scene(falls_sick=True),
    "migration-first": Scene(migrates=MigrateWhen.BEFORE),
    "migration-last": Scene(migrates=MigrateWhen.AFTER),
    "rehearsal": Scene(rehearses=True),
}
# The same until something goes wrong.
GIVEN_UP: Mapping[str, Scene] = {
    "rolling-given-up": Scene(gives_up=True),
    "bluegreen-given-up": Scene(strategy="bluegreen", gives_up=True),
    "migration-given-up": Scene(migrates=MigrateWhen.AFTER, gives_up=True),
}
