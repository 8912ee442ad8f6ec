"""How long a machine may fail its checks: they are made only once it has started, and each of them takes its time."""

import pytest

from runs.mutation import StepFailed
from sandbox.fly.opening import Fleet
from tests.runs.production import APP, Opens, Production

PULL = 60.0  # seconds until the image is there, and the machine starts
NEEDED = 22  # seconds: of Drop's checks the longest grace period, interval and time-out (sandbox/fly/opening.py)


def slow(opens: Opens, *, health: float) -> Production:
    production = opens(Fleet(started=1))
    production.platform.durations.move, production.platform.durations.health = PULL, health
    return production


async def test_a_machine_whose_image_takes_long_to_come_has_all_its_time_for_its_checks(opens: Opens) -> None:
    production = slow(opens, health=NEEDED - 2.0)

    assert (await production.rollout(await production.is_started()).run()).startswith("1/1 machines")


async def test_once_each_check_was_made_and_answered_a_machine_that_fails_them_is_given_up(opens: Opens) -> None:
    production = slow(opens, health=1.0)
    deployment = await production.is_started()
    production.faults.switch("failing-health", on=True)
    began = production.time.stopwatch()

    with pytest.raises(StepFailed, match="does not pass its health checks"):
        await production.rollout(deployment).run()

    given_up = production.time.stopwatch() - began - PULL
    assert NEEDED <= given_up < NEEDED + 5


async def test_a_machine_without_checks_has_no_time_for_them(opens: Opens) -> None:
    production = slow(opens, health=1.0)
    (machine,) = production.platform.machines(APP)
    seen = (await production.machines())[machine.id]

    assert seen.proves_within.total_seconds() == NEEDED
    machine.version.config.update(checks={}, services=[])
    assert (await production.machines())[machine.id].proves_within.total_seconds() == 0
