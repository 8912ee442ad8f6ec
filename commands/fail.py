"""/drop fail: the role of an item, or of the step that waits, says that it is not OK."""

from checklist import notices
from checklist.deployment import Deployment
from checklist.moves import Status
from checklist.ports import Work
from checklist.steps import Step
from checklist.words import ItemId
from commands.deps import Ask, Deps, asked_for, named, reason


def fail(ask: Ask, deps: Deps) -> Deployment:
    """One "not OK" for one or several items, one entry each; or for the step that waits, at which the run then stops.

    A plan that rests on the item is void. Raises MissingWords, NoSuchItem, WrongRole, NotForHand, NotNow.
    """
    words, names = reason(ask), named(ask)
    with deps.decision(ask) as work:
        deployment = before = asked_for(ask, work)
        for name in names:
            deployment = _failed(name, words, ask=ask, deps=deps, deployment=deployment)
        deployment = work.deployments.save(deployment)
        for name in names:
            kind = "step.failed" if before.step(ItemId(name)) else "item.failed"
            work.journal.append(deps.fact(kind, ask, deployment, **_about(before, name), reason=words))
        _consequences(before, deployment, names, words, ask=ask, deps=deps, work=work)
        work.commit()
    return deployment


def _failed(name: str, words: str, *, ask: Ask, deps: Deps, deployment: Deployment) -> Deployment:
    step, team = deployment.step(ItemId(name)), deps.checklist.team
    if step is not None:
        return deployment.step_failed(step, by=ask.by, at=deps.now(), words=words, team=team)
    return deployment.failed(deps.item(name), by=ask.by, at=deps.now(), words=words, team=team)


def _about(deployment: Deployment, name: str) -> dict[str, str]:
    step: Step | None = deployment.step(ItemId(name))
    return {"step": name, "state": "failed"} if step else {"item": name}


def _consequences(
    before: Deployment, after: Deployment, names: tuple[str, ...], words: str, *, ask: Ask, deps: Deps, work: Work
) -> None:
    """What else has become so, written down and said."""
    if after.status is Status.ROLLBACK_INCOMPLETE:
        work.outbox.put(notices.rollback_incomplete(after))
    elif after.status is Status.HALTED:
        work.journal.append(deps.fact("deployment.halted", ask, after, reason=after.reason))
        work.outbox.put(notices.halted(after))
    else:
        work.outbox.put(notices.not_ok(after, ", ".join(names), ask.by.name, words))
    if before.plan and after.plan is None:
        work.journal.append(deps.fact("approval.voided", ask, after, changes=[after.reason]))
        work.outbox.put(notices.voided(after))
