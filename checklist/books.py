"""The two run-books as steps: pending where they apply, openly skipped where they do not."""

from checklist.definition import Checklist
from checklist.release import Release
from checklist.steps import Book, Step, StepState, applies
from checklist.words import Condition, ItemId, MigrateWhen, Phase, Role

MIGRATION, ROLLOUT = ItemId("migrate-up"), ItemId("deploy-trigger")


def deploy_book(release: Release, checklist: Checklist) -> tuple[Step, ...]:
    """The steps of "During deployment", in the checklist's order but for the migration, whose place is a choice."""
    steps = tuple(_step(Book.DEPLOY, i.id, i.text, i.role, i.when, release) for i in checklist.items(Phase.DURING))
    return _migrating_first(steps) if checklist.production.migrate is MigrateWhen.BEFORE else steps


def rollback_book(release: Release, checklist: Checklist) -> tuple[Step, ...]:
    """The steps of the rollback procedure."""
    return tuple(_step(Book.ROLLBACK, s.id, s.text, s.role, s.when, release) for s in checklist.rollback)


def _migrating_first(steps: tuple[Step, ...]) -> tuple[Step, ...]:
    """The migration just before the rollout; that it went well is verified where it was, by the new version."""
    migration = [step for step in steps if step.id == MIGRATION]
    others = [step for step in steps if step.id != MIGRATION]
    rollout = next((place for place, step in enumerate(others) if step.id == ROLLOUT), len(others))
    return (*others[:rollout], *migration, *others[rollout:])


def _step(book: Book, id: ItemId, text: str, role: Role, when: Condition | None, release: Release) -> Step:
    if applies(when, migrations=release.migrations, maintenance=release.maintenance):
        return Step(id=id, book=book, text=text, role=role)
    return Step(
        id=id, book=book, text=text, role=role, state=StepState.SKIPPED, actor="bot", note=f"no {when} in this release"
    )
