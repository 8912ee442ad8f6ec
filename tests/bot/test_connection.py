"""The socket to Slack comes back, however it was lost, and an answer that was on its way is not lost with it."""

import asyncio
from collections.abc import AsyncIterator, Iterator, MutableMapping
from typing import Any

import aiohttp
import pytest
from slack_bolt.async_app import AsyncApp
from slack_sdk.web.async_client import AsyncWebClient
from structlog.testing import capture_logs

from bot.app import serving
from bot.connection import during
from bot.settings import read_settings
from bot.slack import slack_session
from bot.socket_mode import Socket
from sandbox import seed
from sandbox.client import Control
from sandbox.server import Sandbox
from tests.bot.looks import until
from tests.bot.scene import JOHN, Scene

PING = 0.1  # seconds, for the 5 of the product
Listener = Any  # Bolt's listeners are handed untyped functions
AWAY = "slack was away: what was clicked meanwhile must be clicked again"


class Phone:
    """The bot's end of the line: what it heard, and a command that it answers."""

    def __init__(self, client: AsyncWebClient) -> None:
        self.app = AsyncApp(client=client, signing_secret="unused", process_before_response=True)
        self.hellos = 0
        self.socket = Socket(self.app, seed.CREDENTIALS["SLACK_APP_TOKEN"], reached=self._reached, ping=PING)
        self.app.command("/drop")(self._answer)
        self.answers_when = asyncio.Event()
        self.answers_when.set()
        self.asked = asyncio.Event()

    def _reached(self) -> None:
        self.hellos += 1

    async def _answer(self, ack: Listener) -> None:
        self.asked.set()
        await self.answers_when.wait()
        await ack(text="here")


@pytest.fixture(autouse=True)
def logs() -> Iterator[list[MutableMapping[str, Any]]]:
    with capture_logs() as entries:
        yield entries


@pytest.fixture
async def unconnected(sandbox: Sandbox) -> AsyncIterator[Phone]:
    async with slack_session() as session:
        token, url = seed.CREDENTIALS["SLACK_BOT_TOKEN"], sandbox.environment()["SLACK_API_URL"]
        phone = Phone(AsyncWebClient(token=token, base_url=url, session=session, retry_handlers=[]))
        yield phone
        await phone.socket.close()


@pytest.fixture
async def phone(unconnected: Phone) -> AsyncIterator[Phone]:
    async with during(unconnected.socket.keep()):
        await hears(unconnected, 1)
        yield unconnected


async def hears(phone: Phone, hellos: int) -> None:
    """Wait until Slack has said hello so often."""

    async def heard() -> bool | None:
        return phone.hellos >= hellos or None

    await until(heard, f"Slack never said hello {hellos} times", within=10)


async def says(people: Control) -> str:
    answer = await people.says(JOHN, "/drop status")
    return str(answer["reply"]["text"]) if answer["ok"] else str(answer["error"])


def events(logs: list[MutableMapping[str, Any]]) -> list[str]:
    return [str(entry["event"]) for entry in logs]


@pytest.mark.parametrize("reason", ["warning", "refresh_requested", "link_disabled", "too_many_websockets"])
async def test_when_slack_asks_for_a_new_connection_it_gets_one(phone: Phone, people: Control, reason: str) -> None:
    await people.disconnects(reason)

    await hears(phone, 2)
    assert await says(people) == "here"


async def test_a_connection_that_was_cut_comes_back_and_the_log_says_what_that_means(
    phone: Phone, people: Control, logs: list[MutableMapping[str, Any]]
) -> None:
    await people.disconnects(hard=True)

    await hears(phone, 2)
    assert phone.socket.connected
    assert await says(people) == "here"
    assert events(logs) == ["slack is connected", "slack is connected", AWAY]


async def test_a_connection_that_fell_silent_is_given_up_and_opened_anew(
    phone: Phone, people: Control, sandbox: Sandbox, logs: list[MutableMapping[str, Any]]
) -> None:
    sandbox.world.link.patience = 0.1
    await people.faults("slack-half-open")
    lost = await says(people)

    await hears(phone, 2)
    assert lost == "operation_timeout"
    assert await says(people) == "here"
    assert events(logs).count(AWAY) == 1


async def test_an_answer_on_its_way_goes_over_the_next_connection(phone: Phone, people: Control) -> None:
    phone.answers_when.clear()
    asked = asyncio.create_task(says(people))
    await phone.asked.wait()

    await people.disconnects(hard=True)
    phone.answers_when.set()

    assert await asked == "here"


async def test_while_slack_opens_no_connection_the_bot_goes_on_asking_for_a_fresh_one(
    phone: Phone, people: Control, sandbox: Sandbox
) -> None:
    await people.faults("socket-refused")
    await people.disconnects(hard=True)
    handed_out = "apps.connections.open"

    async def asked_again() -> bool | None:
        calls = [entry for entry in (await people.log())["slack"] if entry["method"] == handed_out]
        return len(calls) > 3 or None

    await until(asked_again, "it never asked for another address", within=10)
    assert not phone.socket.connected

    await people.faults("socket-refused", on=False)
    await hears(phone, 2)
    assert await says(people) == "here"


async def test_slack_that_ends_each_connection_at_once_is_not_rushed(phone: Phone, people: Control) -> None:
    hellos = []
    for _ in range(60):
        await people.disconnects("too_many_websockets")
        await asyncio.sleep(0.02)
        hellos.append(phone.hellos)

    assert 3 <= hellos[-1] < 20


async def test_somebody_else_on_the_same_token_is_reported(phone: Phone, logs: list[MutableMapping[str, Any]]) -> None:
    second = Phone(phone.app.client)
    alone = [name for name in events(logs) if name.startswith("others")]

    async with during(second.socket.keep()):
        await hears(second, 1)
    await second.socket.close()

    assert alone == []
    assert [name for name in events(logs) if name.startswith("others")] == [
        "others are connected with this app's token: unless they are yours, revoke it"
    ]


async def test_nothing_secret_of_a_connection_is_logged(
    phone: Phone, people: Control, caplog: pytest.LogCaptureFixture, logs: list[MutableMapping[str, Any]]
) -> None:
    await people.faults("socket-refused")
    await people.disconnects(hard=True)
    await asyncio.sleep(0.1)
    await people.faults("socket-refused", on=False)
    await hears(phone, 2)

    assert "ticket=" not in caplog.text + str(logs)


async def test_a_bot_that_starts_while_slack_is_down_serves_and_connects_when_it_is_back(
    workplace: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in workplace.environment().items():
        monkeypatch.setenv(name, value)
    async with Control(workplace.base_url) as people:
        await people.faults("slack-down")
        async with serving(read_settings()) as house:
            async with aiohttp.ClientSession() as visitor:
                at = f"http://{house.settings.host}:{house.settings.port}"
                async with visitor.get(f"{at}/healthz") as alive, visitor.get(f"{at}/readyz") as ready:
                    answers = (alive.status, ready.status)
            await people.faults("slack-down", on=False)
            await people.waits_for_the_bot()
            scene = Scene(sandbox=workplace, people=people, house=house)
            opened = await scene.opens()

    assert answers == (200, 503)
    assert opened == {}
