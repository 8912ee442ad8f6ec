"""One-off machines of the sandbox's Fly.io: they run one command and are gone, but can be read."""

from collections import Counter

import pytest

from tests.sandbox.fly.visitor import APP, MACHINE, Json, Visitor

MIGRATE = ["npm", "run", "db:migrate"]


async def runs(fly: Visitor, command: list[str], tag: str = "v0.5.0", **config: object) -> Json:
    """Run a command in a machine of its own, from its creation until it had all the time that it needs."""
    once = {"init": {"cmd": command}, "restart": {"policy": "no"}, "auto_destroy": True}
    body = {"config": {"image": fly.image(tag), **once, **config}}
    created: Json = (await fly.http.post(f"{APP}/machines", json=body)).json()
    fly.passes(0.3 + 0.3 + 0.4 + 0.3)
    return await fly.machine(f"{APP}/machines/{created['id']}")


def exit_code(machine: Json) -> int:
    """As flyctl finds it."""
    request = next(event["request"] for event in machine["events"] if event["type"] == "exit")
    code: int = (request.get("MonitorEvent") or request)["exit_event"]["exit_code"]
    return code


async def test_a_one_off_machine_runs_its_command_exits_and_is_destroyed(fly: Visitor) -> None:
    machine = await runs(fly, MIGRATE)

    assert machine["state"] == "destroyed"
    assert [event["type"] for event in machine["events"]] == ["destroy", "exit", "start", "launch"]
    assert "MonitorEvent" in machine["events"][1]["request"]
    assert exit_code(machine) == 0


async def test_while_its_command_runs_a_one_off_machine_is_started(fly: Visitor) -> None:
    body = {"config": {"image": fly.image("v0.5.0"), "init": {"cmd": MIGRATE}, "auto_destroy": True}}
    created = (await fly.http.post(f"{APP}/machines", json=body)).json()
    fly.passes(0.6)

    assert (await fly.machine(f"{APP}/machines/{created['id']}"))["state"] == "started"


async def test_a_migration_changes_the_schema_when_it_is_done_and_is_counted_when_it_begins(fly: Visitor) -> None:
    app = fly.platform.apps["drop-app"]
    assert app.database.pending("0.5.0") == ["0013_recipient_iban"]

    await runs(fly, MIGRATE)

    assert app.database.pending("0.5.0") == []
    assert app.database.begun == Counter({("db:migrate", "0.5.0"): 1})


async def test_a_second_run_of_a_migration_is_counted_too(fly: Visitor) -> None:
    await runs(fly, MIGRATE)
    await runs(fly, MIGRATE)

    assert fly.platform.apps["drop-app"].database.begun["db:migrate", "0.5.0"] == 2


async def test_a_down_migration_takes_the_newest_change_back(fly: Visitor) -> None:
    await runs(fly, MIGRATE)
    await runs(fly, ["sh", "-c", "npm run db:migrate:down"])

    assert fly.platform.apps["drop-app"].database.pending("0.5.0") == ["0013_recipient_iban"]


async def test_a_failed_migration_exits_with_1_changes_nothing_and_names_the_connection(fly: Visitor) -> None:
    fly.faults.switch("migration-fails", on=True)

    machine = await runs(fly, MIGRATE)

    app = fly.platform.apps["drop-app"]
    assert exit_code(machine) == 1
    assert app.database.pending("0.5.0")
    assert [(line["level"], line["instance"]) for line in app.log_lines] == [("error", machine["id"])]
    assert "postgres://drop:pw-of-the-sandbox@" in app.log_lines[0]["message"]


async def test_a_migration_that_hangs_is_started_for_ever_and_killed_by_force_only(fly: Visitor) -> None:
    fly.faults.switch("migration-hangs", on=True)
    machine = await runs(fly, MIGRATE)
    fly.passes(3600)
    path = f"{APP}/machines/{machine['id']}"
    assert (await fly.machine(path))["state"] == "started"

    await fly.http.delete(f"{path}?kill=true")
    fly.passes(0.3)

    gone = await fly.machine(path)
    assert (gone["state"], exit_code(gone)) == ("destroyed", 137)
    assert fly.platform.apps["drop-app"].database.pending("0.5.0")


async def test_an_unknown_command_is_not_found(fly: Visitor) -> None:
    machine = await runs(fly, ["npm", "run", "db:vanish"])

    assert exit_code(machine) == 127


