"""The rollback procedure: the plan's rollback digest, maintenance as it was, health, smoke. It needs Fly alone."""

from collections.abc import Mapping
from dataclasses import replace

from checklist import notices
from checklist.deployment import Deployment
from checklist.kinds import Check, FlyImageDigest, HttpProbe
from checklist.marks import Outcome, Verdict
from checklist.plan import Machine, Plan, PlannedMachine, with_image, with_maintenance
from checklist.steps import Book, Step
from checklist.words import ItemId, Restores, StrategyName
from runs.book import Deed, Done, NeedsPerson
from runs.deploy import by_hand, plan_of, queue, touch
from runs.deps import RunDeps
from runs.greens import in_place
from runs.migrating import down, up
from runs.migration import Result
from runs.mutation import Change, StepFailed
from runs.releases import Bookkeeping
from runs.replacement import Replacement
from runs.rollout import Rollout
from runs.undo import as_before, undo
from runs.way_back import one_by_one, way_back


async def announce(deps: RunDeps, deployment: Deployment, step: Step) -> Done:
    """Queued, never waited for: a rollback does not depend on Slack."""
    await queue(deps, deployment, notices.announce_rollback(deployment))
    return Done(note="queued for the channel")


async def roll_back(deps: RunDeps, deployment: Deployment, step: Step) -> Done:
    """Every machine to the plan's rollback digest; one that fails does not keep the others from it."""
    plan = plan_of(deployment)
    touched, placed = await touch(deps, deployment), await in_place(deps, plan)
    seen = await one_by_one(deps, plan.app, (machine.id for machine in placed.machines))
    books = Bookkeeping(deps=deps, deployment=deployment.id, book=Book.ROLLBACK)
    counted = await books.begin(plan.app, plan.rollback, StrategyName.ROLLING)
    rollout = replace(_rollout(deps, touched, step, plan, seen), marks=counted.marks(deps.agent))
    done = await _gone_back(deps, deployment, rollout)
    if plan.strategy is StrategyName.BLUEGREEN:
        replacement = Replacement(rollout=replace(rollout, strategy=deps.strategy(plan.strategy, plan.max_unavailable)))
        await replacement.take_back()
        await replacement.finish()
    return replace(done, note=done.note + counted.words)


async def _gone_back(deps: RunDeps, deployment: Deployment, rollout: Rollout) -> Done:
    if deployment.restores is Restores.CONFIG:
        return await undo(deps, deployment, rollout)
    return Done(note=await rollout.run(), evidence={"digest": rollout.plan.rollback})


def _rollout(deps: RunDeps, deployment: Deployment, step: Step, plan: Plan, seen: tuple[Machine, ...]) -> Rollout:
    def change(planned: PlannedMachine) -> Change:
        return lambda config: with_maintenance(
            with_image(config, app=plan.app, image=plan.rollback, tag=plan.rollback_version), planned.maintenance
        )

    return Rollout(
        deps=deps,
        deployment=deployment,
        step=f"{step.id}/{deployment.attempts.get('rollback', 1)}",
        plan=plan,
        digest=plan.rollback,
        change=change,
        strategy=way_back(deps, seen),
        seen=seen,
        forward=False,
    )


async def migrate_down(deps: RunDeps, deployment: Deployment, step: Step) -> Done | NeedsPerson:
    """Only when a person chooses so: by their own hand, or by the bot, which is told to by a confirmation."""
    forth, back = up(deps, deployment), down(deps, deployment)
    so_far = f"{await forth.overtaken()}. " if forth else ""
    if back is None:
        waits = await by_hand(deps, deployment, step)
        return NeedsPerson(note=so_far + waits.note)
    known = await back.known()
    if known.is_under_way or known.decided or known.result is Result.SUCCEEDED:
        return await back.run()
    return NeedsPerson(
        note=f"{so_far}waits for the {step.role}: “Confirm”, and Drop runs {back.command} once, on a machine of "
        f"v{plan_of(deployment).version}; or “Attest” that it was done by hand, or that it is not needed"
    )


async def verify(deps: RunDeps, deployment: Deployment, step: Step) -> Done:
    """The health endpoint answers, and every machine runs the rollback digest, or after an undo its own of before."""
    app = deps.checklist.production
    plan = plan_of(deployment)
    probe = HttpProbe(url=f"{app.url}/api/health", json_subset={"status": "ok", "db": "connected"})
    verdicts = [await deps.read(Check(probe))]
    if deployment.restores is Restores.IMAGE:
        verdicts.append(await deps.read(Check(FlyImageDigest(app=app.name, digest=plan.rollback))))
    wrong = [verdict for verdict in verdicts if verdict.outcome is not Outcome.PASSED]
    if wrong:
        raise StepFailed("; ".join(verdict.reason for verdict in wrong))
    undone = [await as_before(deps, plan)] if deployment.restores is Restores.CONFIG else []
    return Done(note="; ".join((_reasons(verdicts), *undone)), evidence=verdicts[0].evidence)


def _reasons(verdicts: list[Verdict]) -> str:
    return "; ".join(verdict.reason for verdict in verdicts)


DEEDS: Mapping[ItemId, Deed] = {
    ItemId("rb-announce"): announce,
    ItemId("rb-deploy"): roll_back,
    ItemId("rb-migrate-down"): migrate_down,
    ItemId("rb-verify-health"): verify,
    ItemId("rb-verify-smoke"): by_hand,
}
