"""The machine's clock against those of Slack and Fly: an odd one is said, with a wrong one nothing goes forward."""

from datetime import UTC, datetime, timedelta

import pytest
from structlog.testing import capture_logs

from bot.clock import ClockWatch
from checklist.errors import Outage
from checklist.moves import Status
from tests.bot.looks import until
from tests.bot.scene import ALEM, CR, JOHN, Scene

NOON = datetime(2026, 11, 25, 12, 0, tzinfo=UTC)


class Machine:
    """A machine whose clock can be set, which its uptime does not notice."""

    def __init__(self) -> None:
        self.wall = NOON
        self.up = 100.0

    def passes(self, seconds: float) -> None:
        self.wall += timedelta(seconds=seconds)
        self.up += seconds

    def watch(self, **ahead: float | None) -> ClockWatch:
        """A watch on clocks that are so many seconds ahead of noon; None is one that does not answer."""

        def other(seconds: float | None) -> "Clock":
            return Clock(seconds)

        others = {name: other(seconds) for name, seconds in ahead.items()}
        return ClockWatch(others=others, wall=lambda: self.wall, monotonic=lambda: self.up)


class Clock:
    """Another system's clock, as its Date header tells it."""

    def __init__(self, ahead: float | None) -> None:
        self.ahead = ahead

    async def __call__(self) -> datetime:
        if self.ahead is None:
            raise Outage("Slack", "cannot be reached", retry=True)
        return NOON + timedelta(seconds=self.ahead - 0.5)


def seconds(watch: ClockWatch) -> float | None:
    skew = watch.skew()
    return None if skew is None else skew.total_seconds()


@pytest.mark.parametrize("ahead", [-3600.0, -121.0, -31.0, 0.0, 31.0, 121.0, 3600.0])
async def test_the_skew_is_what_the_others_are_ahead_of_us(ahead: float) -> None:
    watch = Machine().watch(Slack=ahead, Fly=ahead)

    await watch.look()

    assert seconds(watch) == ahead


async def test_whoever_differs_most_is_believed() -> None:
    watch = Machine().watch(Slack=1, Fly=-200, Third=150)

    await watch.look()

    assert seconds(watch) == -200


async def test_nobody_knows_until_somebody_tells_the_time_and_what_was_told_is_kept() -> None:
    machine = Machine()
    watch = machine.watch(Slack=None, Fly=None)

    await watch.look()
    assert seconds(watch) is None

    watch.others = {"Fly": Clock(5)}
    await watch.look()
    watch.others = {"Fly": Clock(None)}
    await watch.look()
    assert seconds(watch) == 5


async def test_a_jump_of_our_own_clock_counts_before_anybody_is_asked_again() -> None:
    machine = Machine()
    watch = machine.watch(Slack=0, Fly=0)
    await watch.look()

    machine.passes(40)
    assert seconds(watch) == 0

    machine.wall += timedelta(hours=1)
    assert seconds(watch) == -3600
    machine.wall -= timedelta(hours=2)
    assert seconds(watch) == 3600


@pytest.mark.parametrize(("ahead", "said"), [(29.0, 0), (-31.0, 1), (31.0, 1)])
async def test_more_than_thirty_seconds_are_said_in_the_log(ahead: float, said: int) -> None:
    watch = Machine().watch(Fly=ahead)

    with capture_logs() as logs:
        await watch.look()

    assert [(line["by"], line["seconds"]) for line in logs if line["event"] == "this machine's clock is wrong"] == [
        ("Fly", round(ahead))
    ] * said


async def test_with_a_wrong_clock_nothing_goes_forward_and_the_way_back_stays_open(scene: Scene) -> None:
    await scene.is_approved()
    world = scene.sandbox.world
    world.faults.switch("clock-slow", on=True)
    await scene.house.ground.clock_watch.look()

    said = await scene.says(JOHN, f"/drop start {CR}")

    assert said.startswith(
        "The clock of the bot's machine is 180 s slow, so nobody can tell whether the window is open."
    )
    assert scene.deployment().status is Status.APPROVED
    assert "ClockWrong" in scene.refusals()
    world.clocks_ahead = timedelta(seconds=100)
    await scene.house.ground.clock_watch.look()
    await scene.starts()
    await scene.until(lambda found: found.mutated)

    world.clocks_ahead = timedelta(hours=-1)
    await scene.house.ground.clock_watch.look()
    await scene.says(ALEM, f"/drop rollback {CR} the clock jumped")
    await scene.becomes(Status.ROLLING_BACK, Status.ROLLED_BACK)
    await back_on(scene, "v0.4.2")


async def back_on(scene: Scene, version: str) -> None:
    async def back() -> bool | None:
        return await scene.runs_on() == {version} or None

    await until(back, f"production never ran {version} again", within=30)


async def test_the_moved_clock_of_the_sandbox_is_no_skew(scene: Scene) -> None:
    await scene.people.moves_clock(3600 * 24 * 7)

    await scene.house.ground.clock_watch.look()

    assert abs(seconds(scene.house.ground.clock_watch) or 0) < 10
