"""Going through a run-book: one step at a time, each looked at before it acts, each settled in the record.

Plain async functions: they run inside the durable engine, and without it.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field

from checklist import notices
from checklist.assembly import assemble
from checklist.changes import changes
from checklist.departure import signer_left
from checklist.deployment import UNDER_WAY, Deployment
from checklist.errors import Outage, PlanChanged, Refusal
from checklist.moves import Status
from checklist.plan import Plan, Survey
from checklist.ports import Work
from checklist.record import Json
from checklist.steps import Book, Step, StepState
from checklist.words import DeploymentId, ItemId
from commands.expire import end_plan
from runs import drift, prepare
from runs.deps import RunDeps
from runs.keeping import standings
from runs.mutation import StepFailed, StepUnknown
from runs.rollout import Stopped
from runs.survey import survey


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """What a step did, in words, and what was seen."""

    note: str
    evidence: Mapping[str, Json] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class NeedsPerson:
    """The step waits for its role to say how it went."""

    note: str


DRIFTED = "production was changed outside of Drop. Acknowledge that, and retry: this deployment has not touched it"

Deed = Callable[[RunDeps, Deployment, Step], Awaitable[Done | NeedsPerson]]


async def preflight(deps: RunDeps, id: DeploymentId) -> bool:
    """Before the first mutation: read what may have aged, survey, and compare with the approved plan.

    Returns whether the run may go on. A plan that changed or counts no more is void; Fly not answering halts, and so
    does a drift: from the first mutation on whatever the plan was made of would count as ours.
    """
    deployment = await deps.get(id)
    if deployment.status is not Status.DEPLOYING or deployment.mutated:
        return deployment.status is Status.DEPLOYING
    await _read_again(deps, deployment)
    try:
        seen = await survey(deps, deployment)
        await drift.look(deps)
    except Outage as outage:
        await deps.change(id, _halt(deps, f"{outage.system}: {outage.advice}. Production was not touched."))
        return False

    def compare(found: Deployment, work: Work) -> Deployment:
        if found.plan is None or found.status is not Status.DEPLOYING:
            return found
        work.surveys.put(id, seen)  # the next plan is made of what was seen now
        if because := _void_because(deps, found, found.plan, seen, work):
            return end_plan(found, because, work, checklist=deps.checklist, at=deps.now())
        if work.production.drift(found.app):
            return _halt(deps, DRIFTED)(found, work)
        work.journal.append(deps.fact("plan.confirmed", id, plan=found.plan.digest))
        return found

    return (await deps.change(id, compare)).status is Status.DEPLOYING


async def _read_again(deps: RunDeps, deployment: Deployment) -> None:
    """The items that were read too long ago."""
    for item in deps.checklist.items():
        if item.is_read and deployment.mark(item.id).stale(item, deps.now()):
            await prepare.judge(deps, deployment.id, item)


def _void_because(deps: RunDeps, found: Deployment, plan: Plan, seen: Survey, work: Work) -> Refusal | None:
    """Why what was signed counts no more: production is another one, or the rules or the signer are."""
    if changed := changes(plan, assemble(found, seen, deps.checklist)):
        return PlanChanged(plan.digest, None, changed)
    left = signer_left(found, work.members.all(), deps.checklist.team)
    return found.void_because(deps.checklist, at=deps.now()) or left


async def advance(deps: RunDeps, id: DeploymentId, book: Book, deeds: Mapping[ItemId, Deed]) -> bool:
    """Do the next step of the book. Returns whether there may be another one to do now."""
    taken = await _take(deps, id, book)
    if taken is None:
        return False
    deployment, step = taken
    try:
        outcome = await deeds[step.id](deps, deployment, step)
    except Stopped:
        return False
    except StepUnknown as unknown:
        return await _broken(deps, id, step, StepState.UNKNOWN, str(unknown))
    except StepFailed as failed:
        return await _broken(deps, id, step, StepState.FAILED, str(failed))
    except Outage as outage:
        return await _broken(deps, id, step, StepState.FAILED, f"{outage.system}: {outage.advice}")
    if isinstance(outcome, NeedsPerson):
        await _wait(deps, id, step, outcome)
        return False
    await _finish(deps, id, step, outcome)
    return True


async def _take(deps: RunDeps, id: DeploymentId, book: Book) -> tuple[Deployment, Step] | None:
    """Mark the next step as running; None when the book is over, stopped, or waits for a person."""

    def take(found: Deployment, work: Work) -> Deployment:
        step = found.next_step(book)
        if step is None or found.status is not UNDER_WAY[book]:
            return found
        if step.state is StepState.RUNNING:  # the process that began it is gone
            work.journal.append(deps.fact("step.resumed", id, step=step.id))
        if step.state is not StepState.PENDING:
            return found
        work.journal.append(deps.fact("step.started", id, step=step.id))
        return found.with_step(step.running(deps.now()))

    deployment = await deps.change(id, take)
    step = deployment.next_step(book)
    if step is None or deployment.status is not UNDER_WAY[book] or step.state is not StepState.RUNNING:
        return None
    return deployment, step


async def _finish(deps: RunDeps, id: DeploymentId, step: Step, outcome: Done) -> None:
    note = deps.redactor.text(outcome.note)

    def finish(found: Deployment, work: Work) -> Deployment:
        work.journal.append(deps.fact("step.done", id, step=step.id, note=note, evidence=dict(outcome.evidence)))
        return found.with_step(step.ended(StepState.DONE, at=deps.now(), note=note))

    await deps.change(id, finish)


async def _wait(deps: RunDeps, id: DeploymentId, step: Step, outcome: NeedsPerson) -> None:
    """Whoever is waited for may say that it went wrong: what runs by then is known beforehand."""
    seen = await standings(deps, await deps.get(id))

    def wait(found: Deployment, work: Work) -> Deployment:
        work.journal.append(deps.fact("step.waiting", id, step=step.id, note=outcome.note))
        return found.with_step(step.waiting(outcome.note)).seen(seen)

    await deps.change(id, wait)


async def _broken(deps: RunDeps, id: DeploymentId, step: Step, state: StepState, words: str) -> bool:
    """The step failed, or nobody knows: halt, and say what is known. A rollback becomes incomplete."""

    words = deps.redactor.text(words)
    seen = await standings(deps, await deps.get(id))

    def broken(found: Deployment, work: Work) -> Deployment:
        work.journal.append(deps.fact("step.failed", id, step=step.id, state=str(state), reason=words))
        found = found.with_step(step.ended(state, at=deps.now(), note=words)).seen(seen)
        reason = f"{step.id}: {words}"
        if step.book is Book.DEPLOY:
            return _halt(deps, reason)(found, work)
        found = found.rollback_failed(reason)
        work.outbox.put(notices.rollback_incomplete(found))
        return found

    await deps.change(id, broken)
    return False


def _halt(deps: RunDeps, reason: str) -> Callable[[Deployment, Work], Deployment]:
    reason = deps.redactor.text(reason)

    def halt(found: Deployment, work: Work) -> Deployment:
        if found.status is not Status.DEPLOYING:  # a person was faster: it is going back already
            return found
        found = found.halted(reason)
        work.journal.append(deps.fact("deployment.halted", found.id, reason=reason))
        work.outbox.put(notices.halted(found))
        return found

    return halt
