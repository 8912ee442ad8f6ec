"""/drop history: the deployments of the past, or what the record holds of one."""

from dataclasses import dataclass

from checklist.deployment import Deployment
from checklist.ports import Passage
from checklist.record import Entry
from commands.deps import Ask, Deps, asked_for

PASSAGES = 15  # as many lines as one looks at without scrolling
ENTRIES = 300  # more than one message holds, once what belongs together is one line


@dataclass(frozen=True, slots=True, kw_only=True)
class Past:
    """The newest deployments, the newest first."""

    passages: tuple[Passage, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Chronicle:
    """The last entries of one deployment, the newest last, and how many there were before them."""

    deployment: Deployment
    entries: tuple[Entry, ...]
    earlier: int


def history(ask: Ask, deps: Deps) -> Past | Chronicle:
    """Raises NoSuchDeployment for one that never was."""
    with deps.record.look() as work:
        if not ask.deployment:
            return Past(passages=work.deployments.newest(PASSAGES))
        deployment = asked_for(ask, work)
        entries = work.journal.last(deployment.id, ENTRIES)
        earlier = work.journal.count(deployment.id) - len(entries)
    return Chronicle(deployment=deployment, entries=entries, earlier=earlier)
