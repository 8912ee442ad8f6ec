"""/drop confirm: the item's role presses its button, or has the bot do what a step of the rollback waits for."""

from checklist.deployment import Deployment
from checklist.ports import Work
from checklist.steps import Step
from checklist.words import ItemId
from commands.completion import note_completion
from commands.deps import Ask, Deps, asked_for, enqueue


def confirm(ask: Ask, deps: Deps) -> Deployment:
    """Raises NoSuchItem, WrongRole, NotIndependent, AlreadySettled, NotForHand, NotNow."""
    with deps.decision(ask) as work:
        deployment = asked_for(ask, work)
        step = deployment.step(ItemId(ask.target))
        if step is not None and deps.checklist.may_be_run(step.id):
            return _confirm_step(step, deployment, ask=ask, deps=deps, work=work)
        item = deps.item(ask.target)
        note, now = ask.fields.get("note") or ask.words, deps.now()
        deployment = deployment.confirmed(item, by=ask.by, at=now, note=note, team=deps.checklist.team)
        settled = deployment.completed_if_settled(deps.checklist, at=now)
        deployment = work.deployments.save(settled)
        work.journal.append(deps.fact("item.confirmed", ask, deployment, item=item.id, note=note))
        note_completion(deployment, work, by=ask.by.id, product=deps.checklist.product)
        work.commit()
    return deployment


def _confirm_step(step: Step, deployment: Deployment, *, ask: Ask, deps: Deps, work: Work) -> Deployment:
    deployment = deployment.step_confirmed(step, by=ask.by, team=deps.checklist.team)
    deployment = work.deployments.save(deployment)
    enqueue(work, deployment, step.book)
    work.journal.append(deps.fact("step.confirmed", ask, deployment, item=step.id))
    work.commit()
    return deployment
