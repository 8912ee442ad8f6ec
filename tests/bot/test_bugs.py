"""What nobody foresaw: a bug is answered with a reference, and a part that dies does not die in silence."""

import asyncio
import re
from collections.abc import AsyncIterator, Iterator, MutableMapping
from dataclasses import replace
from typing import Any  # what a log entry holds is for its event to say

import pytest
from structlog.testing import capture_logs

from bot.app import building
from bot.connection import answering, app_for, during
from bot.desk import Desk
from bot.settings import read_settings
from bot.views.blocks import button
from commands.deps import Ask
from sandbox import seed
from sandbox.client import Control
from sandbox.server import Sandbox
from tests.bot.scene import JOHN, Scene

ANSWER = re.compile(r"Something went wrong on our side\. .* reference: ([0-9a-f]{8})")


class ClumsyDesk(Desk):
    """A desk that stumbles over whatever is meant to change something."""

    async def perform(self, ask: Ask) -> object:
        raise ZeroDivisionError(ask.verb)


@pytest.fixture
async def clumsy(workplace: Sandbox, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Scene]:
    """A scene whose bot stumbles."""
    for name, value in workplace.environment().items():
        monkeypatch.setenv(name, value)
    async with (
        building(read_settings(), lambda: True) as house,
        Control(workplace.base_url) as people,
    ):
        sound = house.desk
        desk = ClumsyDesk(
            deps=sound.deps, members=sound.members, aside=sound.aside, urgent=sound.urgent, wake=sound.wake
        )
        app = app_for(house.ground.client, desk, house.settings)
        async with answering(app, house.ground.client, house.settings):
            await people.waits_for_the_bot()
            yield Scene(sandbox=workplace, people=people, house=replace(house, desk=desk))


@pytest.fixture(autouse=True)
def logs() -> Iterator[list[MutableMapping[str, Any]]]:
    """What is logged; nothing of it is drawn, for a whole traceback takes seconds."""
    with capture_logs() as entries:
        yield entries


async def test_a_bug_is_answered_with_a_reference_that_the_log_holds_with_its_traceback(
    clumsy: Scene, logs: list[MutableMapping[str, Any]]
) -> None:
    answer = await clumsy.says(JOHN, "/drop status")

    said = ANSWER.fullmatch(answer)
    assert said
    bugs = [entry for entry in logs if entry["event"] == "bug"]
    assert [bug["reference"] for bug in bugs] == [said[1]]
    assert isinstance(bugs[0]["exc_info"], ZeroDivisionError)


async def test_a_bug_behind_a_modal_is_told_in_the_modal(clumsy: Scene) -> None:
    errors = await clumsy.opens()

    assert [name for name, said in errors.items() if ANSWER.fullmatch(said)] == ["engineer"]
    assert clumsy.opened() is None


async def test_a_bug_behind_a_button_is_told_to_whoever_clicked(clumsy: Scene) -> None:
    card = {"type": "actions", "block_id": "CR-001/root/1", "elements": [button("Abandon", "abandon", "1").to_dict()]}
    await clumsy.house.ground.client.chat_postMessage(channel=seed.CHANNEL_ID, text="a card", blocks=[card])

    said = await clumsy.clicks(JOHN, "Abandon")

    assert ANSWER.fullmatch(said)


async def test_a_part_that_dies_ends_the_block_in_which_it_worked() -> None:
    async def dies() -> None:
        raise ZeroDivisionError

    with pytest.RaisesGroup(ZeroDivisionError):
        async with during(dies()):
            await asyncio.Event().wait()


async def test_work_in_the_background_ends_with_its_block() -> None:
    ended = []

    async def works() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            ended.append("works")

    async with during(works()):
        await asyncio.sleep(0)

    assert ended == ["works"]
