"""/drop attest: a person speaks, in the item's role, for what no check could tell."""

from checklist.deployment import Deployment
from checklist.errors import BadField
from checklist.ports import Work
from checklist.steps import Step
from checklist.words import ItemId
from commands.completion import note_completion
from commands.deps import LEAST, Ask, Deps, asked_for, enqueue, named


def attest(ask: Ask, deps: Deps) -> Deployment:
    """One statement for one or several items, one entry each; or for the step that waits for a person.

    Raises BadField, MissingWords, NoSuchItem, WrongRole, NotIndependent, AlreadySettled, NotForHand, NotNow.
    """
    words, link, names = _statement(ask)
    with deps.decision(ask) as work:
        deployment = asked_for(ask, work)
        for name in names:
            step = deployment.step(ItemId(name))
            if step is not None:
                deployment = _attest_step(step, ask, deps, deployment, words)
            else:
                item, team = deps.item(name), deps.checklist.team
                deployment = deployment.attested(item, by=ask.by, at=deps.now(), words=words, link=link, team=team)
        deployment = work.deployments.save(deployment.completed_if_settled(deps.checklist, at=deps.now()))
        _record(names, words, link, ask=ask, deps=deps, deployment=deployment, work=work)
        work.commit()
    return deployment


def _statement(ask: Ask) -> tuple[str, str, tuple[str, ...]]:
    words = (ask.fields.get("words") or ask.words).strip()
    link = ask.fields.get("link", "").strip()
    names = named(ask)
    if len(words) < LEAST:
        raise BadField("words", f"a statement needs at least {LEAST} characters", "what you did, and what you saw")
    if link and not link.startswith("https://"):
        raise BadField("link", "a link begins with https://", "leave it empty, or paste the whole address")
    return words, link, names


def _attest_step(step: Step, ask: Ask, deps: Deps, deployment: Deployment, words: str) -> Deployment:
    return deployment.step_attested(step, by=ask.by, at=deps.now(), words=words, team=deps.checklist.team)


def _record(
    names: tuple[str, ...], words: str, link: str, *, ask: Ask, deps: Deps, deployment: Deployment, work: Work
) -> None:
    for name in names:
        step = deployment.step(ItemId(name))
        if step is not None:
            enqueue(work, deployment, step.book)
        kind = "step.attested" if step else "item.attested"
        work.journal.append(deps.fact(kind, ask, deployment, item=name, words=words, link=link))
    note_completion(deployment, work, by=ask.by.id, product=deps.checklist.product)
