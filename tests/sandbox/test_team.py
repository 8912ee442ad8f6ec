"""Who is waited for: what the page's "Acting as" says beside each name, read off the real bot's cards."""

from tests.bot.looks import until
from tests.bot.scene import ALEM, JOHN, STRANGER, VALIDATOR, Scene


async def waits(scene: Scene, person: str, *things: str) -> None:
    """Wait until all these things wait for the person."""

    async def all_there() -> bool | None:
        return set(things) <= set(await waiting(scene, person)) or None

    await until(all_there, f"not all of {things} wait for {person}", within=20)


async def waiting(scene: Scene, person: str) -> list[str]:
    people = (await scene.people.state())["people"]
    return [str(what) for one in people if one["key"] == person for what in one["waiting"]]


async def test_each_person_has_what_waits_for_them_and_a_stranger_has_nothing(scene: Scene) -> None:
    assert [await waiting(scene, person) for person in (JOHN, ALEM, VALIDATOR, STRANGER)] == [[], [], [], []]

    await scene.opens()

    await waits(scene, JOHN, "lint", "rollback-plan", "rollback-owner")
    await waits(scene, ALEM, "config-reviewed", "oncall-notified")
    await waits(scene, VALIDATOR, "staging-e2e")
    assert await waiting(scene, STRANGER) == []


async def test_an_approval_waits_for_the_approver_until_it_is_given(scene: Scene) -> None:
    await scene.asks_for_approval()

    await waits(scene, ALEM, "Approve")
    assert "Approve" not in await waiting(scene, JOHN)
    await scene.clicks(ALEM, "Approve")

    await waits(scene, JOHN, "Start deployment")
    assert "Approve" not in await waiting(scene, ALEM)


async def test_whoever_acted_last_is_known_with_what_they_did(scene: Scene) -> None:
    await scene.says(ALEM, "/drop whoami")
    await scene.says(JOHN, "/drop window")
    await scene.people.clicks(STRANGER, "Approve")  # there is no such button, so this is no deed

    people = {person["key"]: person for person in (await scene.people.state())["people"]}
    assert people[ALEM]["acted"]["what"] == "/drop whoami"
    assert [key for key, person in people.items() if person["acted_last"]] == [JOHN]
    assert people[STRANGER]["acted"] is None
