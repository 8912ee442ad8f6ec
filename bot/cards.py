"""Which cards a deployment has, where they stand, and how each is drawn. Most important first."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from bot.views.deployment import Card, approval_card, deployment_card
from bot.views.sections import section_card, steps_card
from checklist.definition import Checklist
from checklist.deployment import Deployment
from checklist.drift import Drift
from checklist.steps import Book
from checklist.words import Phase, Role

Draw = Callable[[Deployment], Card]


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """One card: its id, how it is drawn, and where it stands."""

    id: str
    draw: Draw
    to: str | None = None
    thread: str | None = None
    wanted: bool = True  # otherwise it is kept up to date, but not posted for this


def cards(
    deployment: Deployment, checklist: Checklist, *, clock_moved: bool, drift: Drift | None = None
) -> Iterator[Place]:
    """The root card, the approvers' direct messages, the run-books, the sections."""
    root = f"{deployment.id}/root"
    yield Place(id=root, draw=lambda d: deployment_card(d, checklist, clock_moved=clock_moved, drift=drift))
    yield from _approvers(deployment, checklist, clock_moved=clock_moved)
    for book in (Book.ROLLBACK, Book.DEPLOY):
        if deployment.steps_of(book):
            yield Place(id=f"{deployment.id}/steps/{book}", draw=_steps(book, checklist), thread=root)
    for section in checklist.sections:
        begun = section.phase is Phase.PRE or (section.phase is Phase.POST and deployment.deployed_at is not None)
        if begun:
            draw = _section(section.id, checklist)
            yield Place(id=f"{deployment.id}/section/{section.id}", draw=draw, thread=root)


def _approvers(deployment: Deployment, checklist: Checklist, *, clock_moved: bool) -> Iterator[Place]:
    for person in checklist.team.holders(Role.APPROVER):
        for user in person.slack:
            draw, asked = _approval(checklist, clock_moved=clock_moved), deployment.plan is not None
            yield Place(id=f"{deployment.id}/approval/{user}", draw=draw, to=user, wanted=asked)


def _approval(checklist: Checklist, *, clock_moved: bool) -> Draw:
    return lambda deployment: approval_card(deployment, checklist, clock_moved=clock_moved)


def _steps(book: Book, checklist: Checklist) -> Draw:
    return lambda deployment: steps_card(deployment, book, checklist)


def _section(id: str, checklist: Checklist) -> Draw:
    section = next(part for part in checklist.sections if part.id == id)
    return lambda deployment: section_card(deployment, section, checklist.team)
