"""Whoever may not is refused in words, one after the other, and the record keeps each; then the right people finish."""

from collections.abc import Mapping

from sandbox import seed
from sandbox.stories import looks, passages
from sandbox.stories.passages import CR, ROOT
from sandbox.stories.scene import Scene

# What becomes of the stranger's account, and what they are then told.
_ACCOUNTS: Mapping[str, tuple[dict[str, object], dict[str, object]]] = {
    "You are a guest here": ({"is_restricted": True}, {"is_restricted": False}),
    "This is a bot's account": ({"is_bot": True}, {"is_bot": False}),
    "You are of another workspace": ({"team_id": "T0ELSEWHERE"}, {"team_id": seed.TEAM_ID}),
    "This account was deactivated": ({"deleted": True}, {"deleted": False}),
}


async def wrong_people(scene: Scene) -> None:
    """Whoever may not is refused in words, and the record keeps each refusal; then the right people finish."""
    await passages.opens(scene)
    await passages.settles_before_approval(scene)
    await passages.asks_for_approval(scene)
    await _whoever_is_not_in_the_team(scene)
    await _whoever_is_in_the_team_and_may_not(scene)
    await _the_ceo_after_he_left(scene)
    await passages.approves(scene)
    await passages.settles_before_start(scene)
    await _only_the_engineer_starts(scene)
    await passages.is_deployed(scene)
    await passages.settles_after(scene)
    await passages.signs_off(scene)
    await passages.is_completed(scene)


async def _whoever_is_not_in_the_team(scene: Scene) -> None:
    """Kari may look, for she is a full member; once she is none, she may not even do that."""
    reply = await scene.says("stranger", f"/drop status {CR}")
    scene.requires("awaiting approval" in reply, "a full member may read")
    await _presses(scene, "stranger", "Approve", "You are not in the deployment team")
    for told, (becomes, was) in _ACCOUNTS.items():
        await scene.becomes("stranger", **becomes)
        await _presses(scene, "stranger", "Approve", told)
        reply = await scene.says("stranger", f"/drop status {CR}")
        scene.requires(told in reply, f"Kari is told “{told}”")
        await scene.becomes("stranger", **was)


async def _whoever_is_in_the_team_and_may_not(scene: Scene) -> None:
    """John asked for it himself, and he and the Validator are no approvers."""
    await _presses(scene, "john", "Approve", "Approve is for approver")
    await _presses(scene, "validator", "Approve", "Approve is for approver")
    await _is_refused(scene, "john", f"/drop waive {CR} staging-e2e It is late, let us go on", "Waive is for approver")
    await _is_refused(scene, "validator", f"/drop reject {CR} I do not like it", "for approver")


async def _the_ceo_after_he_left(scene: Scene) -> None:
    """Alem's account is deactivated while his card lies before him, and comes back."""
    await scene.becomes("alem", deleted=True)
    await _presses(scene, "alem", "Approve", "This account was deactivated")
    await _is_refused(scene, "alem", f"/drop reject {CR} not tonight", "This account was deactivated")
    await scene.becomes("alem", deleted=False)
    changes = [entry["body"]["is"] for entry in scene.entries() if entry["kind"] == "member.changed"]
    scene.requires(changes == ["deactivated", "member"], f"the record tells that he left and came back, not {changes}")


async def _only_the_engineer_starts(scene: Scene) -> None:
    await _presses(scene, "validator", "Start deployment", "Start is for deploy-engineer")
    await _presses(scene, "stranger", "Start deployment", "You are not in the deployment team")


async def _presses(scene: Scene, person: str, label: str, told: str) -> None:
    """A press that is refused: in words to whoever pressed, with an entry in the record, and to no effect."""
    before, refused = looks.headline(await scene.look(), CR), _refusals(scene)
    await passages.clicks_when_there(scene, person, label, ROOT)
    await scene.hears(person, told)
    scene.requires(_refusals(scene) == refused + 1, "the refusal is an entry")
    scene.requires(looks.headline(await scene.look(), CR) == before, "nothing has changed")


async def _is_refused(scene: Scene, person: str, text: str, told: str) -> None:
    """A command that is refused, in the same way."""
    refused = _refusals(scene)
    reply = await scene.says(person, text)
    scene.requires(told in reply, f"{person} is told “{told}”, not “{reply}”")
    scene.requires(_refusals(scene) == refused + 1, "the refusal is an entry")


def _refusals(scene: Scene) -> int:
    return sum(entry["kind"] == "ask.refused" for entry in scene.entries())
