"""The drift watch: the first look takes what is there, and what was changed by hand is told within a minute, once."""

import asyncio
import json
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path

import pytest

from checklist.errors import Gone, Outage
from checklist.moves import Status
from checklist.plan import Machine
from checklist.words import MachineId
from runs import drift
from runs.book import preflight
from runs.deps import RunDeps
from runs.drift import DriftWatch
from tests.checklist.builders import NEW, alem, john, opened, shipped, stranger, validator
from tests.commands.office import Office
from tests.runs.test_preflight import FIRST, SECOND, Production, begin, deps_of, machine

WORDS = "Alem tried v0.5.0 on one machine, and it stays there"
BY_HAND = machine(SECOND, NEW, "v0.5.0")


@dataclass(slots=True)
class Fleet(Production):
    """Fly's machines; each can also be asked for by itself, and Fly may be away."""

    away: bool = False
    left_out: tuple[MachineId, ...] = ()
    looks: int = 0

    async def machines(self, app: str) -> tuple[Machine, ...]:
        self.looks += 1
        if self.away:
            raise Outage("Fly", "did not answer", retry=True)
        return tuple(one for one in self.seen if one.id not in self.left_out)

    async def machine(self, app: str, id: MachineId) -> Machine:
        for one in self.seen:
            if one.id == id:
                return one
        raise Gone("Fly", "404")


@dataclass(slots=True)
class Watched:
    """An office, the machines, and the watch over them."""

    office: Office
    fleet: Fleet
    watch: DriftWatch
    woken: list[None] = field(default_factory=list)

    def kinds(self) -> list[str]:
        return [fact.kind for fact in self.office.news()]


def deps(office: Office, fleet: Fleet) -> RunDeps:
    return deps_of(office, fleet, shipped())


@pytest.fixture
def watched(tmp_path: Path) -> Iterator[Watched]:
    office, fleet, woken = Office(tmp_path), Fleet((machine(FIRST), machine(SECOND))), list[None]()
    watch = DriftWatch(deps=deps(office, fleet), wake=lambda: woken.append(None))
    yield Watched(office, fleet, watch, woken)
    office.closes()


async def drifted(watched: Watched, by_hand: Machine = BY_HAND) -> None:
    """What was there is known, and then another hand changes it."""
    await watched.watch.look()
    watched.fleet.seen = (machine(FIRST), by_hand)
    await watched.watch.look()


async def test_a_change_by_hand_that_was_signed_before_anybody_saw_it_stops_the_deployment(watched: Watched) -> None:
    """The watch looks once a minute, and not while Fly is away: a plan may have been made of the change by then."""
    office, fleet = watched.office, watched.fleet
    await watched.watch.look()
    fleet.seen = (machine(FIRST), machine(SECOND, DEBUG="1"))
    deployment = await begin(office, fleet)

    assert not await preflight(deps(office, fleet), deployment.id)

    halted = office.deployment(deployment.id)
    assert (halted.status, halted.mutated) == (Status.HALTED, False)
    assert halted.reason.startswith("production was changed outside of Drop. Acknowledge that, and retry")
    assert [fact.body["changes"] for fact in office.entries("drift.seen")] == [
        ["DEBUG was added in the environment of machine 148e0002"]
    ]


async def test_once_that_change_is_acknowledged_the_deployment_goes_on(watched: Watched) -> None:
    office, fleet = watched.office, watched.fleet
    await watched.watch.look()
    fleet.seen = (machine(FIRST), machine(SECOND, DEBUG="1"))
    deployment = await begin(office, fleet)
    await preflight(deps(office, fleet), deployment.id)

    await office.says(john(), f"/drop retry {deployment.id}")
    assert not await preflight(deps(office, fleet), deployment.id)
    await office.says(john(), f"/drop acknowledge {WORDS}")
    await office.says(john(), f"/drop retry {deployment.id}")

    assert await preflight(deps(office, fleet), deployment.id)
    assert [fact.kind for fact in office.entries()][-1] == "plan.confirmed"


async def test_the_first_look_takes_what_is_there_and_an_entry_tells(watched: Watched) -> None:
    await watched.watch.look()
    await watched.watch.look()

    (fact,) = watched.office.entries("production.known")
    assert json.dumps(fact.body).count('"id":') == 2
    assert watched.office.notices() == {}


async def test_what_was_changed_by_hand_is_an_entry_and_a_notice_once(watched: Watched) -> None:
    await drifted(watched)
    await watched.watch.look()

    (fact,) = watched.office.entries("drift.seen")
    assert fact.body["machines"] == [SECOND]
    (said,) = watched.office.notices().values()
    assert f"machine {SECOND} now runs v0.5.0 (555555555555), not v0.4.9 (444444444444)" in said
    assert len(watched.woken) == 2


async def test_a_change_upon_a_change_is_told_too(watched: Watched) -> None:
    await drifted(watched)
    watched.fleet.seen = (machine(FIRST, DEBUG="1"), BY_HAND)
    await watched.watch.look()

    assert len(watched.office.entries("drift.seen")) == 2
    assert len(watched.office.notices()) == 2


