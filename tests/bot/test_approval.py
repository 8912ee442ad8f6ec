"""The approval: who may give it, for exactly which plan, and once."""

import asyncio

import pytest

from checklist.moves import Status
from tests.bot.scene import ALEM, CR, JOHN, STRANGER, VALIDATOR, WORDS, Scene, on_both_databases

pytestmark = pytest.mark.journey


async def test_the_ceo_approves_in_his_direct_message_and_every_copy_of_the_button_goes(scene: Scene) -> None:
    deployment = await scene.asks_for_approval()
    await scene.sees_button(ALEM, "Approve", channel="D0ALEM")

    said = await scene.clicks(ALEM, "Approve", channel="D0ALEM")

    assert said == ""
    approved = await scene.becomes(Status.APPROVED)
    assert approved.approval
    assert deployment.plan
    assert approved.approval.plan == deployment.plan.digest
    assert approved.approval.by == ALEM
    await scene.no_longer_sees_button(ALEM, "Approve")
    await scene.sees(f"{CR} approved by Alem Bašić: plan {deployment.plan.digest[:8]}")


async def test_approve_asks_once_more_before_it_counts(scene: Scene) -> None:
    deployment = await scene.asks_for_approval()
    await scene.sees_button(ALEM, "Approve")

    asked = await scene.people.clicks(ALEM, "Approve", confirm=False)

    assert deployment.plan
    assert asked["error"] == "needs_confirm"
    assert deployment.plan.digest[:8] in asked["confirm"]["text"]
    assert scene.deployment().status is Status.AWAITING_APPROVAL


async def test_nobody_but_an_approver_can_approve(scene: Scene) -> None:
    await scene.asks_for_approval()
    await scene.sees_button(JOHN, "Approve")
    before = scene.deployment()

    by_stranger = await scene.clicks(STRANGER, "Approve")
    by_requester = await scene.clicks(JOHN, "Approve")
    by_agent = await scene.clicks(VALIDATOR, "Approve")

    assert "not in the deployment team" in by_stranger
    assert "approver" in by_requester
    assert "approver" in by_agent
    assert scene.deployment() == before
    assert scene.refusals() == ["Stranger", "NotAllowed", "NotAllowed"]
    assert [fact.by for fact in scene.entries("ask.refused")] == ["U0STRANGER", JOHN, VALIDATOR]


async def test_typing_approve_shows_the_plan_and_signs_nothing(scene: Scene) -> None:
    deployment = await scene.asks_for_approval()
    assert deployment.plan

    answer = await scene.people.says(ALEM, f"/drop approve {CR}")

    shown = str(answer["reply"]["blocks"])
    assert deployment.plan.digest[:8] in shown
    assert "v0.4.2" in shown
    assert "items rest on a person's word" in shown
    assert scene.deployment().status is Status.AWAITING_APPROVAL
    assert scene.entries("deployment.approved") == []


async def test_the_plan_that_was_typed_for_can_be_approved_by_its_button(scene: Scene) -> None:
    await scene.asks_for_approval()
    shown = await scene.people.says(ALEM, f"/drop approve {CR}")

    await scene.clicks(ALEM, "Approve", ts=shown["reply"]["ts"])

    await scene.becomes(Status.APPROVED)


async def test_eight_digits_of_the_plan_sign_it(scene: Scene) -> None:
    deployment = await scene.asks_for_approval()
    assert deployment.plan

    answer = await scene.says(ALEM, f"/drop approve {CR} {deployment.plan.digest[:8]}")

    assert "approved" in answer
    assert scene.deployment().status is Status.APPROVED
    assert [fact.body["plan"] for fact in scene.entries("deployment.approved")] == [deployment.plan.digest]


async def test_other_digits_or_fewer_sign_nothing(scene: Scene) -> None:
    deployment = await scene.asks_for_approval()
    assert deployment.plan
    digest = deployment.plan.digest

    others = await scene.says(ALEM, f"/drop approve {CR} 00000000")
    fewer = await scene.says(ALEM, f"/drop approve {CR} {digest[:7]}")

    assert digest[:8] in others
    assert digest[:8] in fewer
    assert scene.deployment() == deployment
    assert scene.refusals() == ["PlanChanged", "PlanChanged"]


async def test_a_button_of_a_plan_that_was_replaced_signs_nothing(scene: Scene) -> None:
    await scene.asks_for_approval()
    old = await scene.people.says(ALEM, f"/drop approve {CR}")
    await scene.says(ALEM, f"/drop reject {CR} the risk is not low")
    scene.someone_changes_production()
    await scene.is_surveyed_again()
    await scene.says(JOHN, f"/drop submit {CR}")
    new = await scene.becomes(Status.AWAITING_APPROVAL)
    assert new.plan

    said = await scene.clicks(ALEM, "Approve", ts=old["reply"]["ts"])

    assert "That plan was replaced" in said
    assert new.plan.digest[:8] in said
    assert scene.deployment().status is Status.AWAITING_APPROVAL
    assert scene.refusals()[-1] == "PlanChanged"


@on_both_databases
async def test_two_quick_clicks_approve_once_and_the_second_is_told_so(scene: Scene) -> None:
    await scene.asks_for_approval()
    await scene.sees_button(ALEM, "Approve")

    said = await asyncio.gather(*(scene.clicks(ALEM, "Approve") for _ in range(2)))

    assert len(scene.entries("deployment.approved")) == 1
    assert scene.refusals() == ["AlreadyDone"]
    assert "That was done already: CR-001 is approved. Nothing was done twice." in "".join(said)


async def test_reject_wants_a_reason_and_sends_it_back(scene: Scene) -> None:
    await scene.asks_for_approval()
    await scene.sees_button(ALEM, "Reject")

    await scene.clicks(ALEM, "Reject")
    empty = await scene.submits(ALEM, reason="   ")
    errors = await scene.submits(ALEM, reason="Not before the audit")

    assert list(empty) == ["reason"]
    assert errors == {}
    rejected = await scene.becomes(Status.PREPARING)
    assert rejected.plan is None
    assert rejected.approval is None
    await scene.sees("rejected by Alem Bašić: Not before the audit")


async def test_after_its_window_nobody_can_approve_the_plan(scene: Scene) -> None:
    await scene.asks_for_approval()
    await scene.sees_button(ALEM, "Approve")
    await scene.people.moves_clock(4 * 3600)

    said = await scene.clicks(ALEM, "Approve")

    assert scene.deployment().approval is None
    assert scene.entries("deployment.approved") == []
    assert said


@on_both_databases
async def test_an_approval_ends_with_its_window_by_itself(scene: Scene) -> None:
    await scene.is_approved()

    await scene.people.moves_clock(4 * 3600)

    ended = await scene.becomes(Status.PREPARING)
    assert ended.approval is None
    assert len(scene.entries("approval.expired")) == 1
    await scene.sees("needs a new approval: its window has ended")


async def test_the_words_on_which_the_plan_rests_are_shown_to_the_approver(scene: Scene) -> None:
    await scene.asks_for_approval()

    card = await scene.sees("awaiting approval", person=ALEM)

    shown = str((await scene.people.says(ALEM, f"/drop approve {CR}"))["reply"]["blocks"])
    assert ":red_circle: staging-e2e" in shown
    assert "John says so; changed paths have not proved it" in shown
    assert card["text"].startswith("CR-001 · Drop v0.5.0 · awaiting approval · Alem Bašić to approve")
    assert WORDS not in shown
