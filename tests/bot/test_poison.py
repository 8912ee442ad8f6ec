"""Payloads that make no sense: each is answered once, harms nothing, and the next one is served as ever."""

import json
from collections.abc import Iterator, MutableMapping
from typing import Any

import pytest
from structlog.testing import capture_logs

from bot.members import Members
from tests.bot.crowd import Hall, Payload, click, command, event, submission

BUTTON = {"type": "button", "action_id": "approve", "block_id": "CR-001/-/1", "value": "0" * 64}
VIEW = {"type": "modal", "callback_id": "reject", "private_metadata": json.dumps({"deployment": "CR-001"})}
USER = {
    "id": "U0P01",
    "team_id": "T0ALAI",
    "deleted": False,
    "is_bot": False,
    "is_restricted": False,
    "is_ultra_restricted": False,
    "updated": 5,
}


@pytest.fixture(autouse=True)
def logs() -> Iterator[list[MutableMapping[str, Any]]]:
    """What is logged; nothing of it is drawn, for a whole traceback takes seconds."""
    with capture_logs() as entries:
        yield entries


def clicks(full: Hall) -> Iterator[Payload]:
    """A click with each part left out, or not what it should be."""
    sound = click("U0P00", BUTTON, full.ears)
    yield from _spoilt(sound, ("actions", "user", "team", "channel", "container", "trigger_id"))
    for part in ("action_id", "block_id", "value", "action_ts"):
        action = {name: value for name, value in sound["actions"][0].items() if name != part}
        yield {**sound, "actions": [action]}
    for block_id in ("", "/", "////", "CR-999/-/1", "DROP TABLE deployments", "CR-001/" + "x" * 10_000):
        yield {**sound, "actions": [{**sound["actions"][0], "block_id": block_id}]}
    yield {**sound, "actions": [{**sound["actions"][0], "action_id": "constructor"}]}


def modals(full: Hall) -> Iterator[Payload]:
    sound = submission("U0P00", VIEW, {"reason": "no"})
    yield from _spoilt(sound, ("user", "team", "trigger_id"))
    for metadata in ("", "{", "null", "[]", '"CR-001"', '{"deployment": 7}', '{"deployment": null}'):
        yield {**sound, "view": {**sound["view"], "private_metadata": metadata}}
    states: list[Payload] = [{}, {"values": {}}, {"values": {"reason": {}}}, {"values": {"reason": {"reason": {}}}}]
    for state in states:
        yield {**sound, "view": {**sound["view"], "state": state}}


def commands(full: Hall) -> Iterator[Payload]:
    sound = command("U0P00", "approve CR-001 00000000")
    yield from _spoilt(sound, ("text", "team_id", "user_id", "trigger_id", "channel_id"))
    for text in ("\x00", "approve " + "CR-001 " * 5_000, "approve CR-001\n\n\r\u202e", "\u200b", "🚀" * 4_000):
        yield {**sound, "text": text}


def events(full: Hall) -> Iterator[Payload]:
    yield event({"type": "user_change"})
    for user in (None, "U0P01", {}, {"id": None}, {**USER, "updated": "soon"}, {**USER, "profile": "none"}):
        yield event({"type": "user_change", "user": user})


def _spoilt(sound: Payload, parts: tuple[str, ...]) -> Iterator[Payload]:
    for part in parts:
        yield {name: value for name, value in sound.items() if name != part}
        if isinstance(sound[part], str):
            yield from ({**sound, part: nonsense} for nonsense in (None, "", "x" * 10_000, "\x00"))


@pytest.mark.parametrize("poisons", [clicks, modals, commands, events])
async def test_poison_is_answered_once_and_changes_nothing(full: Hall, poisons: Any) -> None:
    for poison in poisons(full):
        (response,) = await full.all_at_once([poison])

        assert response.status in {200, 404}, poison
    assert full.decisions() == []


@pytest.mark.parametrize("poisons", [clicks, modals, commands, events])
async def test_after_poison_the_next_ask_is_served_as_ever(full: Hall, poisons: Any) -> None:
    for poison in poisons(full):
        await full.all_at_once([poison])

    (response,) = await full.all_at_once([command("U0P07", "whoami")])

    assert "You are Person 7, human" in response.body


async def test_an_event_that_is_a_bug_to_us_is_acked_so_that_slack_does_not_send_it_for_ever(
    full: Hall, logs: list[MutableMapping[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    async def stumbles(*_: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(Members, "changed", stumbles)

    (response,) = await full.all_at_once([event({"type": "user_change", "user": USER})])

    assert (response.status, response.body) == (200, "")
    (bug,) = (entry for entry in logs if entry["event"] == "bug")
    assert isinstance(bug["exc_info"], ZeroDivisionError)
    assert len(bug["reference"]) == 8
