"""What people decide about items, steps and the window: not OK, waived, withdrawn, skipped, finished."""

from dataclasses import replace

import pytest

from checklist.marks import MarkState
from checklist.moves import Status
from checklist.steps import StepState
from checklist.words import ItemId
from tests.checklist.builders import (
    AFTER,
    INCONCLUSIVE,
    INSIDE,
    alem,
    approved,
    deploying,
    halted_at,
    in_status,
    item,
    john,
    marked,
    opened,
    ready_to_submit,
    rolling_back,
    settle_after,
    sign_all,
    validator,
    verifying,
)
from tests.commands.office import Office
from tests.commands.test_who_may import waits

QA, LINT, OWNER = ItemId("staging-qa"), ItemId("lint"), ItemId("rollback-owner")
WORDS = "seen again on staging, and it is as it should be"
REASON = "the customers wait for it, and the risk is small"


# Not OK


async def test_what_its_role_calls_not_ok_is_set_right_by_the_same_role_anew(office: Office) -> None:
    deployment = office.puts(ready_to_submit())

    await office.says(validator(), f"/drop fail {deployment.id} staging-qa the second screen is empty")
    failed = office.deployment(deployment.id).mark(QA)
    assert (await office.says(john(), f"/drop submit {deployment.id}")).kind == "ItemsOpen"
    assert (await office.says(validator(), f"/drop attest {deployment.id} staging-qa {WORDS}")).kind == "done"

    assert (failed.state, failed.by, failed.note) == (MarkState.FAILED, "validator", "the second screen is empty")
    assert office.deployment(deployment.id).mark(QA).state is MarkState.ATTESTED
    assert "channel: CR-001/not-ok/1" in office.notices()


async def test_a_button_that_was_called_not_ok_is_pressed_anew(office: Office) -> None:
    deployment = office.puts(approved())

    await office.says(john(), f"/drop fail {deployment.id} rollback-owner I am on a train until nine")
    blocked = await office.says(john(), f"/drop start {deployment.id}")
    await office.says(john(), f"/drop confirm {deployment.id} rollback-owner back at my desk")

    assert blocked.kind == "ItemsOpen"
    assert office.deployment(deployment.id).mark(OWNER).settles(item("rollback-owner"))
    assert office.deployment(deployment.id).status is Status.APPROVED


@pytest.mark.parametrize("status", [Status.AWAITING_APPROVAL, Status.APPROVED])
async def test_a_plan_that_rests_on_what_is_not_ok_is_void(office: Office, status: Status) -> None:
    deployment = office.puts(in_status(status))

    await office.says(validator(), f"/drop fail {deployment.id} staging-qa the second screen is empty")

    after = office.deployment(deployment.id)
    assert (after.status, after.plan, after.approval) == (Status.PREPARING, None, None)
    assert after.reason == "the plan changed: staging-qa is not OK: the second screen is empty"
    assert [fact.by for fact in office.entries("approval.voided")] == ["validator"]
    assert any("needs a new approval" in text for text in office.notices().values())


@pytest.mark.parametrize("id", ["lint", "change-approved"])
async def test_nobody_calls_not_ok_what_takes_nobody_s_word(office: Office, id: str) -> None:
    deployment = office.puts(approved())
    by = alem() if id == "change-approved" else john()

    told = await office.says(by, f"/drop fail {deployment.id} {id} I do not like it")

    assert told.kind == "NotForHand"
    assert office.deployment(deployment.id) == deployment


async def test_a_person_s_not_ok_is_no_way_around_a_check_that_failed(office: Office) -> None:
    failing = marked(opened(), item("staging-health"), MarkState.FAILED)
    deployment = office.puts(failing)

    told = await office.says(john(), f"/drop fail {deployment.id} staging-health I say so too, and then attest it")

    assert told.kind == "NotForHand"


async def test_a_step_that_is_called_not_ok_halts_the_deployment(office: Office) -> None:
    deployment = office.puts(waits(deploying().touched()))

    await office.says(validator(), f"/drop fail {deployment.id} prod-smoke two of forty tests are red")

    after = office.deployment(deployment.id)
    assert (after.status, after.reason) == (Status.HALTED, "prod-smoke: two of forty tests are red")
    assert [fact.kind for fact in office.entries()][-2:] == ["step.failed", "deployment.halted"]
    assert office.runs() == []


