"""The rollback procedure: the plan's rollback digest, maintenance as it was, health, smoke. It needs Fly alone."""

from collections.abc import Mapping

from checklist import notices
from checklist.deployment import Deployment
from checklist.errors import Outage
from checklist.kinds import Check, FlyImageDigest, HttpProbe
from checklist.marks import Outcome, Verdict
from checklist.plan import Plan, PlannedMachine, with_image, with_maintenance
from checklist.steps import Step
from checklist.words import ItemId
from runs.book import Deed, Done
from runs.deploy import by_hand, plan_of, queue, touch
from runs.deps import RunDeps
from runs.mutation import Change, StepFailed
from runs.rollout import Rollout


async def announce(deps: RunDeps, deployment: Deployment, step: Step) -> Done:
    """Queued, never waited for: a rollback does not depend on Slack."""
    await queue(deps, deployment, notices.announce_rollback(deployment))
    return Done(note="queued for the channel")


async def roll_back(deps: RunDeps, deployment: Deployment, step: Step) -> Done:
    """Every machine to the plan's rollback digest; one that fails does not keep the others from it."""
    plan = plan_of(deployment)
    rollout = _rollout(deps, await touch(deps, deployment), step, plan)
    done, failed = [], []
    for planned in plan.machines:
        try:
            machine = await rollout.bring(planned)
            done.append(f"{machine.id} {machine.instance_id[-6:]}")
        except (StepFailed, Outage) as trouble:
            failed.append(f"{planned.id}: {trouble}")
    if failed:
        raise StepFailed(f"{len(done)}/{len(plan.machines)} machines are back; " + "; ".join(failed))
    return Done(
        note=f"{len(done)}/{len(plan.machines)} machines: " + ", ".join(done), evidence={"digest": plan.rollback}
    )


def _rollout(deps: RunDeps, deployment: Deployment, step: Step, plan: Plan) -> Rollout:
    def change(planned: PlannedMachine) -> Change:
        return lambda config: with_maintenance(
            with_image(config, app=plan.app, image=plan.rollback, tag=plan.rollback_version), planned.maintenance
        )

    name = f"{step.id}/{deployment.attempts.get('rollback', 1)}"
    return Rollout(
        deps=deps, deployment=deployment, step=name, plan=plan, digest=plan.rollback, change=change, forward=False
    )


async def verify(deps: RunDeps, deployment: Deployment, step: Step) -> Done:
    """The health endpoint answers, and every machine runs the rollback digest."""
    app = deps.checklist.production
    plan = plan_of(deployment)
    probe = HttpProbe(url=f"{app.url}/api/health", json_subset={"status": "ok", "db": "connected"})
    verdicts = [
        await deps.read(Check(probe)),
        await deps.read(Check(FlyImageDigest(app=app.name, digest=plan.rollback))),
    ]
    wrong = [verdict for verdict in verdicts if verdict.outcome is not Outcome.PASSED]
    if wrong:
        raise StepFailed("; ".join(verdict.reason for verdict in wrong))
    return Done(note=_reasons(verdicts), evidence=verdicts[0].evidence)


def _reasons(verdicts: list[Verdict]) -> str:
    return "; ".join(verdict.reason for verdict in verdicts)


DEEDS: Mapping[ItemId, Deed] = {
    ItemId("rb-announce"): announce,
    ItemId("rb-deploy"): roll_back,
    ItemId("rb-migrate-down"): by_hand,
    ItemId("rb-verify-health"): verify,
    ItemId("rb-verify-smoke"): by_hand,
}
