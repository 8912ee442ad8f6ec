"""One person who asks for too much keeps nobody waiting, fills no record, and can still stop what must be stopped."""

import asyncio
import threading
from dataclasses import dataclass
from functools import partial

import pytest

from bot.flood import BURST, OVER_AFTER, PER_SECOND, Floodgate
from bot.lanes import Lanes
from checklist.moves import Status
from checklist.policy import URGENT, WHO_MAY
from checklist.words import Phase
from commands.usage import USAGE
from sandbox import seed
from tests.bot.scene import ALEM, CR, JOHN, STRANGER, WORDS, Scene

TOO_FAST = "That is more than Drop answers one person in so short a time, so nothing was done."


@dataclass
class Hands:
    """A clock that a test moves."""

    seconds: float = 1000.0

    def __call__(self) -> float:
        return self.seconds


@pytest.fixture
def hands() -> Hands:
    return Hands()


@pytest.fixture
def gate(hands: Hands) -> Floodgate:
    return Floodgate(monotonic=hands)


@pytest.fixture
def calm(scene: Scene, gate: Floodgate) -> Scene:
    """A scene in which no time passes for the flood gate."""
    scene.house.desk.flood = gate
    return scene


async def floods(scene: Scene, person: str, text: str = "/drop whoami", times: int = BURST) -> list[str]:
    return [await scene.says(person, text) for _ in range(times)]


# The gate


def test_a_keen_person_is_let_through_and_a_loop_is_not(gate: Floodgate, hands: Hands) -> None:
    asked = [gate.counts(JOHN) for _ in range(BURST + 5)]
    hands.seconds += 1
    later = [gate.counts(JOHN) for _ in range(5)]

    assert asked == [True] * BURST + [False] * 5
    assert later.count(True) == PER_SECOND


def test_a_thousand_commands_in_ten_seconds_let_few_through_and_begin_one_flood(gate: Floodgate, hands: Hands) -> None:
    through, begun = 0, 0
    for _ in range(1000):
        if gate.counts(JOHN):
            through += 1
        else:
            begun += gate.begins(JOHN)
        hands.seconds += 0.01

    assert through == pytest.approx(BURST + 10 * PER_SECOND, abs=1)
    assert begun == 1


def test_after_ten_quiet_seconds_the_next_flood_is_another(gate: Floodgate, hands: Hands) -> None:
    assert [gate.counts(JOHN) for _ in range(BURST + 1)][-1] is False
    assert gate.begins(JOHN)
    hands.seconds += OVER_AFTER + 1
    assert [gate.counts(JOHN) for _ in range(BURST + 1)][-1] is False

    assert gate.begins(JOHN)
    assert not gate.begins(JOHN)


def test_nobody_pays_for_the_flood_of_another(gate: Floodgate) -> None:
    assert not all(gate.counts(JOHN) for _ in range(BURST + 1))

    assert gate.counts(ALEM)


def test_what_decided_something_does_not_count(gate: Floodgate) -> None:
    for _ in range(10 * BURST):
        assert gate.counts(JOHN)
        gate.gives_back(JOHN)


def test_of_countless_accounts_the_ones_that_asked_long_ago_are_forgotten(gate: Floodgate) -> None:
    for number in range(6_000):
        gate.counts(f"U{number}")

    assert len(gate) == 5_000


# The lanes


async def test_what_is_urgent_goes_before_everything_that_waits() -> None:
    lanes, begun, go_on = Lanes(), threading.Event(), threading.Event()
    order: list[str] = []

    def first() -> None:
        begun.set()
        go_on.wait(5)
        order.append("the one in hand")

    ahead = asyncio.ensure_future(lanes.ordinary(first))
    waiting = [asyncio.ensure_future(lanes.ordinary(partial(order.append, f"ordinary {n}"))) for n in range(100)]
    await asyncio.to_thread(begun.wait, 5)
    urgent = asyncio.ensure_future(lanes.urgent(lambda: order.append("urgent")))
    go_on.set()
    await asyncio.gather(ahead, urgent, *waiting)
    lanes.close()

    assert order == ["the one in hand", "urgent", *(f"ordinary {n}" for n in range(100))]


