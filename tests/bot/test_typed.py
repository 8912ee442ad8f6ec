"""Typed words: the help, what is not understood, and the twin of every button."""

from checklist.moves import Status
from checklist.words import ItemId
from commands.usage import USAGE
from tests.bot.looks import block
from tests.bot.scene import ALEM, CR, JOHN, STRANGER, VALIDATOR, Scene


async def test_nothing_typed_is_a_call_for_help(scene: Scene) -> None:
    assert await scene.says(JOHN, "/drop") == await scene.says(JOHN, "/drop help")


async def test_an_unknown_verb_is_answered_with_where_the_verbs_are(scene: Scene) -> None:
    answer = await scene.says(JOHN, "/drop dance CR-001")

    assert answer == "There is no `/drop dance`. `/drop help` lists what there is."
    assert scene.refusals() == ["UnknownVerb"]


async def test_a_mistyped_verb_is_answered_with_what_was_meant_and_does_nothing(scene: Scene) -> None:
    await scene.opens()

    assert await scene.says(JOHN, "/drop rolback CR-001") == (
        "There is no `/drop rolback`. Did you mean `/drop rollback`? `/drop help` lists what there is."
    )
    assert "Did you mean `/drop status` or `/drop start`?" in await scene.says(JOHN, "/drop stats")
    assert scene.deployment().status is Status.PREPARING


async def test_the_help_has_every_verb_in_the_order_of_a_deployment_and_names_who_may(scene: Scene) -> None:
    lines = (await scene.says(JOHN, "/drop help")).splitlines()

    assert [line.split()[1].strip("`") for line in lines] == list(USAGE)
    who = "approver, not the requester or the deploy engineer"
    assert f"`/drop approve [CR-nnn] [DIGEST]` — show the plan; with 8 digits of it, sign ({who})" in lines


async def test_whoami_says_the_roles_that_one_holds(scene: Scene) -> None:
    assert "John, agent: deploy-engineer" in await scene.says(JOHN, "/drop whoami")
    assert "approver" in await scene.says(ALEM, "/drop whoami")
    assert await scene.says(VALIDATOR, "/drop whoami") == "You are Validator, agent: validator."


async def test_a_full_member_who_holds_no_role_may_read_and_nothing_else(scene: Scene) -> None:
    await scene.opens()

    read = [await scene.says(STRANGER, f"/drop {verb}") for verb, of in USAGE.items() if of.reads]
    asked = {
        await scene.says(STRANGER, f"/drop {verb}") for verb in ("deploy", "waive", "approve", "start", "rollback")
    }

    assert read[0].startswith("CR-001 · Drop v0.5.0")
    assert "You are Kari Nordmann, human: no role." in read
    assert asked - {read[0]} == {
        "You are not in the deployment team, so nothing was done. Ask the team to add you to `checklist.yml`."
    }
    assert set(scene.refusals()) == {"Stranger"}


async def test_the_window_is_explained_open_or_closed(scene: Scene) -> None:
    opened = await scene.says(JOHN, "/drop window")
    await scene.people.moves_clock(6 * 3600)
    closed = await scene.says(JOHN, "/drop window")

    assert opened.startswith("Open now: ")
    assert closed.startswith("The window is closed: the hours are over or not yet begun. The next one: ")
    assert closed.count("•") == 5


async def test_with_nothing_open_the_verbs_say_how_to_begin(scene: Scene) -> None:
    for verb in (
        "status",
        "checklist",
        "check",
        "submit",
        "approve",
        "start",
        "retry",
        "rollback",
        "signoff",
        "abandon",
    ):
        assert "`/drop deploy" in await scene.says(JOHN, f"/drop {verb}"), verb

    assert set(scene.refusals()) == {"NothingOpen"}


async def test_a_deployment_that_never_was_is_named(scene: Scene) -> None:
    answer = await scene.says(JOHN, "/drop status cr-999")

    assert "There is no CR-999" in answer
    assert scene.refusals() == ["NoSuchDeployment"]


async def test_the_checklist_is_shown_item_by_item(scene: Scene) -> None:
    await scene.opens()
    await scene.is_read()

    shown = await scene.says(JOHN, "/drop checklist")

    assert "*Staging verification*" in shown
    assert ":white_check_mark: `staging-health`" in shown
    assert ":white_circle: `staging-qa`" in shown


async def test_status_says_where_it_stands_and_who_is_next(scene: Scene) -> None:
    await scene.asks_for_approval()

    assert await scene.says(JOHN, "/drop status") == (
        "CR-001 · Drop v0.5.0 · awaiting approval · Alem Bašić to approve"
    )


async def test_reject_can_be_typed(scene: Scene) -> None:
    await scene.asks_for_approval()

    await scene.says(ALEM, f"/drop reject {CR} not before the audit")

    assert scene.deployment().status is Status.PREPARING
    assert scene.deployment().reason == "not before the audit"


async def test_abandon_can_be_typed_and_closes_the_deployment(scene: Scene) -> None:
    await scene.opens()

    await scene.says(JOHN, f"/drop abandon {CR} the customer asked for more time")
    again = await scene.says(JOHN, f"/drop abandon {CR}")

    assert scene.deployment().status is Status.ABANDONED
    assert "CR-001 is abandoned now" in again
    await scene.sees("abandoned by John: the customer asked for more time. Production was not touched.")


async def test_abandon_can_be_clicked(scene: Scene) -> None:
    await scene.opens()
    await scene.sees_button(JOHN, "Abandon")

    await scene.clicks(JOHN, "Abandon")

    await scene.becomes(Status.ABANDONED)


async def test_confirm_can_be_typed_and_clicked(scene: Scene) -> None:
    await scene.opens()
    await scene.is_read()
    await scene.sees_button(ALEM, "Confirm")

    await scene.says(ALEM, f"/drop confirm {CR} oncall-notified I am at my desk")
    await scene.clicks(JOHN, "Confirm", block_id=await scene.block_of(JOHN, "rollback-owner"))

    marks = scene.deployment().marks
    assert (marks[ItemId("oncall-notified")].by, marks[ItemId("oncall-notified")].note) == (ALEM, "I am at my desk")
    assert marks[ItemId("rollback-owner")].by == JOHN


async def test_attest_opens_the_same_modal_by_button_and_by_word(scene: Scene) -> None:
    await scene.opens()
    await scene.is_read()
    await scene.sees_button(JOHN, "Attest")

    await scene.says(JOHN, "/drop attest code-quality")
    typed = block(await scene.view(JOHN), "items")["element"]["options"]
    await scene.people.closes(JOHN)
    await scene.clicks(JOHN, "Attest", block_id=await scene.block_of(JOHN, "code-quality"))
    clicked = block(await scene.view(JOHN), "items")["element"]["options"]

    assert typed == clicked


async def test_check_again_reads_the_section_anew(scene: Scene) -> None:
    await scene.people.faults("unhealthy-app")
    await scene.opens()
    await scene.is_read()
    await scene.people.faults("unhealthy-app", on=False)
    block_id = await scene.sees_button_in(JOHN, "Check again", "staging")

    await scene.clicks(JOHN, "Check again", block_id=block_id)

    await scene.until(lambda found: found.mark(ItemId("staging-health")).state == "passed")


async def test_request_approval_can_be_clicked(scene: Scene) -> None:
    await scene.prepares()
    await scene.sees_button(JOHN, "Request approval")

    await scene.clicks(JOHN, "Request approval")

    await scene.becomes(Status.AWAITING_APPROVAL)
