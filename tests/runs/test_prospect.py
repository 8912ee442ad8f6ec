"""How soon a machine is read again: with haste about when it may get well, and once per poll before and after."""

from dataclasses import replace
from datetime import timedelta

import pytest

from fly.strategies.rolling import Rolling
from runs.mutation import StepFailed
from runs.prospect import HASTE, Prospect
from sandbox.fly.opening import Fleet
from tests.runs.production import APP, Opens, Production, planned_of

POLL = timedelta(seconds=1)
# The quickest so far, how long this one has been waited for, and the seconds until it is read again.
PAUSES = {
    "of the first machine nobody knows": (None, 0, 0.25),
    "and goes on not knowing": (None, 200, 0.25),
    "long before": (10, 0, 1),
    "not over the moment from which it may be well": (10, 8.5, 0.5),
    "however near that is": (10, 8.99, 0.25),
    "from then on": (10, 9, 0.25),
    "while it is a little late": (10, 19.9, 0.25),
    "it is unlike the others": (10, 20, 1),
    "quick machines have haste from the start": (0.2, 0.2, 0.25),
    "for two polls at least": (0.2, 1.9, 0.25),
    "and not for ever": (0.2, 2, 1),
}


@pytest.mark.parametrize("when", PAUSES)
def test_the_next_read_is_soon_only_about_when_the_machine_may_get_well(when: str) -> None:
    quickest, waited, pause = PAUSES[when]
    prospect = Prospect(None if quickest is None else timedelta(seconds=quickest))

    after = prospect.pause(timedelta(seconds=waited), poll=POLL, often=HASTE)

    assert after == timedelta(seconds=pause)


def test_the_quickest_machine_is_the_one_that_is_remembered() -> None:
    known = Prospect()
    for took in (7, 5, 6):
        known = known.after(timedelta(seconds=took))

    assert known == Prospect(timedelta(seconds=5))


def slow(opens: Opens, fleet: Fleet) -> Production:
    """Its machines take twenty seconds to pull, and one more until their checks pass."""
    production = opens(fleet)
    production.platform.durations.move, production.platform.durations.health = 20.0, 1.0
    return production


def reads(production: Production) -> dict[str, int]:
    """How often each machine was read."""
    asked = [str(entry["path"]) for entry in production.platform.log if entry["method"] == "GET"]
    ids = [machine.id for machine in production.platform.machines(APP)]
    return {id: sum(path.endswith(f"/machines/{id}") for path in asked) for id in ids}


def took(production: Production) -> dict[str, timedelta]:
    """How long each machine took from its update until it was seen to be there."""
    at = {(fact.kind, fact.body.get("key")): fact.at for fact in production.office.entries()}
    ids = [machine.id for machine in production.platform.machines(APP)]
    return {id: at["machine.version.seen", id] - at["machine.version.sent", id] for id in ids}


async def test_the_machines_after_the_first_are_read_far_less_often_and_seen_as_soon(opens: Opens) -> None:
    production = slow(opens, Fleet(started=3))
    deployment = await production.is_started()

    await production.rollout(deployment, Rolling(1)).run()

    first, *others = planned_of(deployment.plan)
    asked, seconds = reads(production), took(production)
    assert max(asked[id] for id in others) < asked[first] / 2
    assert max(seconds[id] for id in others) - seconds[first] <= POLL / HASTE


async def test_what_a_worker_takes_says_nothing_of_the_app_s_machines(opens: Opens) -> None:
    production = slow(opens, Fleet(started=1, workers=1))
    rollout = production.rollout(await production.is_started())

    await rollout.run()

    assert rollout.prospects.keys() == {"app", "worker"}
    (first, second) = reads(production).values()
    assert first == pytest.approx(second, abs=2)


async def test_a_machine_that_stands_still_is_well_at_once_and_tells_nothing_of_the_others(opens: Opens) -> None:
    production = slow(opens, Fleet(started=1, stopped=1))
    rollout = production.rollout(await production.is_started())

    await rollout.run()

    quickest = rollout.prospects["app"].quickest
    assert quickest is not None
    assert timedelta(seconds=21) <= quickest < timedelta(seconds=22)


async def test_a_machine_that_was_updated_before_a_crash_tells_nothing_of_the_others(opens: Opens) -> None:
    production = slow(opens, Fleet(started=1))
    deployment = await production.is_started()
    await production.rollout(deployment).run()
    again = replace(production.rollout(deployment), step="again")

    await again.run()

    assert again.prospects == {}


async def test_a_machine_that_fails_is_noticed_as_soon_as_ever(opens: Opens) -> None:
    """Before its time is there, it is read once per poll. It pulls for 20 s, and its checks have 22 s."""
    production = slow(opens, Fleet(started=2))
    deployment = await production.is_started()
    known = {"app": Prospect(timedelta(minutes=4))}
    production.faults.switch("failing-health", on=True)
    began = production.time.stopwatch()

    with pytest.raises(StepFailed, match="does not pass its health checks"):
        await replace(production.rollout(deployment), prospects=known).run()

    assert production.time.stopwatch() - began < 20 + 22 + 5
