"""fly.env_*: what the machines of an app are configured with, read as names and digests. Values are never told."""

import asyncio
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase

from checklist.kinds import FlyEnvDiff, FlyEnvNames
from checklist.marks import Verdict
from checklist.plan import Machine
from checklist.ports import Fleet
from checklist.record import Json
from checklist.words import MachineId
from checks.settings import Difference, differences, named
from checks.verdicts import counted, failed, inconclusive, passed

MOST_TOLD = 5  # differences that are worth saying; the evidence has them all
SHORT = 12  # characters of a commit


@dataclass(frozen=True, slots=True, kw_only=True)
class Configured:
    """The machines of an app whose config could be read, and in words what nobody could look at."""

    app: str
    machines: tuple[Machine, ...]
    unread: str


class EnvChecks:
    """Reads configs through the port Fleet, which leaves out one-off jobs. `sizes`: how many machines an app has."""

    def __init__(self, fleet: Fleet, sizes: Mapping[str, int]) -> None:
        self._fleet = fleet
        self._sizes = sizes

    async def names(self, params: FlyEnvNames) -> Verdict:
        """Every machine has these names in its own env, of whatever process group, and also when it stands still.

        A secret of that name is not env. A file of the repository is not read, for GitHub is not connected: what rests
        on one never passes here.
        """
        app = await self._configured(params.app)
        evidence: dict[str, Json] = {
            "app": params.app,
            "present": [*params.present],
            "names": {machine.id: [*sorted(machine.env)] for machine in app.machines},
        }
        if missing := _missing(app, params.present):
            return failed(f"{params.app}: {missing}", evidence)
        if app.unread:
            return inconclusive(app.unread, evidence)
        if params.documented_in:
            return inconclusive(_not_connected(params), {**evidence, "documented_in": params.documented_in})
        return passed(f"{counted(app.machines)} of {app.app} have {_listed(params.present)} in their env", evidence)

    async def diff(self, params: FlyEnvDiff) -> Verdict:
        """The settings of two apps are the same in each process group, on all of its machines, but for what is allowed.

        Machines of one process group that differ among themselves fail it as well: nobody can tell which of them the
        other app should be like.
        """
        left, right = await asyncio.gather(self._configured(params.left), self._configured(params.right))
        unread = "; ".join(app.unread for app in (left, right) if app.unread)
        found = [one for one in differences(_apps(left, right), params.compare) if not (unread and one.of_group)]
        wrong = [one for one in found if not _is_allowed(one, params.allow)]
        allowed = sorted({one.name for one in found if one not in wrong})
        evidence: dict[str, Json] = {
            "compared": [*params.compare],
            "machines": {app.app: [machine.id for machine in app.machines] for app in (left, right)},
            "differences": [{"group": one.group, "name": one.name, "seen": one.seen} for one in wrong],
            "allowed": [*allowed],
        }
        if wrong:
            return failed(_told(wrong), evidence)
        if unread:
            return inconclusive(unread, evidence)
        but = f", but for {_listed(allowed)}, as the checklist allows" if allowed else ""
        return passed(f"{params.left} and {params.right} have the same {_listed(params.compare)}{but}", evidence)

    async def _configured(self, app: str) -> Configured:
        listed = [machine for machine in await self._fleet.machines(app) if not machine.is_gone]
        read = tuple(machine for machine in listed if machine.reachable and machine.config)
        silent, needed = [machine.id for machine in listed if machine not in read], self._sizes.get(app, 1)
        unread = [f"nobody can read the config of {named(silent)} of {app}"] * bool(silent)
        unread += [f"Fly lists {len(listed)} of the {needed} machines of {app}"] * (len(listed) < needed)
        return Configured(app=app, machines=read, unread="; ".join(unread))


def _apps(*apps: Configured) -> Mapping[str, tuple[Machine, ...]]:
    return {app.app: app.machines for app in apps}


def _missing(app: Configured, names: Iterable[str]) -> str:
    """Which names are not in the env of which machines, those together that the same machines lack."""
    lacking: dict[tuple[MachineId, ...], list[str]] = {}
    for name in names:
        if ids := tuple(machine.id for machine in app.machines if name not in machine.env):
            lacking.setdefault(ids, []).append(name)
    return "; ".join(f"no {', '.join(several)} in the env of {_of(ids, app)}" for ids, several in lacking.items())


def _of(ids: tuple[MachineId, ...], app: Configured) -> str:
    return "any machine" if len(ids) == len(app.machines) > 1 else named(ids)


def _not_connected(params: FlyEnvNames) -> str:
    present = f"{_listed(params.present)} is there, but " if params.present else ""
    file = f"{params.documented_in} at {params.ref[:SHORT]}"
    return f"not connected: {present}{file} is on GitHub, which is not read; the item's role attests"


def _is_allowed(difference: Difference, patterns: Iterable[str]) -> bool:
    return any(fnmatchcase(difference.name, pattern) for pattern in patterns)


def _told(wrong: list[Difference]) -> str:
    words = "; ".join(one.words for one in wrong[:MOST_TOLD])
    if len(wrong) == 1:
        return words
    more = f"; and {len(wrong) - MOST_TOLD} more" if len(wrong) > MOST_TOLD else ""
    return f"{len(wrong)} settings differ: {words}{more}"


def _listed(names: Iterable[str]) -> str:
    """`a, b and c`."""
    *first, last = names
    return f"{', '.join(first)} and {last}" if first else last
