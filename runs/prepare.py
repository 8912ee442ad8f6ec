"""Surveys and checks: reading the world for a deployment, and writing down what was read."""

from datetime import datetime

from checklist.bind import workplace
from checklist.definition import Item
from checklist.deployment import Deployment
from checklist.errors import Outage
from checklist.kinds import Check, FlyLogs, Params, Unbound, bind
from checklist.marks import BOT, MarkState, Outcome, Verdict
from checklist.moves import Move, Status
from checklist.ports import Work
from checklist.words import DeploymentId, ItemId, Phase
from commands.completion import note_completion
from runs.acting import acted
from runs.deps import RunDeps
from runs.own import OWN
from runs.survey import survey


async def take_survey(deps: RunDeps, id: DeploymentId) -> str:
    """Survey and keep it. An outage leaves the older survey, and says so."""
    deployment = await deps.get(id)
    try:
        read = await survey(deps, deployment)
    except Outage as outage:
        await deps.note(deps.fact("survey.failed", id, system=outage.system, advice=outage.advice))
        return "failed"

    def keep(found: Deployment, work: Work) -> Deployment:
        work.surveys.put(id, read)
        work.journal.append(deps.fact("survey.taken", id, machines=[m.id for m in read.machines], running=read.running))
        return found

    await deps.change(id, keep)
    return "taken"


async def check_items(deps: RunDeps, id: DeploymentId, only: str = "") -> str:
    """Read the items of an id or a section, or all, and mark what was found. Returns how many were read.

    What acts is carried out where it was asked for, and left alone everywhere else; what rests on it is read too.
    """
    deployment = await deps.get(id)
    phase = Phase.POST if deployment.status is Status.VERIFYING else Phase.PRE
    items = [item for item in deps.checklist.items(phase) if item.is_read and deployment.applies(item)]
    named = [item for item in items if only in {"", item.id, item.section, *item.rests_on}]
    chosen = [item for item in named if not item.acts or deployment.mark(item.id).state is MarkState.CHECKING]
    for item in chosen:
        await judge(deps, id, item)
    return str(len(chosen))


async def judge(deps: RunDeps, id: DeploymentId, item: Item) -> Deployment:
    """Read one item's check and mark it."""
    deps.drain.going()
    verdict = await verdict_of(deps, await deps.get(id), item)

    def mark(deployment: Deployment, work: Work) -> Deployment:
        if not deployment.allows(Move.SETTLE):
            return deployment
        after = deployment.judged(item, verdict, at=deps.now()).completed_if_settled(deps.checklist, at=deps.now())
        if after is not deployment:
            body = {"item": item.id, "outcome": str(verdict.outcome), "reason": verdict.reason}
            work.journal.append(deps.fact("item.checked", id, **body, evidence=dict(verdict.evidence)))
            note_completion(after, work, by=BOT, product=deps.checklist.product)
        return after

    return await deps.change(id, mark)


async def verdict_of(deps: RunDeps, deployment: Deployment, item: Item) -> Verdict:
    """What the item's check finds now. A value that nobody knows yet is inconclusive.

    A check that acts is carried out if somebody asked for it; else what it found before is looked up.
    """
    if item.check is None:
        return Verdict(outcome=Outcome.INCONCLUSIVE, reason="no check exists")
    try:
        params = bind(item.check.params, await values(deps, deployment))
    except Unbound as unbound:
        return Verdict(outcome=Outcome.INCONCLUSIVE, reason=f"{unbound.name} is not known")
    if item.acts and deployment.mark(item.id).state is MarkState.CHECKING:
        return await acted(deps, deployment, item, params)
    own = OWN.get(params.kind)
    if own:
        return own(deployment, item, params, deps.now())
    return await deps.read(Check(params, since=_since(deployment, params)))


def _since(deployment: Deployment, params: Params) -> datetime | None:
    """When the step was done from which on the check reads."""
    step = deployment.step(ItemId(params.since)) if isinstance(params, FlyLogs) else None
    return step.ended_at if step and step.is_over else None


async def values(deps: RunDeps, deployment: Deployment) -> dict[str, str]:
    """What `${…}` means for this deployment."""
    release = deployment.release
    known = {
        **workplace(deps.checklist),
        "version": release.version,
        "digest": release.digest,
        "sha": release.commit,
        "tag": f"v{release.version}",
        "change_id": deployment.id,
    }
    rollback = deployment.plan.rollback if deployment.plan else await _running(deps, deployment.id)
    return {**known, "rollback_digest": rollback} if rollback else known


async def _running(deps: RunDeps, id: DeploymentId) -> str:
    """The digest that the newest survey saw in production, or nothing before the first one."""

    def look() -> str:
        with deps.record.look() as work:
            newest = work.surveys.newest(id)
        return newest.running if newest else ""

    return await deps.aside(look)
