"""The verbs that only look: status, checklist, approve without a digest, window, whoami."""

from dataclasses import dataclass

from checklist.calendar import Explanation, Window
from checklist.deployment import Deployment
from checklist.drift import Drift
from checklist.errors import NothingOpen
from checklist.people import Person
from checklist.words import Role
from commands.deps import Ask, Deps, last_or_asked_for


@dataclass(frozen=True, slots=True, kw_only=True)
class Overview:
    """A deployment as it stands, and what was changed in production outside of Drop."""

    deployment: Deployment | None
    drift: Drift | None


def status(ask: Ask, deps: Deps) -> Overview:
    """The deployment that was named, the open one, or the newest; none where there is only a drift to tell of.

    Raises NoSuchDeployment, NothingOpen.
    """
    with deps.record.look() as work:
        drift = work.production.drift(deps.checklist.production.name)
        try:
            return Overview(deployment=last_or_asked_for(ask, work), drift=drift)
        except NothingOpen:
            if drift is None:
                raise
            return Overview(deployment=None, drift=drift)


def checklist(ask: Ask, deps: Deps) -> Deployment:
    """The same deployment, for the sake of its items. Raises NoSuchDeployment, NothingOpen."""
    with deps.record.look() as work:
        return last_or_asked_for(ask, work)


@dataclass(frozen=True, slots=True, kw_only=True)
class Windows:
    """Whether forward moves may start now, and the windows to come."""

    now: Explanation
    next: tuple[Window, ...]


def window(ask: Ask, deps: Deps) -> Windows:
    return Windows(now=deps.calendar.explain(deps.now()), next=deps.offered())


@dataclass(frozen=True, slots=True, kw_only=True)
class Whoami:
    """A person, as the bot knows them, and the roles they hold."""

    person: Person
    roles: tuple[Role, ...]


def whoami(ask: Ask, deps: Deps) -> Whoami:
    team = deps.checklist.team
    return Whoami(person=ask.by, roles=tuple(role for role in team.roles if team.holds(ask.by.id, role)))
