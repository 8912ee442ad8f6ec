"""`drop-bot status`, `audit verify` and `rollback` work from the host's shell, with Slack down and without a bot."""

import sqlite3
from contextlib import closing
from dataclasses import replace

import pytest

from bot.audit import verify_record
from bot.database import lock_file
from bot.rollback import Asked, NobodyOfThatName, NoWayBack, roll_back
from bot.settings import read_settings
from bot.shell import status
from checklist.steps import Book
from runs.lock import FileLock
from tests.bot.begun import CR, REASON, Begun
from tests.bot.scene import Scene, on_both_databases

pytestmark = pytest.mark.journey


async def test_without_a_bot_and_without_slack_the_rollback_is_carried_out_in_the_shell(begun: Begun) -> None:
    begun.sandbox.world.faults.switch("slack-down", on=True)

    code, said = await begun.rolls_back()

    assert code == 0, said
    assert begun.runs_on() == {"v0.4.2"}
    assert "No bot runs on this record" in said
    assert "rb-deploy            done     2/2 machines" in said
    assert "/drop attest CR-001 rb-verify-smoke WORDS" in said


async def test_a_rollback_from_the_shell_is_recorded_as_asserted_by_the_host(begun: Begun) -> None:
    await begun.rolls_back()

    (started,) = begun.entries("rollback.started")
    assert (started.fact.by, started.fact.deployment) == ("alem", CR)
    assert started.fact.body["reason"] == REASON
    assert str(started.fact.body["asserted_by"]).startswith("the host: ")
    intents = [str(entry.fact.body["machine"]) for entry in begun.entries("machine.update.intended")]
    assert sorted(intents) == sorted(machine.id for machine in begun.plan.machines)


async def test_giving_the_command_again_touches_nothing_and_says_what_is_waited_for(begun: Begun) -> None:
    await begun.rolls_back()
    before = begun.updates()

    code, said = await begun.rolls_back()

    assert code == 0, said
    assert "CR-001 is being rolled back already" in said
    assert begun.updates() == before


async def test_a_shell_that_is_stopped_in_the_middle_is_gone_on_with_by_the_next(begun: Begun) -> None:
    begun.sandbox.world.faults.switch("fly-down", on=True)
    code, said = await begun.rolls_back()
    assert code == 1
    assert "CR-001 is not rolled back: rb-deploy" in said
    assert f"fly machine update {begun.plan.machines[0].id} --app drop-app --image registry.fly.io/drop-app@" in said

    begun.sandbox.world.faults.switch("fly-down", on=False)
    code, said = await begun.rolls_back()

    assert code == 0, said
    assert begun.runs_on() == {"v0.4.2"}


async def test_who_may_not_roll_back_is_told_so_and_the_refusal_is_recorded(begun: Begun) -> None:
    code, said = await begun.rolls_back(by="validator")

    assert code == 1
    assert "Roll back is for deploy-engineer, rollback-owner, on-call, approver" in said
    assert [entry.fact.body["refusal"] for entry in begun.entries("ask.refused")] == ["NotAllowed"]
    assert begun.updates() == 0


async def test_an_unknown_name_is_answered_with_who_may(begun: Begun) -> None:
    with pytest.raises(NobodyOfThatName, match=r"no kari .* john \(deploy-engineer, rollback-owner\), alem \(on-call"):
        await begun.rolls_back(by="kari")


async def test_an_unknown_deployment_is_refused(begun: Begun) -> None:
    code, said = await begun.rolls_back(deployment="CR-077")

    assert code == 1
    assert "There is no CR-077" in said


async def test_the_engine_of_the_runs_is_not_needed(begun: Begun) -> None:
    with closing(sqlite3.connect(begun.database)) as database:
        tables = [name for (name,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
    assert not [name for name in tables if "workflow" in name], "the engine never had its tables here"

    code, said = await begun.rolls_back()

    assert code == 0, said
    assert begun.runs_on() == {"v0.4.2"}


@on_both_databases
async def test_a_bot_that_runs_is_asked_and_its_steps_are_told_as_they_go(scene: Scene) -> None:
    await scene.is_approved()
    await scene.starts()
    await scene.until(lambda found: found.mutated)
    said: list[str] = []

    code = await roll_back(read_settings(), Asked(deployment=CR, by="john", reason=REASON), said.append)

    assert code == 0, said
    assert said[0] == "A bot runs on this record: it is asked, and carries the rollback out."
    assert await scene.runs_on() == {"v0.4.2"}
    assert [s.id for s in scene.deployment().steps_of(Book.ROLLBACK) if s.state == "waiting"] == ["rb-verify-smoke"]
    await scene.sees("Initiating rollback to v0.4.2")


def test_status_is_told_without_slack_and_without_a_bot(begun: Begun) -> None:
    begun.sandbox.world.faults.switch("slack-down", on=True)
    said: list[str] = []

    assert status(begun.settings, "", said.append) == 0

    assert said[0].startswith("CR-001 · Drop v0.5.0 · halted · ")
    assert "Reason: prod-health: answered 503" in said
    assert said[-1] == "No bot runs on this record."


def test_status_says_whether_a_bot_runs(begun: Begun) -> None:
    said: list[str] = []
    lock = FileLock(lock_file(begun.settings.database_url))
    assert lock.take()

    assert status(begun.settings, CR, said.append) == 0
    lock.release()

    assert said[-1] == "A bot runs on this record."


def test_the_status_of_an_unknown_deployment_is_a_clear_no(begun: Begun) -> None:
    said: list[str] = []

    assert status(begun.settings, "CR-099", said.append) == 1

    assert said == ["There is no CR-099. `/drop status` shows the open deployment."]


def test_a_database_that_is_not_there_is_said_so_and_not_made(begun: Begun) -> None:
    elsewhere = begun.database.with_name("elsewhere.db")
    settings = begun.settings.model_copy(update={"database_url": f"sqlite:///{elsewhere}"})
    said: list[str] = []

    assert status(settings, "", said.append) == 1
    assert verify_record(settings.database_url, None, said.append) == 1

    assert said == [f"The record: is not there: no file {elsewhere}. Look at DATABASE_URL."] * 2
    assert not elsewhere.exists()


async def test_with_a_wrong_database_url_nothing_is_rolled_back_and_nothing_is_made(begun: Begun) -> None:
    elsewhere = begun.database.with_name("elsewhere.db")
    away = replace(begun, settings=begun.settings.model_copy(update={"database_url": f"sqlite:///{elsewhere}"}))

    with pytest.raises(NoWayBack, match="There is no plan file either"):
        await away.rolls_back()

    assert not elsewhere.exists()
    assert begun.updates() == 0
