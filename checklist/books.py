"""The two run-books as steps: pending where they apply, openly skipped where they do not."""

from checklist.definition import Checklist
from checklist.release import Release
from checklist.steps import Book, Step, StepState, applies
from checklist.words import Condition, ItemId, Phase, Role


def deploy_book(release: Release, checklist: Checklist) -> tuple[Step, ...]:
    """The steps of "During deployment", in the checklist's order."""
    items = checklist.items(Phase.DURING)
    return tuple(_step(Book.DEPLOY, i.id, i.text, i.role, i.when, release) for i in items)


def rollback_book(release: Release, checklist: Checklist) -> tuple[Step, ...]:
    """The steps of the rollback procedure."""
    return tuple(_step(Book.ROLLBACK, s.id, s.text, s.role, s.when, release) for s in checklist.rollback)


def _step(book: Book, id: ItemId, text: str, role: Role, when: Condition | None, release: Release) -> Step:
    if applies(when, migrations=release.migrations, maintenance=release.maintenance):
        return Step(id=id, book=book, text=text, role=role)
    return Step(
        id=id, book=book, text=text, role=role, state=StepState.SKIPPED, actor="bot", note=f"no {when} in this release"
    )
