"""One-off machines and commands, against the sandbox's Fly.io."""

import asyncio
from datetime import timedelta

import pytest

from checklist.errors import Ambiguous, Conflict, Gone
from checklist.jobs import RELEASE_GROUP, Job, OneOff, one_off
from checklist.words import ImageDigest, MachineId
from tests.fly.servers import Fly

APP = "drop-app"
FIRST, SECOND = MachineId("148e21ea7d0089"), MachineId("3d8d9025b6e189")
MIGRATE = ("npm", "run", "db:migrate")
LAUNCH = "0a1b2c/CR-001/migrate-up/1"
SHORTLY = timedelta(seconds=10)


async def digest_of(fly: Fly, tag: str) -> ImageDigest:
    digest = await fly.registry.digest(APP, tag, within=timedelta(seconds=5))
    assert digest
    return digest


async def made(fly: Fly, command: tuple[str, ...] = MIGRATE) -> OneOff:
    job = Job(app=APP, launch=LAUNCH, image=await digest_of(fly, "v0.5.0"), command=command)
    return await fly.jobs.create(APP, one_off(job, await fly.fleet.machines(APP)))


async def comes_to(fly: Fly, id: MachineId, *states: str) -> OneOff:
    """Wait at the platform itself, which has no limits there; then look, as the product does."""
    machine = fly.platform.apps[APP].machines[id]
    for _ in range(200):
        machine.settle()
        if machine.state in states:
            break
        await asyncio.sleep(0.05)
    return await fly.jobs.look(APP, id)


async def test_a_command_runs_once_on_its_machine_and_its_exit_is_read_after_the_machine_is_gone(fly: Fly) -> None:
    machine = await made(fly)
    assert not (await comes_to(fly, machine.id, "stopped")).began

    begun_at = fly.clock.now()
    await fly.jobs.start(APP, machine.id)
    ended = await comes_to(fly, machine.id, "destroyed")

    assert (ended.began, ended.exit_code, ended.digest) == (True, 0, await digest_of(fly, "v0.5.0"))
    assert "migrations applied" in await fly.jobs.output(APP, machine.id, since=begun_at)
    with pytest.raises(Gone):
        await fly.jobs.start(APP, machine.id)


async def test_an_exit_code_other_than_zero_is_told(fly: Fly) -> None:
    machine = await made(fly, ("npm", "run", "no-such-script"))
    await comes_to(fly, machine.id, "stopped")

    await fly.jobs.start(APP, machine.id)

    assert (await comes_to(fly, machine.id, "destroyed")).exit_code == 127


async def test_a_machine_is_found_by_its_launch_also_when_it_is_destroyed(fly: Fly) -> None:
    machine = await made(fly)
    await comes_to(fly, machine.id, "stopped")
    await fly.jobs.destroy(APP, machine.id)
    await comes_to(fly, machine.id, "destroyed")

    assert [one.id for one in await fly.jobs.launched(APP, LAUNCH)] == [machine.id]
    assert await fly.jobs.launched(APP, "another launch") == ()
    await fly.jobs.destroy(APP, machine.id)


async def test_a_one_off_machine_is_no_part_of_the_fleet(fly: Fly) -> None:
    await made(fly)

    assert [machine.id for machine in await fly.fleet.machines(APP)] == [FIRST, SECOND]


async def test_a_started_machine_is_not_started_once_more(fly: Fly) -> None:
    machine = await made(fly, ("sleep", "30"))
    await comes_to(fly, machine.id, "stopped")
    await fly.jobs.start(APP, machine.id)
    await comes_to(fly, machine.id, "started")

    with pytest.raises(Conflict):
        await fly.jobs.start(APP, machine.id)


async def test_a_short_command_is_run_inside_of_a_machine(fly: Fly) -> None:
    status = await fly.jobs.execute(APP, FIRST, ("npm", "run", "db:migrate:status"), within=SHORTLY)
    unknown = await fly.jobs.execute(APP, FIRST, ("npm", "run", "no-such-script"), within=SHORTLY)

    assert (status.exit_code, status.stdout) == (0, "applied: 2\npending: 0")
    assert (unknown.exit_code, unknown.stderr) == (127, "sh: 1: no-such-script: not found")


async def test_a_command_that_fly_does_not_wait_for_has_an_unknown_end(fly: Fly) -> None:
    fly.platform.durations.longest_exec = 0.1

    with pytest.raises(Ambiguous):
        await fly.jobs.execute(APP, FIRST, ("sleep", "20"), within=SHORTLY)


async def test_the_machine_of_a_job_has_the_app_s_environment_and_nothing_else_of_it(fly: Fly) -> None:
    """flyctl Test_resolveUpdatedMachineConfig_ReleaseCommand."""
    fleet = await fly.fleet.machines(APP)
    job = Job(app=APP, launch=LAUNCH, image=ImageDigest("sha256:aa"), command=MIGRATE)

    config = one_off(job, fleet)

    env = config["env"]
    assert isinstance(env, dict)
    assert {name: env[name] for name in fleet[0].env if name != "FLY_PROCESS_GROUP"} == {
        name: value for name, value in fleet[0].env.items() if name != "FLY_PROCESS_GROUP"
    }
    assert (env["RELEASE_COMMAND"], env["FLY_PROCESS_GROUP"]) == ("1", RELEASE_GROUP)
    assert set(config) == {"image", "init", "env", "guest", "restart", "auto_destroy", "dns", "metadata"}
