"""What the tests of the domain start from: the shipped checklist, people, and a deployment in every status."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

from checklist.assembly import assemble
from checklist.calendar import Calendar, Explanation, Window
from checklist.definition import Checklist, Item, SignOff
from checklist.deployment import Deployment
from checklist.errors import Refusal
from checklist.loading import load
from checklist.marks import Mark, MarkState, Outcome, Verdict
from checklist.moves import Status
from checklist.people import Person, Team
from checklist.plan import Plan, PlannedMachine, Survey
from checklist.release import Release
from checklist.steps import Step, StepState
from checklist.words import DeploymentId, ImageDigest, ItemId, Kind, MachineId, NeededFor, PersonId, Phase, Proof, Role

OPENED = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
WINDOW = Window(datetime(2026, 11, 25, 1, 0, tzinfo=UTC), datetime(2026, 11, 25, 5, 0, tzinfo=UTC))
INSIDE = datetime(2026, 11, 25, 2, 0, tzinfo=UTC)
NEXT_NIGHT = datetime(2026, 11, 26, 2, 0, tzinfo=UTC)  # inside another window
AFTER = datetime(2026, 11, 25, 12, 0, tzinfo=UTC)

NEW = ImageDigest("sha256:" + "5" * 64)
OLD = ImageDigest("sha256:" + "4" * 64)

PASSED = Verdict(outcome=Outcome.PASSED, reason="as it should be", evidence={"status": 200})
FAILED = Verdict(outcome=Outcome.FAILED, reason="answered 500", evidence={"status": 500})
INCONCLUSIVE = Verdict(outcome=Outcome.INCONCLUSIVE, reason="no answer")


@cache
def shipped() -> Checklist:
    """The checklist as the product ships it."""
    return load(Path(__file__).parents[2] / "checklist.yml")


@cache
def crew() -> Checklist:
    """The shipped checklist in a larger workplace: two more people who hold the approver's role."""
    eva = person("eva", Kind.HUMAN, "U0EVA", "U0EVAPHONE")
    robot = person("robot", Kind.AGENT, "U0ROBOT")
    team = shipped().team
    roles = {
        **team.roles,
        Role.APPROVER: (*team.roles[Role.APPROVER], eva.id, robot.id),
        Role.DEPLOY_ENGINEER: (*team.roles[Role.DEPLOY_ENGINEER], eva.id),
    }
    return replace(shipped(), team=Team(people={**team.people, eva.id: eva, robot.id: robot}, roles=roles))


def person(id: str, kind: Kind = Kind.HUMAN, *slack: str) -> Person:
    return Person(id=PersonId(id), name=id.title(), kind=kind, slack=slack)


def member(id: str, checklist: Checklist | None = None) -> Person:
    return (checklist or shipped()).team.people[PersonId(id)]


def john() -> Person:
    return member("john")


def alem() -> Person:
    return member("alem")


def validator() -> Person:
    return member("validator")


def stranger() -> Person:
    return person("stranger", Kind.HUMAN, "U0STRANGER")


def item(id: str, checklist: Checklist | None = None) -> Item:
    found = (checklist or shipped()).item(ItemId(id))
    assert found is not None, id
    return found


def sign_off(id: str) -> SignOff:
    return next(each for each in shipped().sign_offs if each.id == id)


def night(at: datetime) -> Explanation:
    """What the shipped calendar says of an instant."""
    return Calendar(shipped().window).explain(at)


def release(*, migrations: bool = True, maintenance: bool = True) -> Release:
    return Release(
        version="0.5.0",
        image="registry.fly.io/drop-app:v0.5.0",
        digest=NEW,
        commit="c0ffee1",
        customers="all",
        risk="low",
        security="none",
        outcome="remittance to six corridors",
        migrations=migrations,
        maintenance=maintenance,
    )


def survey(*, at: datetime = OPENED) -> Survey:
    return Survey(
        at=at,
        machines=(_machine("148e0001"), _machine("148e0002")),
        running=OLD,
        running_version="v0.4.9",
        secrets={"JWT_SECRET": "aa11", "DATABASE_URL": "bb22"},
    )


def _machine(id: str) -> PlannedMachine:
    return PlannedMachine(
        id=MachineId(id),
        instance_id=f"01HV{id.upper()}",
        digest=OLD,
        version="v0.4.9",
        maintenance=None,
        env={"LOG_LEVEL": "e0e0"},
        config_hash=id[-1] * 64,
    )


def plan_for(deployment: Deployment, checklist: Checklist | None = None) -> Plan:
    return assemble(deployment, survey(), checklist or shipped())


# Settling items, each in its own way


def hand(deployment: Deployment, item: Item, checklist: Checklist) -> Person:
    """Somebody who holds the item's role and is none of those that it forbids."""
    forbidden = {deployment.requester, deployment.engineer} if item.distinct_from else set()
    return next(p for p in checklist.team.holders(item.role) if p.id not in forbidden)


def settle(
    deployment: Deployment, item: Item, checklist: Checklist | None = None, *, at: datetime = OPENED
) -> Deployment:
    checklist = checklist or shipped()
    if deployment.mark(item.id).settles(item) or item.id == "change-approved":
        return deployment
    if item.proof in {Proof.AUTO, Proof.AUTO_CONFIRM}:
        acted = {"acted_at": at.isoformat()} if item.acts else {}
        deployment = deployment.judged(item, replace(PASSED, evidence={**PASSED.evidence, **acted}), at=at)
    if item.proof is Proof.AUTO:
        return deployment
    by, team = hand(deployment, item, checklist), checklist.team
    if item.proof is Proof.ATTEST:
        return deployment.attested(item, by=by, at=at, words="seen with my own eyes", link="", team=team)
    return deployment.confirmed(item, by=by, at=at, note="", team=team)


