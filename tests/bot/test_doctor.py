"""`drop-bot doctor`: one line for each thing that the bot rests on, what to do next, and not one secret."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
import yaml

from bot.doctor import examine
from bot.doctor_record import space_left
from bot.doctor_slack import SCOPES
from bot.findings import Grade, ok, warning, wrong
from checklist.words import MachineId
from sandbox import seed
from sandbox.canaries import CANARIES
from sandbox.server import Sandbox

ROOT = Path(__file__).parents[2]


@pytest.fixture
def settings(workplace: Sandbox, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """The environment of a bot in the workplace, with a database that is up to date."""
    environment = workplace.environment()
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    return environment


async def doctor() -> tuple[int, list[str]]:
    """The exit code, and the lines."""
    lines: list[str] = []
    code = await examine(lines.append)
    said = "\n".join(lines)
    assert [name for name, secret in CANARIES.items() if secret in said] == []
    return code, lines


def about(lines: list[str], words: str) -> str:
    """The one line with these words."""
    (line,) = (line for line in lines if words in line)
    return line


async def test_a_healthy_workplace_has_nothing_wrong_with_it(workplace: Sandbox, settings: dict[str, str]) -> None:
    code, lines = await doctor()

    assert code == 0, lines
    assert [line for line in lines if line.startswith("wrong")] == []
    for words in (
        "SLACK_BOT_TOKEN is of workspace T0ALAI, as the checklist says",
        "The token has the 7 scopes of the manifest",
        "SLACK_APP_TOKEN opens connections",
        "The channel C0DROPDEPLOY has the bot in it",
        "Alem Bašić (U0ALEM) is a full member",
        "FLY_API_TOKEN is known to Fly",
        "FLY_READ_TOKEN is known to Fly",
        "drop-app has 2 machines, all healthy",
        "drop-staging has 1 machines, all healthy",
        "The registry has the image that drop-app runs (v0.4.2)",
        "/production/api/health answered 200 as expected",
        "items, revision",
        "The record can be written, and its last entries verify",
        "MiB are free beside the record",
        "of this machine is",
    ):
        assert [line for line in lines if words in line], words


async def test_it_changes_nothing(workplace: Sandbox, settings: dict[str, str]) -> None:
    await doctor()

    assert [entry for entry in workplace.world.platform.log if entry["method"] not in {"GET", "HEAD"}] == []
    reads = {"auth.test", "apps.connections.open", "conversations.info", "users.info"}
    assert {entry["method"] for entry in workplace.world.workspace.log} == reads
    with closing(sqlite3.connect(workplace.world.folder / "drop.db")) as database:
        assert database.execute("SELECT count(*) FROM clicks").fetchone() == (0,)


async def test_missing_settings_are_named_with_where_to_get_them(
    settings: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("FLY_API_TOKEN")

    code, lines = await doctor()

    assert code == 1
    assert lines[0].startswith("wrong    FLY_API_TOKEN is missing. Get it from: fly tokens create deploy")


async def test_tokens_that_are_not_taken_are_wrong_with_what_to_do(
    settings: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in {
        "SLACK_BOT_TOKEN": "xoxb-sandbox-other",
        "SLACK_APP_TOKEN": "xapp-sandbox-other",
        "FLY_API_TOKEN": "FlyV1 fm2_sandboxother",
    }.items():
        monkeypatch.setenv(name, value)

    code, lines = await doctor()

    assert code == 1
    assert about(lines, "SLACK_BOT_TOKEN: Slack says").startswith("wrong    SLACK_BOT_TOKEN: Slack says “invalid_auth”")
    assert "App-Level Tokens" in about(lines, "SLACK_APP_TOKEN: Slack says")
    assert "fly tokens create deploy" in about(lines, "FLY_API_TOKEN: Fly says “token rejected")
    assert "sandbox-other" not in "\n".join(lines)
    assert "sandboxother" not in "\n".join(lines)


async def test_a_scope_that_the_token_lacks_is_named(workplace: Sandbox, settings: dict[str, str]) -> None:
    manifest = workplace.world.workspace.manifest
    assert manifest.scopes is not None
    object.__setattr__(manifest, "scopes", manifest.scopes - {"im:write"})

    code, lines = await doctor()

    assert code == 1
    assert about(lines, "The token lacks").startswith(
        "wrong    The token lacks im:write. Update the app from manifest.yml"
    )


async def test_people_whose_accounts_may_do_nothing_are_named(workplace: Sandbox, settings: dict[str, str]) -> None:
    workplace.world.acts.change_person(seed.ALEM.id, {"is_restricted": True})

    code, lines = await doctor()

    assert code == 1
    assert about(lines, "Alem Bašić (U0ALEM)").startswith("wrong    Alem Bašić (U0ALEM) is ")


async def test_another_number_of_machines_is_wrong_and_a_sick_one_a_warning(
    workplace: Sandbox, settings: dict[str, str]
) -> None:
    del workplace.world.platform.apps[seed.STAGING_APP].machines[MachineId(seed.STAGING_MACHINES[0])]
    workplace.world.platform.apps[seed.PRODUCTION_APP].machines[seed.PRODUCTION_MACHINES[0]].stop()

    code, lines = await doctor()

    assert code == 1
    assert "listed no machines for drop-staging" in about(lines, "The machines of drop-staging")
    assert about(lines, f"drop-app: {seed.PRODUCTION_MACHINES[0]} not healthy").startswith("warning")


async def test_a_skewed_clock_is_a_warning_and_a_wrong_one_is_wrong(
    workplace: Sandbox, settings: dict[str, str]
) -> None:
    workplace.world.faults.switch("clock-slow", on=True)

    code, lines = await doctor()

    assert code == 1
    said = about(lines, "of this machine is 180 s behind Slack's")
    assert said.startswith("wrong")
    assert said.endswith("beyond 120 s nothing goes forward.")


async def test_a_damaged_database_is_wrong(workplace: Sandbox, settings: dict[str, str]) -> None:
    with (workplace.world.folder / "drop.db").open("r+b") as file:
        file.truncate(8192)

    code, lines = await doctor()

    assert code == 1
    assert about(lines, "The record: is damaged").startswith("wrong")


async def test_a_database_that_is_not_there_is_not_made(workplace: Sandbox, settings: dict[str, str]) -> None:
    for file in workplace.world.folder.glob("drop.db*"):
        file.unlink()

    code, lines = await doctor()

    assert code == 0
    assert "drop-bot run makes it" in about(lines, "There is no database")
    assert not list(workplace.world.folder.glob("drop.db*"))


async def test_a_checklist_that_is_wrong_is_named_by_line(workplace: Sandbox, settings: dict[str, str]) -> None:
    checklist = workplace.world.checklist
    checklist.write_text(checklist.read_text().replace("role: validator", "role: validater", 1))

    code, lines = await doctor()

    assert code == 1
    assert f"{checklist}:" in about(lines, "validater")


async def test_what_is_not_the_platform_s_own_is_said(settings: dict[str, str]) -> None:
    _, lines = await doctor()

    assert about(lines, "SLACK_API_URL is 127.0.0.1, not slack.com").startswith("warning")
    assert about(lines, "DROP_CLOCK_FILE moves the clock").startswith("warning")


def test_little_space_is_a_warning_and_too_little_is_wrong() -> None:
    assert [space_left(free).grade for free in (19, 20, 199, 200)] == ["wrong", "warning", "warning", "ok"]


def test_the_doctor_asks_for_the_scopes_of_the_manifest() -> None:
    manifest = yaml.safe_load((ROOT / "manifest.yml").read_text(encoding="utf-8"))

    assert frozenset(manifest["oauth_config"]["scopes"]["bot"]) == SCOPES


def test_a_finding_is_one_line_with_what_to_do_next() -> None:
    assert ok("All is well").line == "ok       All is well"
    assert warning("It leaks", "Call someone").line == "warning  It leaks. Call someone."
    assert wrong("It broke.", "").line == "wrong    It broke"
    assert {grade.value for grade in Grade} == {"ok", "warning", "wrong"}