async def test_without_auto_destroy_a_one_off_machine_stays_stopped_and_has_its_exit_where_others_do(
    fly: Visitor,
) -> None:
    machine = await runs(fly, MIGRATE, auto_destroy=False)

    assert machine["state"] == "stopped"
    assert machine["events"][0]["request"]["exit_event"]["exit_code"] == 0


@pytest.mark.parametrize("state", ["started", "stopped"])
async def test_a_wait_for_a_one_off_machine_that_is_gone_is_a_404(fly: Visitor, state: str) -> None:
    machine = await runs(fly, MIGRATE)

    assert (await fly.http.get(f"{APP}/machines/{machine['id']}/wait?state={state}&timeout=1")).status_code == 404


async def test_a_command_that_fails_is_tried_again_as_often_as_its_policy_says(fly: Visitor) -> None:
    fly.faults.switch("migration-fails", on=True)
    machine = await runs(fly, MIGRATE, restart={"policy": "on-failure", "max_retries": 2})
    fly.passes(60)

    gone = await fly.machine(f"{APP}/machines/{machine['id']}")
    exits = [event["request"] for event in gone["events"] if event["type"] == "exit"]
    assert [(one["restart_count"], one["MonitorEvent"]["exit_event"]["restarting"]) for one in exits] == [
        (2, False), (2, True), (1, True)
    ]  # fmt: skip


async def test_the_app_is_not_up_because_a_one_off_machine_is(fly: Visitor) -> None:
    fly.faults.switch("migration-hangs", on=True)
    await runs(fly, MIGRATE)
    for machine in fly.platform.machines("drop-app")[:2]:
        machine.stop()

    assert (await fly.http.get("/production/api/health")).status_code == 503


async def test_exec_answers_200_whatever_the_exit_code_is(fly: Visitor) -> None:
    verified = await executes(fly, ["npm", "run", "db:verify"])
    missing = await executes(fly, ["nonsense"])

    assert verified == (200, 0, "the schema is as expected")
    assert missing[:2] == (200, 127)


async def test_exec_takes_the_older_line_too(fly: Visitor) -> None:
    fly.stopwatch.pace = 0.1
    answer = await fly.http.post(f"{MACHINE}/exec", json={"cmd": "npm run db:migrate:status"})

    assert answer.json()["stdout"] == "applied: 2\npending: 0"


@pytest.mark.parametrize("body", [{}, {"command": []}, {"command": "true"}, {"command": [1]}, {"cmd": " "}])
async def test_exec_without_a_command_is_an_invalid_argument(fly: Visitor, body: Json) -> None:
    assert (await fly.http.post(f"{MACHINE}/exec", json=body)).status_code == 400


async def test_exec_needs_a_started_machine(fly: Visitor) -> None:
    await fly.http.post(f"{MACHINE}/stop")
    fly.passes(0.3)

    assert (await fly.http.post(f"{MACHINE}/exec", json={"command": ["true"]})).status_code == 412


async def test_exec_ends_with_408_after_its_time_though_the_command_goes_on(fly: Visitor) -> None:
    fly.platform.durations.longest_exec = 0.1
    await fly.updates(fly.image("v0.5.0"))
    fly.passes(0.3)

    status, *_ = await executes(fly, MIGRATE)
    app = fly.platform.apps["drop-app"]
    early = app.database.pending("0.5.0")
    fly.passes(0.3)

    assert status == 408
    assert early == ["0013_recipient_iban"]
    assert app.database.pending("0.5.0") == []


async def test_what_exec_begins_is_counted_like_any_other_migration(fly: Visitor) -> None:
    await executes(fly, MIGRATE)
    await executes(fly, MIGRATE)

    assert fly.platform.apps["drop-app"].database.begun["db:migrate", "0.4.2"] == 2


async def executes(fly: Visitor, command: list[str]) -> tuple[int, int | None, str | None]:
    """Status, exit code and output of a command on the first machine, with a stopwatch that runs fast."""
    fly.stopwatch.pace = 0.02
    answer = await fly.http.post(f"{MACHINE}/exec", json={"command": command, "timeout": 60})
    fly.stopwatch.pace = 0
    body = answer.json()
    return answer.status_code, body.get("exit_code"), body.get("stdout")