def settle_needed(deployment: Deployment, moment: NeededFor, checklist: Checklist | None = None) -> Deployment:
    for each in (checklist or shipped()).items():
        if each.needed_for is moment:
            deployment = settle(deployment, each, checklist)
    return deployment


def settle_after(deployment: Deployment) -> Deployment:
    for each in shipped().items(Phase.POST):
        deployment = settle(deployment, each, at=INSIDE)
    return deployment


def sign_all(deployment: Deployment) -> Deployment:
    for line in shipped().sign_offs:
        for signer in {p.id: p for role in line.roles for p in shipped().team.holders(role)}.values():
            deployment = deployment.signed_off(line, by=signer, at=INSIDE, team=shipped().team)
    return deployment


# A deployment in every status, reached by its own moves


def opened(
    checklist: Checklist | None = None,
    *,
    what: Release | None = None,
    requester: str = "john",
    engineer: str = "john",
    window: Window | None = WINDOW,
) -> Deployment:
    checklist = checklist or shipped()
    return Deployment(
        id=DeploymentId("CR-001"),
        app=checklist.production.name,
        release=what or release(),
        requester=PersonId(requester),
        engineer=PersonId(engineer),
        window=window,
        checklist=checklist.revision,
        opened_at=OPENED,
    ).prepared(checklist)


def ready_to_submit(deployment: Deployment | None = None, checklist: Checklist | None = None) -> Deployment:
    return settle_needed(deployment or opened(checklist), NeededFor.SUBMIT, checklist)


def awaiting(deployment: Deployment | None = None, checklist: Checklist | None = None) -> Deployment:
    ready = ready_to_submit(deployment, checklist)
    checklist = checklist or shipped()
    by = checklist.team.people[ready.engineer]
    return ready.submitted(plan_for(ready, checklist), by=by, checklist=checklist)


def approved(deployment: Deployment | None = None) -> Deployment:
    """Signed, and every item settled that is needed for the start."""
    waiting = deployment or awaiting()
    assert waiting.plan is not None
    signed = waiting.approved(by=alem(), plan=waiting.plan.digest, at=OPENED, team=shipped().team)
    return settle_needed(signed, NeededFor.START)


def start(deployment: Deployment, at: datetime = INSIDE) -> Deployment:
    return deployment.started(by=john(), at=at, checklist=shipped(), window=night(at))


def deploying() -> Deployment:
    return start(approved())


def halted() -> Deployment:
    return deploying().halted("a step failed")


def halted_at(id: str) -> Deployment:
    """Halted because this step of the deploy run broke; from the maintenance mode on, production was touched."""
    deployment = deploying()
    for step in deployment.steps:
        if step.id == id:
            broken = deployment.with_step(step.ended(StepState.FAILED, at=INSIDE, note="it broke"))
            return replace(broken, mutated=id != "announce-start").halted(f"{id}: it broke")
        deployment = deployment.with_step(done(step))
    raise LookupError(id)


def verifying() -> Deployment:
    deployment = deploying().touched()
    for step in deployment.steps:
        deployment = deployment.with_step(done(step))
    return deployment.proceeded(shipped(), at=INSIDE)


def completed() -> Deployment:
    return sign_all(settle_after(verifying())).completed_if_settled(shipped(), at=INSIDE)


def rolling_back(deployment: Deployment | None = None) -> Deployment:
    before = deployment or deploying().touched()
    return before.rolling_back(by=alem(), at=INSIDE, reason="errors", checklist=shipped())


def done(step: Step) -> Step:
    return step if step.is_over else step.ended(StepState.DONE, at=INSIDE, note="done")


IN_STATUS: Mapping[Status, Callable[[], Deployment]] = {
    Status.PREPARING: ready_to_submit,
    Status.AWAITING_APPROVAL: awaiting,
    Status.APPROVED: approved,
    Status.DEPLOYING: deploying,
    Status.HALTED: halted,
    Status.VERIFYING: verifying,
    Status.COMPLETED: completed,
    Status.ROLLING_BACK: rolling_back,
    Status.ROLLED_BACK: lambda: rolling_back().rolled_back(at=INSIDE),
    Status.ROLLBACK_INCOMPLETE: lambda: rolling_back().rollback_failed("a machine is stuck"),
    Status.ABANDONED: lambda: awaiting().abandoned(by=john(), at=OPENED, reason="not today", team=shipped().team),
}


@cache
def in_status(status: Status) -> Deployment:
    """A deployment that came to this status by its own moves."""
    return IN_STATUS[status]()


# Small things to say


def refusal(ask: Callable[[], object]) -> Refusal | None:
    """The refusal with which something asked is answered, if it is."""
    try:
        ask()
    except Refusal as refused:
        return refused
    return None


def marked(deployment: Deployment, item: Item, state: MarkState, by: str = "bot") -> Deployment:
    """The deployment with one mark put there by force."""
    mark = Mark(state=state, by=by, at=OPENED, note="put there")
    return replace(deployment, marks={**deployment.marks, item.id: mark})
