"""Deeds on one machine: what was asked for is seen to have come about, and a machine that is gone is an end."""

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import cast

import pytest

from checklist.errors import Gone
from checklist.plan import Machine
from checklist.ports import Fleet as FleetPort
from checklist.record import Json
from checklist.words import MachineId
from fly import documents
from runs.deeds import Deeds
from runs.mutation import StepFailed
from sandbox.fly.opening import Fleet
from tests.runs.production import APP, Production

ID = MachineId("148e21ea7d0089")
GONE = Gone("Fly", "404 not_found: machine not found")


def machine(state: str, *, cordoned: bool = True) -> Machine:
    config: dict[str, Json] = {"stop_config": {"timeout": "5m"}}
    return documents.machine({"id": ID, "instance_id": "01A", "state": state, "cordoned": cordoned, "config": config})


@dataclass(slots=True)
class Reads:
    """A fleet of one machine that takes whatever is asked, and is read as told, the last time for ever."""

    answers: list[Machine | Gone]

    async def machine(self, app: str, id: MachineId) -> Machine:
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, Gone):
            raise answer
        return answer

    async def taken(self, app: str, id: MachineId, *, nonce: str) -> None:
        """Whatever it is."""

    uncordon = cordon = stop = destroy = taken


@pytest.fixture
def production(tmp_path: Path) -> Iterator[Production]:
    opened = Production(tmp_path, Fleet(started=1))
    yield opened
    opened.office.closes()


OPEN, RUNS, STOPS = machine("started", cordoned=False), machine("started"), machine("stopping")
DESTROYING, DESTROYED = machine("destroying"), machine("destroyed")


@pytest.mark.parametrize(
    ("deed", "reads", "trouble", "seconds"),
    [
        ("uncordon", [RUNS, OPEN], "", 0),
        ("uncordon", [RUNS, DESTROYED], "did not uncordon: it is gone", 0),
        ("uncordon", [RUNS, GONE], "did not uncordon: it is gone", 0),
        ("cordon", [OPEN, RUNS], "", 0),
        ("cordon", [OPEN, machine("destroyed", cordoned=False)], "", 0),
        ("stop", [RUNS, STOPS, STOPS, machine("stopped")], "", 2),
        ("stop", [RUNS, DESTROYED], "", 0),
        ("stop", [RUNS, GONE], "", 0),
        ("stop", [RUNS, STOPS], "did not stop: it is stopping", 601),  # its own five minutes, and ours
        ("destroy", [RUNS, DESTROYING, DESTROYED], "", 1),
        ("destroy", [RUNS, GONE], "", 0),
    ],
)
async def test_what_was_asked_for_is_waited_for_until_it_is_seen_or_cannot_be_any_more(
    production: Production, deed: str, reads: list[Machine | Gone], trouble: str, seconds: float
) -> None:
    deployment = await production.is_started()
    rollout = production.rollout(deployment)
    async with rollout.leasing().held(ID) as hold:
        deps = replace(production.deps, fleet=cast(FleetPort, Reads(list(reads))))
        deeds = Deeds(deps=deps, app=APP, deployment=deployment.id, step="deploy-trigger", leasing=rollout.leasing())
        began = production.time.stopwatch()

        with pytest.raises(StepFailed, match=trouble) if trouble else contextlib.nullcontext():
            await getattr(deeds, deed)(ID, hold)

    assert production.time.stopwatch() - began == pytest.approx(seconds, abs=0.5)
    done = [fact.kind for fact in production.office.entries() if fact.kind == f"machine.{deed}.settled"]
    assert len(done) == (0 if trouble else 1)
