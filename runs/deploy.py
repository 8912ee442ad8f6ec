"""The twelve steps of "During deployment"."""

import contextlib
from collections.abc import Mapping
from datetime import timedelta
from functools import partial

from checklist import notices
from checklist.deployment import Deployment
from checklist.errors import Outage
from checklist.kept import KeptConfig
from checklist.launches import obstacle
from checklist.marks import Outcome, Verdict
from checklist.plan import MAINTENANCE, Plan, PlannedMachine, with_image, with_maintenance
from checklist.ports import Notice, Work
from checklist.record import Json
from checklist.steps import Book, Step
from checklist.words import ImageDigest, ItemId, StrategyName
from runs.book import Deed, Done, NeedsPerson
from runs.deps import RunDeps, seconds
from runs.hours import refuse_closed
from runs.keeping import kept_configs
from runs.migrating import up
from runs.mutation import Change, StepFailed
from runs.prepare import verdict_of
from runs.releases import Bookkeeping, Counted
from runs.replacement import Replacement
from runs.rollout import ChangeOf, Rollout, Stopped

SAY_WITHIN = timedelta(seconds=10)


async def announce_start(deps: RunDeps, deployment: Deployment, step: Step) -> Done:
    """A standard deployment does not start unannounced."""
    ts = await _say(deps, deployment, notices.announce_start(deployment, deps.checklist.product))
    if ts is None:
        raise StepFailed("Slack did not take the announcement. Production was not touched")
    return Done(note="announced", evidence={"ts": ts})


async def maintenance_on(deps: RunDeps, deployment: Deployment, step: Step, *, in_window: bool = True) -> Done:
    def change(planned: PlannedMachine) -> Change:
        return lambda config: with_maintenance(config, "true")

    await _not_hidden(deps, deployment.app)
    deployment, counted = await begin(deps, deployment)
    rollout = _rollout(deps, deployment, step, None, change, counted, in_window=in_window)
    return Done(note=f"{MAINTENANCE}=true on " + await rollout.run() + counted.words)


async def roll_out(deps: RunDeps, deployment: Deployment, step: Step, *, in_window: bool = True) -> Done:
    plan = plan_of(deployment)

    def change(planned: PlannedMachine) -> Change:
        return lambda config: with_image(config, app=plan.app, image=plan.image, tag=f"v{plan.version}")

    deployment, counted = await begin(deps, deployment)
    rollout = _rollout(deps, deployment, step, plan.image, change, counted, strategy=plan.strategy, in_window=in_window)
    replacement = Replacement(rollout=rollout)
    if plan.strategy is StrategyName.BLUEGREEN:
        return Done(note=await replacement.run() + counted.words, evidence={"digest": plan.image})
    await replacement.take_back()  # what an earlier deployment could not
    return Done(note=await rollout.run() + counted.words, evidence={"digest": plan.image})


async def watch(deps: RunDeps, deployment: Deployment, step: Step) -> Done:
    """All machines healthy on several reads in a row after the last mutation, but those that may stand still and do."""
    pace = deps.pace
    for _ in range(pace.reads):
        machines = await deps.fleet.machines(deployment.app)
        sick = [one.id for one in machines if not (one.healthy or one.rests)]
        if sick:
            raise StepFailed(f"not healthy: {', '.join(sick)}")
        await deps.sleep(max(seconds(pace.poll), 1.0))  # Fly lists one app's machines once a second
    return Done(note=f"healthy on {pace.reads} reads in a row")


async def proven(deps: RunDeps, deployment: Deployment, step: Step) -> Done:
    """The step's own check must pass; no data is never a pass."""
    verdict = await _own_verdict(deps, deployment, step)
    if verdict.outcome is not Outcome.PASSED:
        raise StepFailed(verdict.reason)
    return Done(note=verdict.reason, evidence=verdict.evidence)


async def _own_verdict(deps: RunDeps, deployment: Deployment, step: Step) -> Verdict:
    item = deps.checklist.item(step.id)
    if item is None:
        raise StepFailed("the checklist no longer has this step")
    return await verdict_of(deps, deployment, item)


async def by_hand(deps: RunDeps, deployment: Deployment, step: Step) -> NeedsPerson:
    return NeedsPerson(note=f"waits for the {step.role} to say how it went")


async def read_inside(deps: RunDeps, deployment: Deployment, step: Step) -> Done | NeedsPerson:
    """The step's own check must pass; where it could not tell, the step's role says how it is."""
    verdict = await _own_verdict(deps, deployment, step)
    if verdict.outcome is Outcome.INCONCLUSIVE:
        return NeedsPerson(note=f"{verdict.reason}; waits for the {step.role} to say how it is")
    if verdict.outcome is not Outcome.PASSED:
        raise StepFailed(verdict.reason)
    return Done(note=verdict.reason, evidence=verdict.evidence)


async def migrate_up(
    deps: RunDeps, deployment: Deployment, step: Step, *, in_window: bool = True
) -> Done | NeedsPerson:
    """By the bot where the checklist has the command. What comes after the rollout goes on though the window closes."""
    migration = up(deps, deployment)
    if migration is None:
        return await by_hand(deps, deployment, step)
    if in_window and deployment.rolls_on:
        refuse_closed(deps, "the migration")
    await begin(deps, deployment)
    return await migration.run()


async def maintenance_off(deps: RunDeps, deployment: Deployment, step: Step) -> Done:
    """Back to what it was before the deployment."""
    plan = plan_of(deployment)
    with contextlib.suppress(Outage):  # whoever cannot look ends it all the same
        await _not_hidden(deps, deployment.app)
    deployment, counted = await begin(deps, deployment)
    rollout = _rollout(deps, deployment, step, plan.image, as_before, counted)
    return Done(note=f"{MAINTENANCE} as it was on " + await rollout.run() + counted.words)


