"""Who may ask for anything: full members of the team's own workspace, as Slack last showed them."""

from typing import Any

import pytest

from checklist.moves import Status
from checklist.people import Standing
from sandbox import seed
from tests.bot.looks import until
from tests.bot.scene import ALEM, CR, JOHN, STRANGER, Scene

pytestmark = pytest.mark.journey

NO_MEMBERS = [
    ({"is_restricted": True}, "You are a guest here."),
    ({"is_ultra_restricted": True}, "You are a guest here."),
    ({"is_bot": True}, "This is a bot's account."),
    ({"deleted": True}, "This account was deactivated."),
]


async def known_as(scene: Scene, standing: Standing, user: str) -> None:
    """Wait until the bot has heard from Slack what the account is now."""

    async def heard() -> bool | None:
        members = scene.house.desk.members
        return (user in members and members[user].standing is standing) or None

    await until(heard, f"never heard that {user} is {standing}", within=5)


@pytest.mark.parametrize(("facts", "words"), NO_MEMBERS)
async def test_whoever_is_no_full_member_may_not_even_read(scene: Scene, facts: dict[str, Any], words: str) -> None:
    await scene.people.changes(STRANGER, **facts)

    answer = await scene.says(STRANGER, "/drop status")

    assert answer.startswith(words)
    assert "so nothing was done" in answer
    assert scene.refusals() == ["NotAMember"]
    assert [fact.by for fact in scene.entries("ask.refused")] == [seed.STRANGER.id]


@pytest.mark.parametrize(("facts", "words"), NO_MEMBERS)
async def test_an_approver_who_becomes_one_of_these_decides_nothing_from_that_moment(
    scene: Scene, facts: dict[str, Any], words: str
) -> None:
    before = await scene.asks_for_approval()
    await scene.sees_button(ALEM, "Approve")
    await scene.people.changes(ALEM, **facts)
    await until(lambda: changed(scene), "the change was never an entry", within=5)

    said = await scene.clicks(ALEM, "Approve")

    assert said.startswith(words)
    assert scene.deployment() == before
    assert scene.refusals() == ["NotAMember"]


async def changed(scene: Scene) -> bool | None:
    return bool(scene.entries("member.changed")) or None


async def test_a_change_of_somebody_whom_the_checklist_names_is_an_entry(scene: Scene) -> None:
    await scene.people.changes(ALEM, deleted=True)
    await until(lambda: changed(scene), "the change was never an entry", within=5)

    (fact,) = scene.entries("member.changed")

    assert fact.by == "bot"
    assert fact.body == {"person": ALEM, "account": seed.ALEM.id, "was": "member", "is": "deactivated"}


async def test_whoever_comes_back_may_decide_again(scene: Scene) -> None:
    await scene.asks_for_approval()
    await scene.people.changes(ALEM, deleted=True)
    await known_as(scene, Standing.DEACTIVATED, seed.ALEM.id)
    await scene.people.changes(ALEM, deleted=False)
    await known_as(scene, Standing.MEMBER, seed.ALEM.id)
    await scene.sees_button(ALEM, "Approve")

    await scene.clicks(ALEM, "Approve")

    await scene.becomes(Status.APPROVED)


async def test_somebody_of_another_workspace_is_refused_whatever_roles_the_checklist_gives_them(scene: Scene) -> None:
    await scene.asks_for_approval()
    await scene.sees_button(ALEM, "Approve")
    await scene.people.changes(ALEM, team_id="T0EVIL")

    typed = await scene.says(ALEM, "/drop status")
    clicked = await scene.clicks(ALEM, "Approve")

    assert typed == clicked
    assert typed.startswith("You are of another workspace, so nothing was done.")
    assert scene.deployment().status is Status.AWAITING_APPROVAL
    assert scene.refusals() == ["WrongTeam", "WrongTeam"]


async def test_a_known_person_is_answered_without_a_word_to_slack_first(scene: Scene) -> None:
    for named in (seed.JOHN, seed.ALEM, seed.VALIDATOR):
        await known_as(scene, Standing.MEMBER, named.id)
    before = await calls(scene, "users.info")

    await scene.says(JOHN, "/drop status")
    await scene.says(STRANGER, "/drop status")
    await scene.says(STRANGER, "/drop status")

    assert await calls(scene, "users.info") == before + 1


async def test_with_slack_down_a_stranger_learns_nothing_and_is_told_so(scene: Scene) -> None:
    await scene.people.faults("slack-down")

    answer = await scene.says(STRANGER, "/drop status")

    assert answer == "Slack: does not tell who you are. Nothing was changed. Try again in a moment."


async def test_in_a_channel_that_is_shared_nothing_goes_forward_but_everything_goes_back(scene: Scene) -> None:
    await scene.asks_for_approval()
    await scene.people.shares_channel()
    await scene.house.desk.members.look_at_channel()
    deployment = scene.deployment()
    assert deployment.plan

    signed = await scene.says(ALEM, f"/drop approve {CR} {deployment.plan.digest[:8]}")
    read = await scene.says(JOHN, f"/drop status {CR}")
    given_up = await scene.says(JOHN, f"/drop abandon {CR}")

    assert "is shared with another workspace, so nothing goes forward" in signed
    assert "awaiting approval" in read
    assert "abandoned" in given_up
    assert scene.refusals() == ["SharedChannel"]


async def test_once_the_channel_is_the_team_s_own_again_things_go_on(scene: Scene) -> None:
    members = scene.house.desk.members
    await scene.people.shares_channel()
    await members.look_at_channel()
    refused = await scene.says(JOHN, "/drop deploy")
    await scene.people.shares_channel(shared=False)
    await members.look_at_channel()

    assert "is shared" in refused
    assert await scene.says(JOHN, "/drop deploy") == ""


async def calls(scene: Scene, method: str) -> int:
    log = (await scene.people.log())["slack"]
    return sum(entry["method"] == method for entry in log)


async def test_the_approval_of_somebody_who_has_left_ends_with_them(scene: Scene) -> None:
    await scene.is_approved()

    await scene.people.changes(ALEM, deleted=True)

    ended = await scene.becomes(Status.PREPARING)
    assert ended.approval is None
    assert "Alem Bašić, who signed it, may no longer approve" in ended.reason
    assert len(scene.entries("approval.voided")) == 1
