"""What a rollback leaves as it is, told before the click and after it."""

from dataclasses import replace

from checklist.deployment import Deployment
from checklist.kept import keep
from checklist.moves import Status
from checklist.not_brought_back import not_brought_back, will_not_be_brought_back
from checklist.notices import rolled_back
from checklist.plan import Machine
from checklist.record import Json
from checklist.redaction import Redactor
from checklist.shown import shown_for_approval
from checklist.standings import Standings, standings_of
from checklist.steps import StepState
from checklist.words import ItemId, MachineId, Restores
from tests.checklist.builders import (
    INSIDE,
    NEW,
    OLD,
    awaiting,
    halted_at,
    in_status,
    opened,
    plan_for,
    ready_to_submit,
    release,
    shipped,
)

FIRST, SECOND = MachineId("148e0001"), MachineId("148e0002")
SECRETS = {"JWT_SECRET": "aa11", "DATABASE_URL": "bb22"}


def machine(id: MachineId, config: dict[str, Json], *, instance_id: str = "01NEW", fresh: bool = True) -> Machine:
    return Machine(
        id=id,
        instance_id=instance_id,
        state="started",
        digest=NEW if fresh else OLD,
        tag="",
        config=config,
        checks={"up": "passing", "http": "critical"},
    )


def read(deployment: Deployment, config: dict[str, Json], secrets: dict[str, str] = SECRETS) -> Deployment:
    """The same deployment once its machines were read: the first was changed, the second was not."""
    plan = deployment.plan or plan_for(deployment)
    before = machine(FIRST, {"env": {"LOG_LEVEL": "info", "MAINTENANCE_MODE": "false"}}, instance_id="01HV148E0001")
    untouched = machine(SECOND, {"env": {}}, instance_id="01HV148E0002", fresh=False)
    kept = {one.id: keep(one, Redactor()) for one in (before, untouched)}
    seen = (machine(FIRST, config), untouched)
    return deployment.seen(standings_of(plan, kept, machines=seen, secrets=secrets, at=INSIDE))


def standings(deployment: Deployment) -> Standings:
    assert deployment.standings is not None
    return deployment.standings


def test_each_machine_is_held_against_what_it_was_before() -> None:
    found = read(halted_at("deploy-trigger"), {"env": {"LOG_LEVEL": "debug", "MAINTENANCE_MODE": "true"}})

    first, second = standings(found).machines

    assert (first.version, first.changed, first.passing, first.checks) == ("v0.5.0", True, 1, 2)
    assert first.differs == ("/env/LOG_LEVEL", "/env/MAINTENANCE_MODE")
    assert first.kept_back == ("/env/LOG_LEVEL",)
    assert (second.version, second.changed, second.differs) == ("v0.4.9", False, ())


def test_a_machine_that_fly_does_not_list_any_more_is_told_of() -> None:
    found = halted_at("deploy-trigger")

    seen = standings_of(plan_for(found), {}, machines=(machine(FIRST, {}),), secrets=SECRETS, at=INSIDE)

    assert [(one.id, one.state) for one in seen.machines] == [(FIRST, "started"), (SECOND, "gone")]


def test_the_image_alone_leaves_the_environment_and_the_kept_configuration_does_not() -> None:
    found = read(halted_at("deploy-trigger"), {"env": {"LOG_LEVEL": "debug", "MAINTENANCE_MODE": "true"}})

    assert not_brought_back(found) == ("the configuration of machine 148e0001: env LOG_LEVEL",)
    assert not_brought_back(found, Restores.CONFIG) == ()


def test_secrets_that_are_not_those_of_the_plan_come_back_with_neither() -> None:
    now = {"JWT_SECRET": "cc33", "NEW_ONE": "dd44"}
    found = read(halted_at("deploy-trigger"), {"env": {"LOG_LEVEL": "info"}}, now)

    told = "secrets that changed since the plan: DATABASE_URL, JWT_SECRET, NEW_ONE"
    assert not_brought_back(found, Restores.CONFIG) == (told,)


def test_migrations_count_once_they_began_until_they_were_taken_back() -> None:
    halted, ran = halted_at("migrate-up"), in_status(Status.VERIFYING)
    back = ran.rolling_back(by=shipped().team.people[ran.engineer], at=INSIDE, reason="", checklist=shipped())
    down = back.step(ItemId("rb-migrate-down"))
    assert down is not None

    assert not_brought_back(halted_at("deploy-trigger")) == ()
    assert not_brought_back(halted) == ("the database migrations of v0.5.0, which may have run",)
    assert not_brought_back(ran) == ("the database migrations of v0.5.0, which ran",)
    assert not_brought_back(back.with_step(down.ended(StepState.DONE, at=INSIDE, note=""))) == ()


def test_the_approver_reads_before_signing_what_a_rollback_would_not_bring_back() -> None:
    quiet = awaiting(ready_to_submit(opened(what=release(migrations=False))))

    assert will_not_be_brought_back(quiet) == ("secrets that are changed after this approval",)
    assert (
        "A rollback does not bring back: what its migrations do to the database; "
        "secrets that are changed after this approval"
    ) in shown_for_approval(awaiting(), shipped()).text


def test_the_last_notice_of_a_rollback_says_what_it_did_not_bring_back() -> None:
    halted = read(halted_at("deploy-trigger"), {"env": {"LOG_LEVEL": "debug"}})
    over = replace(halted, status=Status.ROLLED_BACK)

    assert rolled_back(over, "Drop").text == (
        "Rolled back: Drop v0.4.9 runs in production again. "
        "Not brought back: the configuration of machine 148e0001: env LOG_LEVEL"
    )
    assert rolled_back(in_status(Status.ROLLED_BACK), "Drop").text.endswith("again")
