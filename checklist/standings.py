"""Standings: machine by machine what runs, read when a run stopped or ended, against what was there before."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from checklist.kept import KeptConfig
from checklist.plan import MAINTENANCE, Machine, Plan, PlannedMachine
from checklist.redaction import Redactor
from checklist.words import ImageDigest, MachineId

RESTORED_ANYWAY = f"/env/{MAINTENANCE}"  # every rollback sets it back


@dataclass(frozen=True, slots=True, kw_only=True)
class MachineStanding:
    """One machine as it stands. `differs` are the pointers under which its config is not the kept one."""

    id: MachineId
    instance_id: str
    version: str
    state: str
    passing: int
    checks: int
    changed: bool  # it is not the version any more that was there before the deployment
    differs: tuple[str, ...] = ()

    @property
    def kept_back(self) -> tuple[str, ...]:
        """What the image alone would not bring back."""
        return tuple(pointer for pointer in self.differs if pointer != RESTORED_ANYWAY)


@dataclass(frozen=True, slots=True, kw_only=True)
class Standings:
    """All machines of the plan; or `trouble`, why nobody knows."""

    at: datetime
    machines: tuple[MachineStanding, ...] = ()
    secrets: tuple[str, ...] = ()  # the names whose digests are not those of the plan
    trouble: str = ""

    @property
    def kept_back(self) -> Mapping[tuple[str, ...], tuple[MachineId, ...]]:
        """What the image alone would not bring back, each with the machines of which it is so."""
        found: dict[tuple[str, ...], tuple[MachineId, ...]] = {}
        for machine in self.machines:
            if machine.kept_back:
                found[machine.kept_back] = (*found.get(machine.kept_back, ()), machine.id)
        return found

    def safe(self, redactor: Redactor) -> "Standings":
        """The same without a secret in anything that Fly named."""
        machines = tuple(
            replace(one, version=redactor.text(one.version), differs=tuple(map(redactor.text, one.differs)))
            for one in self.machines
        )
        return replace(self, machines=machines, secrets=tuple(map(redactor.text, self.secrets)))


def standings_of(
    plan: Plan,
    kept: Mapping[MachineId, KeptConfig],
    *,
    machines: Iterable[Machine],
    secrets: Mapping[str, str],
    at: datetime,
) -> Standings:
    """What was read, against the plan and the kept configs."""
    seen = {machine.id: machine for machine in machines}
    names = sorted({*plan.secrets, *secrets})
    return Standings(
        at=at,
        machines=tuple(_standing(plan, one, kept.get(one.id), seen.get(one.id)) for one in plan.machines),
        secrets=tuple(name for name in names if plan.secrets.get(name) != secrets.get(name)),
    )


def _standing(plan: Plan, planned: PlannedMachine, kept: KeptConfig | None, seen: Machine | None) -> MachineStanding:
    if seen is None:
        return MachineStanding(
            id=planned.id, instance_id="", version="", state="gone", passing=0, checks=0, changed=True
        )
    before = kept.instance_id if kept else planned.instance_id
    return MachineStanding(
        id=seen.id,
        instance_id=seen.instance_id,
        version=_version(plan, seen),
        state=seen.state,
        passing=sum(status == "passing" for status in seen.checks.values()),
        checks=len(seen.checks),
        changed=seen.instance_id != before,
        differs=kept.differences(seen.config) if kept and seen.config else (),
    )


def _version(plan: Plan, seen: Machine) -> str:
    """The version that the digest is, as far as the plan knows it."""
    known: Mapping[ImageDigest, str] = {
        **{machine.digest: machine.version for machine in plan.machines},
        plan.rollback: plan.rollback_version,
        plan.image: f"v{plan.version}",
    }
    return known.get(seen.digest) or seen.tag or seen.digest[7:19]