async def test_a_rollback_that_is_called_not_ok_is_incomplete(office: Office) -> None:
    deployment = office.puts(waits(rolling_back()))

    await office.says(validator(), f"/drop fail {deployment.id} rb-verify-smoke login does not work")

    assert office.deployment(deployment.id).status is Status.ROLLBACK_INCOMPLETE
    assert "Rollback is not complete: rb-verify-smoke: login does not work" in office.notices().values()


# Waived


async def test_an_approver_waives_with_a_reason_that_the_channel_reads(office: Office) -> None:
    deployment = office.puts(opened().judged(item("lint"), INCONCLUSIVE, at=INSIDE))

    await office.says(alem(), f"/drop waive {deployment.id} lint {REASON}")

    mark = office.deployment(deployment.id).mark(LINT)
    assert (mark.state, mark.by, mark.note) == (MarkState.WAIVED, "alem", REASON)
    assert [fact.body for fact in office.entries("item.waived")] == [{"item": "lint", "reason": REASON}]
    assert f"⚠ CR-001: lint waived by Alem Bašić: {REASON}" in office.notices().values()


@pytest.mark.parametrize("reason", ["", "no time", "nineteen characters"])
async def test_nothing_is_let_off_without_a_reason_that_a_stranger_understands(office: Office, reason: str) -> None:
    halted = office.puts(halted_at("prod-health"))

    told = [await office.says(alem(), f"/drop {verb} {halted.id} {reason}") for verb in ("waive", "skip", "finish")]
    told += [await office.says(alem(), f"/drop waive {halted.id} lint {reason}")]

    assert {each.kind for each in told} == {"BadField"}
    assert "at least 20 characters" in told[0].words
    assert office.deployment(halted.id) == halted


async def test_what_the_checklist_never_waives_is_not_waived(office: Office) -> None:
    deployment = office.puts(opened())

    never = ("staging-e2e", "change-approved")
    told = [await office.says(alem(), f"/drop waive {deployment.id} {id} {REASON}") for id in never]

    assert [each.kind for each in told] == ["NotWaivable", "NotWaivable"]
    assert "never waived: the checklist says so" in told[0].words


async def test_what_is_settled_needs_no_waiver(office: Office) -> None:
    deployment = office.puts(ready_to_submit())

    assert (await office.says(alem(), f"/drop waive {deployment.id} lint {REASON}")).kind == "AlreadySettled"


async def test_the_last_waiver_after_a_deployment_completes_it(office: Office) -> None:
    last = marked(sign_all(settle_after(verifying())), item("post-p99"), MarkState.INCONCLUSIVE)
    deployment = office.puts(last)

    await office.says(alem(), f"/drop waive {deployment.id} post-p99 {REASON}")

    assert office.deployment(deployment.id).status is Status.COMPLETED


# Withdrawn


async def test_the_signer_takes_the_approval_back_and_the_plan_stays_in_the_record(office: Office) -> None:
    deployment = office.puts(approved())
    assert deployment.plan is not None

    nobody_else = await office.says(john(), f"/drop withdraw {deployment.id}")
    await office.says(alem(), f"/drop withdraw {deployment.id} the partner bank called")

    after = office.deployment(deployment.id)
    assert "Only whoever signed the approval may withdraw it" in nobody_else.words
    assert (after.status, after.approval, after.reason) == (Status.PREPARING, None, "the partner bank called")
    assert after.mark(ItemId("change-approved")).state is MarkState.OPEN
    (entry,) = office.entries("approval.withdrawn")
    assert entry.body == {"plan": deployment.plan.digest, "reason": "the partner bank called"}


async def test_once_production_was_touched_nothing_is_withdrawn(office: Office) -> None:
    deployment = office.puts(deploying().touched())

    assert (await office.says(alem(), f"/drop withdraw {deployment.id}")).kind == "NotNow"


async def test_what_was_withdrawn_can_be_asked_for_and_signed_again(office: Office) -> None:
    deployment = office.puts(approved())
    await office.says(alem(), f"/drop withdraw {deployment.id}")

    await office.says(john(), f"/drop submit {deployment.id}")
    plan = office.deployment(deployment.id).plan
    assert plan is not None
    await office.says(alem(), f"/drop approve {deployment.id} {plan.digest[:8]}")

    assert office.deployment(deployment.id).status is Status.APPROVED


# Skipped


