"""What flyctl and fly-go ask of waiting for a machine, under the names of their tests.

flyctl asks `/wait` and then polls the checks; here one observer reads the machine until it is what was sent, or never
will be. flyctl's `wait.go` has no tests of its own: its branches stand here under the names of its functions.
"""

import asyncio
import contextlib
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from typing import cast

import pytest

from checklist.errors import Gone, Outage
from checklist.plan import Machine
from checklist.ports import Fleet as FleetPort
from checklist.record import Json
from checklist.words import ImageDigest, MachineId
from fly import documents
from fly.fleet import FlyFleet
from runs.mutation import StepFailed
from runs.observation import Observer, Wanted
from runs.rollout import Stopped
from sandbox.fly.opening import Fleet
from tests.fly.servers import Odd, says
from tests.runs.production import APP, Production

ID, VERSION, DIGEST = MachineId("148e21ea7d0089"), "01KB0000000000000000000001", ImageDigest("sha256:" + "5" * 64)
WANTED = Wanted(id=ID, instance_id=VERSION, digest=DIGEST)
ALIVE: Json = [{"name": "alive", "status": "passing"}]
ILL: Json = [{"name": "alive", "status": "critical"}]
CONFIG: dict[str, Json] = {"checks": {"alive": {"type": "tcp"}}}
SERVICE: dict[str, Json] = {"services": [{"checks": [{"type": "http"}]}]}
EXIT: Json = [{"type": "exit", "request": {"exit_event": {"requested_stop": False, "exit_code": 1}}}]
NOT_FOUND = Gone("Fly", "404 not_found: machine not found")
BUSY, WRONG = Outage("Fly", "408", retry=True), Outage("Fly", "400 invalid_argument: invalid machine ID")


def machine(
    state: str = "started",
    *,
    checks: Json = ALIVE,
    config: dict[str, Json] = CONFIG,
    events: Json = None,
    version: str = VERSION,
    host: str = "ok",
) -> Machine:
    """A machine as Fly answers it."""
    about: dict[str, Json] = {"id": ID, "instance_id": version, "state": state, "host_status": host}
    about |= {"image_ref": {"digest": DIGEST}, "checks": checks, "events": events, "config": config}
    return documents.machine(about)


WELL, STARTING = machine(), machine("starting", checks=[])
SLOW_TO_END = machine("replacing", config={**CONFIG, "stop_config": {"timeout": "5m0s"}})
FOR_GOOD: dict[str, Json] = {**CONFIG, "restart": {"policy": "no"}}
ENDED = machine("stopped", checks=ILL, config=FOR_GOOD, events=EXIT)
COMES_BACK = machine("stopped", checks=ILL, events=EXIT)
Answers = tuple[Machine | Exception, ...]


@dataclass(slots=True)
class Reads:
    """A fleet of one machine: it answers what it is told, one read after another, the last answer for ever."""

    answers: Answers
    asked: int = 0
    reading: asyncio.Event = field(default_factory=asyncio.Event)

    async def machine(self, app: str, id: MachineId) -> Machine:
        answer = self.answers[min(self.asked, len(self.answers) - 1)]
        self.asked += 1
        self.reading.set()
        if isinstance(answer, Exception):
            raise answer
        return answer


@dataclass(frozen=True, slots=True, kw_only=True)
class Wait:
    """What is read, what it comes to (no words: the machine is seen to be well), and how many seconds it takes."""

    reads: Answers
    says: str = ""
    wanted: Wanted = WANTED
    least: float = 0
    most: float = 15


