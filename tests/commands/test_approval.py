"""The approval as people live it: what is shown and kept, the receipt, the window, and what ends it."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from bot.views.deployment import approval_card, deployment_card
from bot.views.text import escape
from checklist.calendar import Calendar
from checklist.definition import Checklist
from checklist.deployment import Deployment
from checklist.marks import MarkState
from checklist.moves import Status
from checklist.people import Team
from checklist.record import sha256
from checklist.shown import shown_for_approval
from checklist.words import ItemId, Kind, PersonId, Role
from commands.expire import expire
from tests.checklist.builders import (
    AFTER,
    INSIDE,
    OPENED,
    WINDOW,
    alem,
    approved,
    awaiting,
    in_status,
    item,
    john,
    marked,
    member,
    opened,
    person,
    ready_to_submit,
    release,
    shipped,
    survey,
)
from tests.commands.office import Office

NEXT = "2026-11-26"


def signs(deployment: Deployment) -> str:
    assert deployment.plan is not None
    return f"/drop approve {deployment.id} {deployment.plan.digest[:8]}"


# What is shown


def test_the_approver_reads_the_window_and_the_way_back_in_plain_words() -> None:
    shown = shown_for_approval(awaiting(), shipped())

    assert shown.question == "John asks you to approve Drop v0.5.0 for production."
    facts = dict(shown.facts)
    assert facts["When"].startswith("Wednesday 25 November 02:00–06:00 Oslo.")
    assert facts["What is done"] == (
        "2 machines of drop-app, one after another; customers see maintenance mode meanwhile; "
        "the database is migrated when all machines are moved"
    )
    assert facts["If it goes wrong"] == "back to v0.4.9, at any hour, at one person's word"


def test_what_stands_on_less_than_the_rules_ask_for_is_in_red() -> None:
    weak = opened(what=release(migrations=False))
    weak = marked(weak, item("staging-e2e"), MarkState.INCONCLUSIVE)
    words = "I ran the suite by hand, and all of it was green"
    weak = weak.attested(
        item("staging-e2e"), by=member("validator"), at=OPENED, words=words, link="", team=shipped().team
    )
    weak = weak.waived(item("lint"), by=alem(), at=OPENED, reason="one warning in a test file", team=shipped().team)

    blocks = card(awaiting(ready_to_submit(weak)))

    assert ":red_circle: lint is waived by Alem Bašić: one warning in a test file" in blocks
    assert ":red_circle: staging-e2e rests on the word of Validator alone" in blocks
    assert ":warning: No database migrations: John says so; changed paths have not proved it." in blocks


@pytest.mark.parametrize(
    ("staged", "line"),
    [
        (("SUMSUB_API_KEY",), "Secrets that were set and not deployed yet go live with this: SUMSUB_API_KEY."),
        (None, "Nobody can tell whether secrets are staged: Fly did not list its releases."),
    ],
)
def test_a_secret_that_goes_live_with_the_deployment_is_named(staged: tuple[str, ...] | None, line: str) -> None:
    asked = awaiting()
    assert asked.plan is not None

    assert line not in shown_for_approval(asked, shipped()).soft
    assert line in shown_for_approval(replace(asked, plan=replace(asked.plan, staged=staged)), shipped()).soft


async def test_maintenance_mode_is_not_asked_for_while_a_secret_hides_it(office: Office) -> None:
    seen = replace(survey(at=office.clock.now()), secrets={"MAINTENANCE_MODE": "cc33"})
    deployment = office.puts(ready_to_submit(), surveyed=seen)

    told = await office.says(john(), f"/drop submit {deployment.id}")

    assert told.kind == "MaintenanceHidden"
    assert office.deployment(deployment.id).plan is None


def card(deployment: Deployment) -> str:
    drawn = approval_card(deployment, shipped(), clock_moved=False)
    return "\n".join(str(block.to_dict()) for block in drawn.blocks)


def test_every_line_that_is_kept_with_the_signature_stands_on_both_cards() -> None:
    deployment = awaiting()
    root = deployment_card(deployment, shipped(), clock_moved=False)
    on_root = "\n".join(str(block.to_dict()) for block in root.blocks)

    for line in shown_for_approval(deployment, shipped()).text.splitlines():
        words = line.partition(": ")[2] or line
        assert escape(words) in card(deployment)
        assert escape(words) in on_root


async def test_what_the_approver_was_shown_is_kept_with_the_signature(office: Office) -> None:
    deployment = office.puts(awaiting())

    await office.says(alem(), signs(deployment))

    (entry,) = office.entries("deployment.approved")
    assert entry.body["shown"] == shown_for_approval(deployment, shipped()).text
    assert entry.body["shown_sha256"] == sha256(str(entry.body["shown"]))


async def test_the_signer_gets_a_receipt_of_what_was_signed(office: Office) -> None:
    deployment = office.puts(awaiting())
    assert deployment.plan is not None

    await office.says(alem(), signs(deployment))

    (receipt,) = (text for to, text in office.notices().items() if to.startswith("U0ALEM: "))
    assert receipt == (
        f"Receipt: Alem Bašić signed plan {deployment.plan.digest[:8]} of {deployment.id} at Wed 25 Nov 03:00 CET. "
        "It lets Drop v0.5.0 (image 55555555) go to production: Wednesday 25 November 02:00–06:00 Oslo. "
        f"Until production is touched, /drop withdraw {deployment.id} takes it back."
    )


# The window


async def test_by_day_a_night_is_approved_that_is_still_to_come(office: Office) -> None:
    office.clock.at = OPENED
    deployment = office.puts(awaiting())

    await office.says(alem(), signs(deployment))
    too_early = await office.says(john(), f"/drop start {deployment.id}")

    assert office.deployment(deployment.id).status is Status.APPROVED
    assert too_early.kind == "WindowClosed"


async def test_after_its_window_a_deployment_is_asked_for_in_another_one(office: Office) -> None:
    deployment = office.puts(approved())
    office.clock.at = AFTER
    assert expire(office.desk.deps)
    over = await office.says(john(), f"/drop submit {deployment.id}")
    with office.record.work() as work:
        work.surveys.put(deployment.id, survey(at=AFTER))
        work.commit()

    asked = await office.says(john(), f"/drop submit {deployment.id} {NEXT}")

    after = office.deployment(deployment.id)
    assert (over.kind, asked.kind) == ("ApprovalEnded", "done")
    assert f"/drop submit {deployment.id} DATE" in over.words
    assert after.status is Status.AWAITING_APPROVAL
    assert after.window is not None
    assert after.window.words == "Thursday 26 November 02:00–06:00 Oslo"
    assert after.plan is not None
    assert after.plan.window == f"{after.window.opens.isoformat()}/{after.window.closes.isoformat()}"


async def test_whoever_promised_to_be_there_one_night_is_asked_again_for_another(office: Office) -> None:
    deployment = office.puts(replace(ready_to_submit(), marks=in_status(Status.APPROVED).marks))
    assert deployment.mark(ItemId("oncall-notified")).state is MarkState.PASSED

    await office.says(john(), f"/drop submit {deployment.id} {NEXT}")

    marks = office.deployment(deployment.id).marks
    assert [marks[ItemId(id)].state for id in ("oncall-notified", "rollback-owner")] == [MarkState.OPEN] * 2
    assert marks[ItemId("backup-taken")] == deployment.mark(ItemId("backup-taken"))


@pytest.mark.parametrize("date", ["2026-11-24", "2026-11-27", "tomorrow", "2027-11-25"])
async def test_only_one_of_the_next_windows_can_be_asked_for(office: Office, date: str) -> None:
    deployment = office.puts(ready_to_submit())

    told = await office.says(john(), f"/drop submit {deployment.id} {date}")

    assert told.kind == "BadField"
    assert all(window.id in told.words for window in Calendar(shipped().window).next_windows(INSIDE, 5))
    assert office.deployment(deployment.id) == deployment


# What ends it by itself


def without_approver(checklist: Checklist) -> Checklist:
    """Alem is in the team, and may no longer approve; somebody else may."""
    eva = person("eva", Kind.HUMAN, "U0EVA")
    roles: Mapping[Role, tuple[PersonId, ...]] = {**checklist.team.roles, Role.APPROVER: (eva.id,)}
    return replace(checklist, team=Team(people={**checklist.team.people, eva.id: eva}, roles=roles))


def edited(checklist: Checklist) -> Checklist:
    return replace(checklist, revision="f" * 64)


async def test_a_role_that_was_taken_away_after_the_approval_keeps_from_starting(office: Office) -> None:
    deployment = office.puts(approved())
    office.sits_down(without_approver(shipped()))

    told = await office.says(john(), f"/drop start {deployment.id}")

    assert told.kind == "SignerMayNot"
    assert "may no longer approve" in told.words
    assert office.deployment(deployment.id) == deployment


async def test_a_checklist_that_was_edited_after_the_approval_keeps_from_starting(office: Office) -> None:
    deployment = office.puts(approved())
    office.sits_down(edited(shipped()))

    told = await office.says(john(), f"/drop start {deployment.id}")

    assert told.kind == "PlanChanged"
    assert "the checklist itself was changed" in told.words
    assert office.deployment(deployment.id) == deployment


@pytest.mark.parametrize(
    ("checklist", "at", "kind", "reason"),
    [
        (without_approver(shipped()), INSIDE, "approval.voided", "Alem Bašić, who signed it, may no longer approve"),
        (edited(shipped()), INSIDE, "approval.voided", "the plan changed: the checklist itself was changed"),
        (shipped(), WINDOW.closes, "approval.expired", "its window has ended"),
    ],
    ids=["the signer's role", "the checklist", "the window"],
)
async def test_an_approval_that_no_longer_counts_ends_by_itself_and_says_why(
    office: Office, checklist: Checklist, at: datetime, kind: str, reason: str
) -> None:
    deployment = office.puts(approved())
    office.sits_down(checklist)
    office.clock.at = at

    assert expire(office.desk.deps)
    assert not expire(office.desk.deps)

    after = office.deployment(deployment.id)
    assert (after.status, after.plan, after.approval) == (Status.PREPARING, None, None)
    assert after.reason.startswith(reason)
    assert len(office.entries(kind)) == 1
    assert any(f"needs a new approval: {reason}" in text for text in office.notices().values())
    assert reason in card(after)


async def test_a_plan_that_nobody_signed_yet_ends_with_the_checklist_too(office: Office) -> None:
    deployment = office.puts(awaiting())
    office.sits_down(edited(shipped()))

    assert expire(office.desk.deps)
    assert office.deployment(deployment.id).status is Status.PREPARING


@pytest.mark.parametrize("status", [Status.PREPARING, Status.AWAITING_APPROVAL, Status.APPROVED, Status.VERIFYING])
async def test_while_nothing_changed_nothing_ends(office: Office, status: Status) -> None:
    office.puts(in_status(status))
    office.clock.at = WINDOW.closes - timedelta(seconds=1)

    assert not expire(office.desk.deps)


async def test_a_halt_before_production_was_touched_does_not_outlive_its_window(office: Office) -> None:
    deployment = office.puts(in_status(Status.HALTED))
    office.clock.at = WINDOW.closes

    assert expire(office.desk.deps)
    assert office.deployment(deployment.id).status is Status.PREPARING


async def test_a_new_line_of_the_checklist_is_asked_for_before_the_next_approval(office: Office) -> None:
    first, *others = shipped().sections
    new = replace(item("lint"), id=ItemId("licences"), waivable=True)
    longer = replace(edited(shipped()), sections=(replace(first, items=(*first.items, new)), *others))
    deployment = office.puts(approved())
    office.sits_down(longer)
    expire(office.desk.deps)

    told = await office.says(john(), f"/drop submit {deployment.id}")

    assert told.kind == "ItemsOpen"
    assert "`licences` open" in told.words