async def test_a_step_that_is_skipped_is_openly_so_and_the_run_goes_on(office: Office) -> None:
    deployment = office.puts(halted_at("prod-health"))

    await office.says(alem(), f"/drop skip {deployment.id} prod-health {REASON}")

    after = office.deployment(deployment.id)
    step = after.step(ItemId("prod-health"))
    assert step is not None
    assert (step.state, step.actor, step.note) == (StepState.SKIPPED, "alem", f"skipped: {REASON}")
    assert after.status is Status.DEPLOYING
    assert office.runs() == ["deploy/CR-001/2"]


@pytest.mark.parametrize("step", ["deploy-trigger", "migrate-up", "instances-healthy", "instances-on-version"])
async def test_the_rollout_and_what_proves_it_are_never_skipped(office: Office, step: str) -> None:
    deployment = office.puts(halted_at(step))

    told = await office.says(alem(), f"/drop skip {deployment.id} {step} {REASON}")

    assert told.kind == "NotWaivable"
    assert office.deployment(deployment.id) == deployment


async def test_only_the_step_that_broke_is_skipped(office: Office) -> None:
    deployment = office.puts(halted_at("prod-health"))

    told = await office.says(alem(), f"/drop skip {deployment.id} prod-smoke {REASON}")

    assert told.kind == "BadField"
    assert "prod-health" in told.words


async def test_a_halt_at_no_step_has_nothing_to_skip(office: Office) -> None:
    deployment = office.puts(in_status(Status.HALTED))

    assert (await office.says(alem(), f"/drop skip {deployment.id} prod-health {REASON}")).kind == "NotNow"


async def test_with_machines_left_a_skip_needs_the_window_as_a_retry_does(office: Office) -> None:
    deployment = office.puts(halted_at("announce-start"))
    office.clock.at = AFTER

    told = await office.says(alem(), f"/drop skip {deployment.id} announce-start {REASON}")

    assert told.kind == "ApprovalEnded"


# Finished


async def test_after_the_window_the_machines_that_are_left_wait_for_an_approver(office: Office) -> None:
    deployment = office.puts(halted_at("deploy-trigger"))
    office.clock.at = AFTER

    retried = await office.says(john(), f"/drop retry {deployment.id}")
    by_requester = await office.says(john(), f"/drop finish {deployment.id} {REASON}")
    finished = await office.says(alem(), f"/drop finish {deployment.id} {REASON}")

    assert (retried.kind, by_requester.kind, finished.kind) == ("ApprovalEnded", "NotAllowed", "done")
    assert office.deployment(deployment.id).status is Status.DEPLOYING
    assert office.runs() == ["finish/CR-001/1"]
    assert [fact.body for fact in office.entries("deployment.finished")] == [{"reason": REASON}]


async def test_inside_the_window_nothing_needs_to_be_let_off(office: Office) -> None:
    deployment = office.puts(halted_at("deploy-trigger"))

    told = await office.says(alem(), f"/drop finish {deployment.id} {REASON}")

    assert told.kind == "WindowOpen"
    assert "*Retry step* goes on" in told.words


async def test_to_finish_lets_off_the_window_and_nothing_else(office: Office) -> None:
    deployment = office.puts(replace(halted_at("deploy-trigger"), approval=None))
    rolled_out = office.puts(halted_at("prod-health"))
    office.clock.at = AFTER

    assert (await office.says(alem(), f"/drop finish {deployment.id} {REASON}")).kind == "PlanChanged"
    assert (await office.says(alem(), f"/drop finish {rolled_out.id} {REASON}")).kind == "NotNow"


async def test_a_finished_rollout_that_halts_again_waits_for_another_decision(office: Office) -> None:
    deployment = office.puts(halted_at("deploy-trigger"))
    office.clock.at = AFTER
    await office.says(alem(), f"/drop finish {deployment.id} {REASON}")
    with office.record.work() as work:
        found = work.deployments.get(deployment.id)
        broken = halted_at("deploy-trigger").steps
        work.deployments.save(replace(found, steps=broken).halted("again"))
        work.commit()

    retried = await office.says(john(), f"/drop retry {deployment.id}")
    finished = await office.says(alem(), f"/drop finish {deployment.id} {REASON}")

    assert (retried.kind, finished.kind) == ("ApprovalEnded", "done")
    assert office.runs() == ["finish/CR-001/1", "finish/CR-001/2"]
