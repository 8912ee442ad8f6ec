"""The sandbox starts a bot that can reach nothing real, kills it, and lets itself be watched."""

import asyncio
import json
import sys
from datetime import datetime
from pathlib import Path

import aiohttp
import pytest
import yaml

from sandbox import seed
from sandbox.client import Control
from sandbox.clock import OSLO
from sandbox.server import Sandbox

TELL = "import json, os; print(json.dumps(dict(os.environ)), flush=True)"
WAIT = "import time; print('up', flush=True); time.sleep(60)"
CHECKLIST = {
    "workspace": {"team_id": "T1REAL", "channel_id": "C1REAL"},
    "people": {"alem": {"name": "Alem", "slack": ["U1REAL"]}, "bo": {"name": "Bo", "slack": ["U2REAL"]}},
    "apps": {"production": {"name": "drop-app", "url": "https://drop.example"}},
    "items": [{"id": "reviewed", "text": "Code reviewed – by two"}],
}


def read(path: str) -> str:
    return Path(path).read_text(encoding="utf-8")


async def test_the_bot_is_told_of_the_sandbox_and_of_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SLACK_BOT_TOKEN", "xoxb-real")
    monkeypatch.setenv("FLY_ACCESS_TOKEN", "real")
    monkeypatch.setenv("DATABASE_URL", "postgresql://real")

    async with Sandbox(tmp_path, bot_command=[sys.executable, "-c", TELL]) as sandbox:
        await sandbox.child.ended()
        told = json.loads(read(f"{tmp_path}/bot.log"))

    assert told["SLACK_BOT_TOKEN"] == seed.CREDENTIALS["SLACK_BOT_TOKEN"]
    assert told["SLACK_API_URL"] == f"{sandbox.base_url}/slack/api/"
    assert told["DATABASE_URL"] == f"sqlite:///{tmp_path}/drop.db"
    assert "FLY_ACCESS_TOKEN" not in told
    assert "real" not in {told[name] for name in sandbox.environment()}
    assert "PATH" in told


async def test_a_killed_bot_stays_dead_until_it_is_started(tmp_path: Path) -> None:
    async with Sandbox(tmp_path, bot_command=[sys.executable, "-c", WAIT]) as sandbox, Control(sandbox.base_url) as me:
        first = (await me.state())["bot"]
        killed = (await me.kills())["bot"]
        started = (await me.starts())["bot"]
        restarted = (await me.kills(restart=True))["bot"]

        assert first["running"]
        assert not killed["running"]
        assert started["restarts"] == 1
        assert restarted["restarts"] == 2
        assert restarted["pid"] != started["pid"]
        assert len(sandbox.child.starts) == 3


async def test_the_second_of_two_bots_is_started_killed_and_told_its_own_port(tmp_path: Path) -> None:
    box = Sandbox(tmp_path, bot_command=[sys.executable, "-c", TELL], database_url="postgresql://both", bots=2)
    async with box as sandbox, Control(sandbox.base_url) as me:
        first, second = (await me.state())["bot"]["processes"]
        assert (first["restarts"], second["pid"]) == (0, None)

        await me.starts(bot=2)
        for child in sandbox.world.children:
            await child.ended()
        told = [json.loads(read(f"{tmp_path}/{log}")) for log in ("bot.log", "bot-2.log")]

        assert [each["DATABASE_URL"] for each in told] == ["postgresql://both"] * 2
        assert told[0]["PORT"] != told[1]["PORT"]
        assert (await me.state())["bot"]["processes"][1]["exit"] == 0
        assert (await me.kills(bot=3))["error"] == "unknown_bot"


async def test_a_bot_that_is_stopped_does_nothing_until_it_may_go_on(tmp_path: Path) -> None:
    async with Sandbox(tmp_path, bot_command=[sys.executable, "-c", WAIT]) as sandbox, Control(sandbox.base_url) as me:
        pid = (await me.state())["bot"]["pid"]

        await me.pauses()
        assert await became(pid, "T")
        await me.pauses(on=False)
        assert await became(pid, "S")


async def became(pid: int, state: str) -> bool:
    """Whether the kernel says so of the process by and by; T is stopped."""
    for _ in range(100):
        if read(f"/proc/{pid}/stat").rpartition(") ")[2].startswith(state):
            return True
        await asyncio.sleep(0.02)
    return False


async def test_the_workplaces_copy_of_the_checklist_names_nobody_real(tmp_path: Path) -> None:
    original = tmp_path / "shipped.yml"
    original.write_text(yaml.safe_dump(CHECKLIST), encoding="utf-8")

    async with Sandbox(tmp_path / "world", checklist=original) as sandbox:
        copy = yaml.safe_load(read(sandbox.environment()["DROP_CHECKLIST"]))

    assert copy["workspace"] == {"team_id": "T0ALAI", "channel_id": "C0DROPDEPLOY"}
    assert copy["people"]["alem"]["slack"] == ["U0ALEM"]
    assert copy["people"]["bo"]["slack"] == []
    assert copy["apps"]["production"] == {"name": "drop-app", "url": f"{sandbox.base_url}/production"}
    assert copy["items"] == CHECKLIST["items"]