HEALTH = {
    "TestWaitForHealthchecksToPass_NilConfig": Wait(  # flyctl lets it pass: here nobody's word is no health
        reads=(machine(config={}, checks=None),), says="does not pass its health checks: no checks, started"
    ),
    "TestWaitForHealthchecksToPass_NoConfiguredChecks": Wait(  # and here
        reads=(machine(config={"checks": {}}, checks=[]),), says="does not pass its health checks: no checks, started"
    ),
    "TestWaitForHealthchecksToPass_TotalZeroDoesNotPass": Wait(reads=(machine(checks=[]), WELL), least=2),
    "TestWaitForHealthchecksToPass_PassesWhenAllChecksPass": Wait(reads=(WELL,), least=2),
    "TestWaitForHealthchecksToPass_TimesOutWhenChecksFail": Wait(reads=(machine(checks=ILL),), says="alive critical"),
    "TestWaitForHealthchecksToPass_ServiceChecksAreIncluded": Wait(
        reads=(machine(config=SERVICE, checks=[{"name": "servicecheck-00-http-8080", "status": "passing"}]),)
    ),
    "TestWaitForHealthchecksToPass_ServiceChecksAreIncluded/and fail": Wait(
        reads=(
            machine(checks=[{"name": "servicecheck-00-http-8080", "status": "critical"}, *cast("list[Json]", ALIVE)]),
        ),
        says="alive passing, servicecheck-00-http-8080 critical",
    ),
}
STATES = {
    "WaitForStartOrStop/not yet is asked again, also after a minute": Wait(
        reads=(*[STARTING] * 300, WELL), least=60, most=100
    ),
    "WaitForStartOrStop/an answer that does not come says nothing of the machine": Wait(reads=(*[BUSY] * 6, WELL)),
    "WaitForStartOrStop/its own deadline, with machine and state": Wait(
        reads=(STARTING,), says=f"machine {ID} was not healthy within 0:05:00: starting", least=300, most=302
    ),
    "WaitForStartOrStop/its own deadline when Fly does not say": Wait(reads=(BUSY,), says="408", least=300, most=302),
    "WaitForStartOrStop/a machine that takes its time to end has it on top": Wait(
        reads=(SLOW_TO_END,), says=f"machine {ID} was not healthy within 0:10:00: replacing", least=600, most=602
    ),
    "WaitForStartOrStop/400 is fatal": Wait(reads=(WRONG,), says="400 invalid_argument", most=3),
    "WaitForStartOrStop/one 400 is not": Wait(reads=(WRONG, WELL)),
    "WaitForStartOrStop/a machine that ended is an end where nothing restarts it": Wait(
        reads=(STARTING, ENDED), says=f"machine {ID} has ended, and its config has nothing start it again", most=3
    ),
    "WaitForStartOrStop/and one that Fly starts again is waited for": Wait(
        reads=(COMES_BACK,), says="was not healthy within 0:05:00: stopped", least=300, most=302
    ),
    "WaitForState/failed is an end": Wait(reads=(machine("failed", checks=[]),), says="no checks, failed"),
    "WaitForState/destroyed is an end": Wait(
        reads=(STARTING, machine("destroyed", checks=[])), says=f"machine {ID} is gone: it is destroyed", most=3
    ),
    "WaitForState/not found is an end": Wait(reads=(NOT_FOUND,), says=f"machine {ID} is gone: 404", least=5, most=7),
    "WaitForState/but one that was just made may not have been heard of": Wait(reads=(*[NOT_FOUND] * 8, WELL)),
    "WaitForState/the version before is not the one that is waited for": Wait(
        reads=(machine(version="01KB0000000000000000000000"),), says="not to the version we sent", least=5, most=7
    ),
    "WaitForState/a lost host is an end": Wait(reads=(machine(host="unreachable"),), says="cannot be reached", most=1),
    "shouldSkipLaunch/a machine that stands still is not waited for to start": Wait(
        reads=(machine("stopped", checks=[]),), wanted=replace(WANTED, runs=False), most=3
    ),
}


@pytest.fixture
def production(tmp_path: Path) -> Iterator[Production]:
    opened = Production(tmp_path, Fleet(started=1))
    yield opened
    opened.office.closes()


def observer(production: Production, reads: Reads, *, halted: bool = False) -> Observer:
    async def still_wanted() -> None:
        if halted and reads.asked:
            raise Stopped

    deps = replace(production.deps, fleet=cast(FleetPort, reads))
    return Observer(deps=deps, app=APP, still_wanted=still_wanted)


@pytest.mark.parametrize("go_test", [*HEALTH, *STATES])
async def test_a_machine_is_waited_for_until_it_is_well_or_will_not_be(production: Production, go_test: str) -> None:
    wait = {**HEALTH, **STATES}[go_test]
    reads = Reads(wait.reads)

    outcome = pytest.raises((StepFailed, Outage), match=wait.says) if wait.says else contextlib.nullcontext()
    with outcome:
        await observer(production, reads).sees(wait.wanted)

    assert wait.least <= production.time.stopwatch() <= wait.most
    assert wait.says or reads.asked >= len(wait.reads) + production.deps.pace.reads - 1


async def test_whoever_stops_the_deployment_ends_the_wait_at_the_next_read(production: Production) -> None:
    """WaitForStartOrStop/cancelled: by a person."""
    reads = Reads((STARTING,))

    with pytest.raises(Stopped):
        await observer(production, reads, halted=True).sees(WANTED)

    assert reads.asked == 1


async def test_a_wait_that_is_broken_off_reads_no_more(production: Production) -> None:
    """WaitForStartOrStop/cancelled: by the process that ends."""
    reads = Reads((STARTING,))
    waiting = asyncio.create_task(observer(production, reads).sees(WANTED))
    await reads.reading.wait()

    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting

    asked = reads.asked
    await asyncio.sleep(0)
    assert reads.asked == asked


# fly-go: what `/wait` is asked, where it is asked at all. The Go test, how long there is, and the seconds asked for.
ASKED = {
    "TestWaitDefaults": (timedelta(minutes=5), "60"),
    "TestWaitOptions": (timedelta(seconds=30), "30"),
    "TestWaitTimeoutClamp/clamps to max": (timedelta(minutes=2), "60"),
    "TestWaitTimeoutClamp/clamps to min": (timedelta(milliseconds=500), "1"),
    "TestWaitStatesNoCommaSplitting": (timedelta(seconds=60), "60"),
}


@pytest.mark.parametrize("go_test", ASKED)
async def test_a_wait_names_one_version_one_state_and_at_most_a_minute(odd: Odd, oddly: FlyFleet, go_test: str) -> None:
    within, seconds = ASKED[go_test]
    odd.answer(says('{"ok":true}'))

    assert await oddly.wait(APP, ID, version=VERSION, within=within)

    (request,) = odd.requests
    assert (request.method, request.path) == ("GET", f"/v1/apps/{APP}/machines/{ID}/wait")
    assert list(request.query.items()) == [("version", VERSION), ("state", "started"), ("timeout", seconds)]
