"""Who runs: one process at a time; the next one when it is gone; and one that was stopped does nothing any more."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta

import pytest

from bot.poster import NotYet
from bot.runner import AnotherRuns, Turn, leave
from bot.views.deployment import Card
from checklist.errors import Outage
from checklist.ports import Message
from fly.strategies.rolling import Rolling
from runs.deps import NotTheRunner, RunDeps
from runs.rollout import Rollout
from storage.lock import AdvisoryLock
from tests.bot.scene import CR, Scene


@dataclass(slots=True)
class Lock:
    """A runner lock that does as it is told."""

    free: bool = True
    away: bool = False
    mine: bool = False
    asked: int = 0

    def take(self) -> bool:
        if self.away:
            raise Outage("PostgreSQL", "cannot be reached", retry=True)
        self.mine = self.mine or self.free
        return self.mine

    def held(self) -> bool:
        self.asked += 1
        return self.mine

    def release(self) -> None:
        self.mine = False


@dataclass(slots=True)
class Told:
    """What was done, in order."""

    told: list[str] = field(default_factory=list)

    @asynccontextmanager
    async def work(self) -> AsyncIterator[None]:
        self.told.append("works")
        try:
            yield
        finally:
            self.told.append("stops")

    def leaves(self) -> None:
        self.told.append("leaves")
        raise asyncio.CancelledError  # a real one does not come back either


def turn(lock: Lock, leave: Callable[[], None] = leave) -> Turn:
    return Turn(lock=lock, shared=True, leave=leave, every=0.01)


async def becomes(true: Callable[[], bool]) -> None:
    async with asyncio.timeout(5):
        while not true():  # noqa: ASYNC110  # what is waited for says nothing of itself
            await asyncio.sleep(0.01)


async def test_the_only_process_works_from_the_beginning_to_the_end() -> None:
    told, lock = Told(), Lock()

    async with turn(lock).working(told.work):
        assert told.told == ["works"]

    assert told.told == ["works", "stops"]


async def test_another_process_stands_by_and_works_once_the_first_is_gone() -> None:
    told, lock = Told(), Lock(free=False)

    async with turn(lock).working(told.work):
        await asyncio.sleep(0)
        assert told.told == []
        lock.free = True
        await becomes(lambda: told.told == ["works"])

    assert told.told == ["works", "stops"]


async def test_a_process_that_stands_by_outlasts_a_database_that_is_away() -> None:
    told, lock = Told(), Lock(free=False)

    async with turn(lock).working(told.work):
        lock.away = True
        await asyncio.sleep(0.05)
        lock.away, lock.free = False, True
        await becomes(lambda: told.told == ["works"])


async def test_a_runner_that_lost_its_lock_leaves() -> None:
    told, lock = Told(), Lock()
    async with turn(lock, told.leaves).working(told.work):
        lock.mine = False
        await becomes(lambda: "leaves" in told.told)


async def test_the_lock_is_spoken_to_until_the_work_has_stopped() -> None:
    lock = Lock()

    @asynccontextmanager
    async def slow_to_stop() -> AsyncIterator[None]:
        yield
        asked = lock.asked
        await becomes(lambda: lock.asked > asked)

    async with turn(lock).working(slow_to_stop):
        pass


def test_where_there_is_room_for_one_process_the_second_is_refused() -> None:
    with pytest.raises(AnotherRuns):
        Turn(lock=Lock(free=False), shared=False).claim()

    Turn(lock=Lock(free=False), shared=True).claim()


@pytest.fixture
async def stopped(scene: Scene, upgraded_postgres: str) -> AsyncIterator[RunDeps]:
    """What a run may use in a process that was stopped for so long that another one took over."""
    lock, other = AdvisoryLock(upgraded_postgres, silence=timedelta(milliseconds=50)), AdvisoryLock(upgraded_postgres)
    assert lock.take()
    await becomes(other.take)
    yield replace(scene.house.conductor.deps, is_runner=lock.held)
    other.release()


async def test_a_runner_that_was_stopped_refuses_its_first_mutation_before_fly_is_asked(
    scene: Scene, stopped: RunDeps
) -> None:
    """F39."""
    deployment = await scene.is_approved()
    plan = deployment.plan
    assert plan is not None
    back = Rollout(
        deps=stopped,
        deployment=deployment,
        step="deploy-trigger",
        plan=plan,
        digest=plan.image,
        change=lambda machine: lambda config: {**config, "image": plan.image},
        strategy=Rolling(1),
        forward=False,
    )

    with pytest.raises(NotTheRunner):
        await back.run()

    asked = (await scene.people.log())["fly"]
    assert [entry["path"] for entry in asked if entry["method"] == "POST" and not entry["path"].endswith("/exec")] == []


async def test_a_runner_that_was_stopped_says_nothing_in_the_channel(scene: Scene, stopped: RunDeps) -> None:
    poster = replace(scene.house.publisher.poster, is_runner=stopped.is_runner)

    with pytest.raises(NotYet):
        await poster.post(Message(id="CR-001/late", deployment=CR), Card(text="too late", blocks=[]))

    assert await scene.channel() == []


async def test_a_runner_that_was_stopped_writes_nothing_to_the_record(scene: Scene, stopped: RunDeps) -> None:
    deployment = await scene.prepares()
    entries = len(scene.entries())

    with pytest.raises(NotTheRunner):
        await stopped.note(stopped.fact("step.done", deployment.id))
    with pytest.raises(NotTheRunner):
        await stopped.change(deployment.id, lambda found, work: found.halted("too late"))

    assert scene.deployment() == deployment
    assert len(scene.entries()) == entries