async def test_the_sandbox_opens_in_a_window_and_its_clock_can_be_moved(sandbox: Sandbox, people: Control) -> None:
    opened = datetime.fromisoformat((await people.state())["now"])
    moved = await people.moves_clock(3600)
    at = await people.moves_clock(to="2026-12-24T02:30:00")

    assert (opened.hour, opened.minute) == (2, 10)
    assert datetime.fromisoformat(moved["now"]).hour == 3
    assert datetime.fromisoformat(at["now"]).astimezone(OSLO).isoformat().startswith("2026-12-24T02:30:00")
    assert float(read(sandbox.environment()["DROP_CLOCK_FILE"])) == pytest.approx(at["offset_seconds"], abs=1)


async def test_the_state_holds_all_that_the_page_draws(people: Control) -> None:
    state = await people.state("alem")

    assert state["me"] == "alem"
    assert [person["key"] for person in state["people"]] == ["john", "alem", "validator", "stranger"]
    assert [(talk["id"], talk["kind"]) for talk in state["channels"]] == [
        (seed.CHANNEL_ID, "channel"),
        ("D0ALEM", "im"),
    ]
    assert [machine["tag"] for machine in state["machines"]["drop-app"]] == ["v0.4.2", "v0.4.2"]
    assert state["apps"]["production"]["status"] == 200
    slack_down = next(fault for fault in state["faults"] if fault["name"] == "slack-down")
    assert (slack_down["part"], slack_down["label"], slack_down["on"]) == ("Slack", "Slack answers 503", False)
    assert all(fault["sight"].endswith(".") for fault in state["faults"])


async def test_a_fault_that_is_on_and_off_again_at_once_is_a_change(sandbox: Sandbox) -> None:
    before = sandbox.world.fingerprint()

    sandbox.world.faults.switch("fly-down", on=True)
    sandbox.world.faults.switch("fly-down", on=False)

    assert sandbox.world.fingerprint() != before


async def test_a_change_is_announced_to_whoever_watches(sandbox: Sandbox, people: Control) -> None:
    async with aiohttp.ClientSession() as session, session.get(f"{sandbox.base_url}/control/events") as stream:
        opening = await stream.content.readuntil(b"\n\n")
        await people.says("john", "hello", channel="drop-deploy")
        after = await stream.content.readuntil(b"\n\n")

    assert opening == after == b"event: changed\ndata: {}\n\n"


async def test_misuse_of_the_control_api_is_told(sandbox: Sandbox) -> None:
    async with aiohttp.ClientSession(sandbox.base_url) as session:
        for act, asked in [
            ("click", {"as": "john"}),
            ("click", {"as": "nobody", "label": "Approve"}),
            ("command", {"as": "john", "text": "drop"}),
            ("clock", {"seconds": "many"}),
            ("clock", {"at": "soon"}),
            ("fault", {"fault": "earthquake"}),
            ("submit", {"as": "john", "values": {}}),
        ]:
            async with session.post(f"/control/{act}", json=asked) as response:
                assert response.status == 400
                assert (await response.json())["ok"] is False


@pytest.mark.parametrize("header", [{"Origin": "https://elsewhere.example"}, {"Host": "rebound.example"}])
async def test_another_web_page_cannot_reach_in(sandbox: Sandbox, header: dict[str, str]) -> None:
    async with (
        aiohttp.ClientSession() as session,
        session.post(f"{sandbox.base_url}/control/kill", headers=header, data="{}") as response,
    ):
        assert response.status == 403


async def test_what_goes_wrong_with_which_call_of_fly_can_be_planned_from_a_program(
    sandbox: Sandbox, people: Control
) -> None:
    wrong = await people.plans_fly_faults({"kind": "explode"})
    right = await people.plans_fly_faults({"kind": "unavailable", "route": "GET /v1/apps/{app}", "nth": 2})
    async with aiohttp.ClientSession(headers={"Authorization": seed.CREDENTIALS["FLY_API_TOKEN"]}) as session:
        codes = [(await session.get(f"{sandbox.base_url}/fly/v1/apps/drop-app")).status for _ in range(3)]

    seen = await people.fly_calls()
    assert (wrong["ok"], right["ok"]) == (False, True)
    assert "unknown kind: explode; there are reject, " in wrong["error"]
    assert codes == [200, 503, 200]
    assert (seen["struck"], [call["fault"] for call in seen["calls"]]) == (1, [None, "unavailable", None])