async def test_two_lanes_never_work_at_the_same_time() -> None:
    lanes = Lanes()
    inside: list[int] = []
    most: list[int] = []

    def work() -> None:
        inside.append(1)
        most.append(len(inside))
        inside.pop()

    await asyncio.gather(*(lane(work) for _ in range(200) for lane in (lanes.ordinary, lanes.urgent)))
    lanes.close()

    assert set(most) == {1}


async def test_what_stops_or_approves_and_every_run_takes_the_urgent_lane(scene: Scene) -> None:
    lanes, desk = scene.house.ground.lanes, scene.house.desk

    assert scene.house.conductor.deps.aside is lanes.urgent
    assert {verb for verb in USAGE if desk.lane(verb) is lanes.urgent} == {
        verb for verb, of in USAGE.items() if of.move in URGENT
    }
    assert {"approve", "reject", "rollback", "abandon"} <= {verb for verb in USAGE if desk.lane(verb) is lanes.urgent}
    assert desk.lane("nonsense") is lanes.ordinary


def test_whatever_never_waits_has_roles_that_may_ask_for_it() -> None:
    assert set(WHO_MAY) >= URGENT


# People


async def test_a_flood_is_answered_politely_and_is_one_entry(calm: Scene) -> None:
    answered = await floods(calm, STRANGER)
    refused = await floods(calm, STRANGER, times=30)

    assert set(answered) == {"You are Kari Nordmann, human: no role."}
    assert all(said.startswith(TOO_FAST) for said in refused)
    assert calm.refusals() == ["TooFast"]
    assert [fact.by for fact in calm.entries("ask.refused")] == [seed.STRANGER.id]


async def test_refusals_in_a_flood_are_answered_and_not_written(calm: Scene) -> None:
    said = await floods(calm, STRANGER, "/drop rollback", times=BURST + 30)

    assert len(calm.refusals()) == BURST + 1
    assert all(text.startswith(TOO_FAST) for text in said[BURST:])


async def test_whoever_floods_still_rolls_back_approves_and_abandons_if_they_may(calm: Scene) -> None:
    deployment = await calm.asks_for_approval()
    assert deployment.plan
    await floods(calm, ALEM, times=BURST)
    await floods(calm, JOHN, times=BURST)
    assert (await calm.says(ALEM, "/drop status")).startswith(TOO_FAST)
    assert (await calm.says(JOHN, f"/drop submit {CR}")).startswith(TOO_FAST)

    await calm.says(ALEM, f"/drop approve {CR} {deployment.plan.digest[:8]}")
    approved = calm.deployment()
    await calm.says(JOHN, f"/drop abandon {CR}")

    assert approved.status is Status.APPROVED
    assert calm.deployment().status is Status.ABANDONED


async def test_a_button_that_is_mashed_is_answered_once(calm: Scene) -> None:
    await calm.asks_for_approval()
    await calm.sees_button(STRANGER, "Approve")
    await floods(calm, STRANGER)

    said = [await calm.clicks(STRANGER, "Approve") for _ in range(3)]

    assert [text[: len(TOO_FAST)] for text in said] == [TOO_FAST, "", ""]


async def test_settling_the_whole_checklist_in_one_go_costs_nothing_but_the_modal(calm: Scene) -> None:
    await calm.opens()
    await calm.is_read()
    for item in calm.house.ground.checklist.items(Phase.PRE):
        if calm.deployment().mark(item.id).awaits_statement(item):
            await calm.says(calm.holder(item.role), f"/drop attest {CR} {item.id} {WORDS}")

    left = await floods(calm, JOHN, times=BURST - 1)
    one_more = await calm.says(JOHN, "/drop whoami")

    assert len([fact for fact in calm.entries("item.attested") if fact.by == JOHN]) > 10
    assert not any(said.startswith(TOO_FAST) for said in left)
    assert one_more.startswith(TOO_FAST)