async def announce_complete(deps: RunDeps, deployment: Deployment, step: Step) -> Done:
    """Said as soon as Slack takes it; the deployment does not wait for Slack."""
    health = deployment.step(ItemId("prod-health"))
    notice = notices.announce_complete(deployment, deps.checklist.product, health.note if health else "not read")
    ts = await _say(deps, deployment, notice)
    evidence: Mapping[str, Json] = {"ts": ts} if ts else {}
    return Done(note="announced" if ts else "queued: Slack does not answer", evidence=evidence)


def as_before(planned: PlannedMachine) -> Change:
    """MAINTENANCE_MODE as the plan found it on this machine."""
    return lambda config: with_maintenance(config, planned.maintenance)


async def _not_hidden(deps: RunDeps, app: str) -> None:
    """A secret hides what is set in the environment under its name. Raises StepFailed, Outage."""
    if MAINTENANCE in await deps.fleet.secrets(app):
        raise StepFailed(
            f"{app} has a secret named {MAINTENANCE}, which hides it in the environment. No machine was changed. "
            f"Take it away with `fly secrets unset {MAINTENANCE} --app {app}`, and retry"
        )


def plan_of(deployment: Deployment) -> Plan:
    if deployment.plan is None:
        raise StepFailed("there is no plan")
    return deployment.plan


async def begin(deps: RunDeps, deployment: Deployment) -> tuple[Deployment, Counted]:
    """Both ways back are kept before production is touched, and Fly counts a release."""
    touched, plan = await _kept(deps, deployment), plan_of(deployment)
    books = Bookkeeping(deps=deps, deployment=deployment.id, book=Book.DEPLOY)
    return touched, await books.begin(plan.app, plan.image, StrategyName(plan.strategy))


async def _kept(deps: RunDeps, deployment: Deployment) -> Deployment:
    """The ways back are the plan beside the record, and the configs in it."""
    if deployment.mutated:
        return deployment
    plan, machines = plan_of(deployment), await deps.fleet.machines(deployment.app)
    if plan.strategy is StrategyName.BLUEGREEN and (why := obstacle(machines)):
        raise StepFailed(f"{why}. Choose another strategy. Production was not touched")
    configs = kept_configs(deps, machines)
    await deps.note(deps.fact("plan.exported", deployment.id, key=plan.digest))
    await deps.aside(lambda: deps.plan_file.write(plan))
    await _keep(deps, deployment, configs)
    return await touch(deps, deployment)


async def _keep(deps: RunDeps, deployment: Deployment, configs: tuple[KeptConfig, ...]) -> None:
    machines: list[Json] = [kept.machine for kept in configs]
    hidden: dict[str, Json] = {kept.machine: [*sorted(kept.hidden)] for kept in configs}

    def keep(found: Deployment, work: Work) -> Deployment:
        if not found.mutated:
            work.configs.keep(found.id, configs)
            work.journal.append(deps.fact("configs.kept", found.id, machines=machines, hidden=hidden))
        return found

    await deps.change(deployment.id, keep)


async def touch(deps: RunDeps, deployment: Deployment) -> Deployment:
    """Write down that production is about to be changed, before it is. Raises Stopped when it no longer may be."""
    if deployment.mutated:
        return deployment
    touched = await deps.change(deployment.id, lambda found, work: found.touched() if found.is_running else found)
    if not touched.mutated:
        raise Stopped
    return touched


def _rollout(
    deps: RunDeps,
    deployment: Deployment,
    step: Step,
    digest: ImageDigest | None,
    change: ChangeOf,
    counted: Counted,
    *,
    strategy: StrategyName = StrategyName.ROLLING,
    in_window: bool = False,
) -> Rollout:
    """Machine after machine, rolling: only the rollout of an image itself has a strategy of its own."""
    plan = plan_of(deployment)
    return Rollout(
        deps=deps,
        deployment=deployment,
        step=step.id,
        plan=plan,
        strategy=deps.strategy(strategy, plan.max_unavailable),
        digest=digest,
        change=change,
        marks=counted.marks(deps.agent),
        forward=True,
        in_window=in_window,
    )


async def _say(deps: RunDeps, deployment: Deployment, notice: Notice) -> str | None:
    await queue(deps, deployment, notice)
    return await deps.announcer.say(notice.id, within=SAY_WITHIN)


async def queue(deps: RunDeps, deployment: Deployment, notice: Notice) -> None:
    """Put the notice into the outbox; the same notice twice is one."""

    def put() -> None:
        with deps.record.work() as work:
            work.outbox.put(notice)
            work.commit()

    await deps.aside(put)


DEEDS: Mapping[ItemId, Deed] = {
    ItemId("announce-start"): announce_start,
    ItemId("maintenance-on"): maintenance_on,
    ItemId("deploy-trigger"): roll_out,
    ItemId("deploy-watch"): watch,
    ItemId("migrate-up"): migrate_up,
    ItemId("migrate-verify"): read_inside,
    ItemId("instances-healthy"): proven,
    ItemId("instances-on-version"): proven,
    ItemId("prod-smoke"): by_hand,
    ItemId("prod-health"): proven,
    ItemId("maintenance-off"): maintenance_off,
    ItemId("announce-complete"): announce_complete,
}

# The same when an approver has decided that the machines which are left are moved though the window has closed.
FINISHING: Mapping[ItemId, Deed] = {
    **DEEDS,
    ItemId("maintenance-on"): partial(maintenance_on, in_window=False),
    ItemId("migrate-up"): partial(migrate_up, in_window=False),
    ItemId("deploy-trigger"): partial(roll_out, in_window=False),
}