async def test_what_was_put_back_must_be_acknowledged_all_the_same(watched: Watched) -> None:
    await drifted(watched)
    watched.fleet.seen = (machine(FIRST), machine(SECOND))
    await watched.watch.look()

    assert (await watched.office.says(john(), "/drop deploy 0.5.0")).kind != "done"
    assert (await watched.office.says(john(), f"/drop acknowledge {WORDS}")).kind == "done"
    await watched.watch.look()
    assert len(watched.office.entries("drift.seen")) == 1


async def test_while_fly_does_not_answer_nothing_is_drift(watched: Watched) -> None:
    await watched.watch.look()
    watched.fleet.away = True

    with pytest.raises(Outage):
        await watched.watch.look()

    assert watched.office.entries("drift.seen") == []


async def test_a_machine_that_the_list_leaves_out_is_asked_for_by_itself(watched: Watched) -> None:
    await watched.watch.look()
    watched.fleet.left_out = (SECOND,)
    await watched.watch.look()
    assert watched.office.entries("drift.seen") == []

    watched.fleet.seen = (machine(FIRST),)
    await watched.watch.look()
    (fact,) = watched.office.entries("drift.seen")
    assert fact.body["changes"] == [f"machine {SECOND} is gone"]


async def test_a_process_that_no_longer_runs_writes_nothing(tmp_path: Path) -> None:
    office, fleet = Office(tmp_path), Fleet((machine(FIRST),))
    watch = DriftWatch(deps=_standing_by(deps(office, fleet)), wake=lambda: None)

    await watch.look()

    assert office.entries() == []
    office.closes()


def _standing_by(of: RunDeps) -> RunDeps:
    return replace(of, is_runner=lambda: False)


async def test_production_is_looked_at_at_once_and_again_after_a_minute_of_the_bot_s_own_clock(
    watched: Watched, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(drift, "TICK", 0.001)
    watching = asyncio.create_task(watched.watch.watch())
    looks = []
    for seconds in (0, 59, 1, 59, 1):
        watched.office.clock.at += timedelta(seconds=seconds)
        await asyncio.sleep(0.03)
        looks.append(watched.fleet.looks)
    watching.cancel()
    await asyncio.gather(watching, return_exceptions=True)

    assert looks == [1, 1, 2, 2, 3]


async def test_after_an_outage_it_looks_again_soon(watched: Watched, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(drift, "TICK", 0.001)
    watched.fleet.away = True
    watching = asyncio.create_task(watched.watch.watch())
    looks = []
    for seconds in (0, 9, 1):
        watched.office.clock.at += timedelta(seconds=seconds)
        await asyncio.sleep(0.03)
        looks.append(watched.fleet.looks)
    watching.cancel()
    await asyncio.gather(watching, return_exceptions=True)

    assert looks == [1, 1, 2]


# What people are told, and what they may do


async def test_until_it_is_acknowledged_no_deployment_is_opened_or_started(watched: Watched) -> None:
    await drifted(watched)

    told = await watched.office.says(john(), "/drop deploy 0.5.0", **release_fields(watched.office))

    assert told.kind == "Drifted"
    assert f"machine {SECOND} now runs v0.5.0" in told.words
    assert "/drop acknowledge" in told.words


async def test_the_engineer_acknowledges_with_words_and_the_way_is_open(watched: Watched) -> None:
    await drifted(watched)

    short = await watched.office.says(john(), "/drop acknowledge it was me")
    done = await watched.office.says(john(), f"/drop acknowledge {WORDS}")
    again = await watched.office.says(alem(), f"/drop acknowledge {WORDS}")

    assert [short.kind, done.kind, again.kind] == ["BadField", "done", "NothingDrifted"]
    (fact,) = watched.office.entries("drift.acknowledged")
    assert (fact.by, fact.body["words"]) == ("john", WORDS)
    assert any(f"acknowledged by John: {WORDS}" in text for text in watched.office.notices().values())
    opened = await watched.office.says(john(), "/drop deploy 0.5.0", **release_fields(watched.office))
    assert opened.kind == "done"
    await watched.watch.look()
    assert len(watched.office.entries("drift.seen")) == 1


async def test_neither_the_validator_nor_a_stranger_acknowledges(watched: Watched) -> None:
    await drifted(watched)

    refused = [(await watched.office.says(who, f"/drop acknowledge {WORDS}")).kind for who in (validator(), stranger())]

    assert refused == ["NotAllowed", "NotAllowed"]


async def test_status_tells_of_it_even_where_no_deployment_ever_was(watched: Watched) -> None:
    assert (await watched.office.says(john(), "/drop status")).kind == "NothingOpen"

    await drifted(watched)

    assert (await watched.office.says(john(), "/drop status")).kind == "done"


async def test_the_cards_of_the_open_deployment_are_drawn_anew_when_there_is_news_of_a_drift(watched: Watched) -> None:
    placed = watched.office.puts(opened())

    await drifted(watched)
    seen = watched.office.deployment(placed.id).revision
    await watched.office.says(john(), f"/drop acknowledge {WORDS}")

    assert placed.revision < seen < watched.office.deployment(placed.id).revision


def release_fields(office: Office) -> dict[str, str]:
    window = office.desk.deps.offered()[0]
    texts = dict.fromkeys(("customers", "risk", "security", "outcome"), "none")
    more = {"version": "0.5.0", "image": "", "commit": "abcdef1", "migrations": "no", "maintenance": "no"}
    return {**texts, **more, "window": window.opens.isoformat(), "engineer": "john"}
