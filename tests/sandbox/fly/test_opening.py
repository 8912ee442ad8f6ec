"""The fleets with which the sandbox's Fly.io can be opened."""

from collections import Counter
from pathlib import Path

import pytest
import yaml

from sandbox import seed
from sandbox.dropapp import DropApp
from sandbox.fly.opening import Fleet
from sandbox.fly.platform import Platform
from sandbox.server import Sandbox
from tests.sandbox.fly.visitor import open_platform

SHIPPED = Path(__file__).parents[3] / "checklist.yml"


def opened(fleet: Fleet) -> Platform:
    *_, platform = open_platform(fleet)
    return platform


@pytest.mark.parametrize("machines", [1, 2, 10, 50])
def test_production_opens_with_as_many_healthy_machines_as_asked_for(machines: int) -> None:
    platform = opened(Fleet(started=machines))

    production = platform.machines(seed.PRODUCTION_APP)
    assert len({machine.id for machine in production}) == machines
    assert all(len(machine.id) == 14 for machine in production)
    assert all(platform.health.healthy(machine) for machine in production)
    assert len({machine.name for machine in production}) == machines


def test_the_first_machines_are_the_known_ones_whatever_the_fleet() -> None:
    production = opened(Fleet(started=10)).machines(seed.PRODUCTION_APP)

    assert tuple(machine.id for machine in production[:2]) == seed.PRODUCTION_MACHINES


def test_a_fleet_may_have_workers_machines_that_stand_still_and_standbys() -> None:
    platform = opened(Fleet(started=2, workers=1, stopped=1, suspended=1, standbys=1))

    production = platform.machines(seed.PRODUCTION_APP)
    groups = Counter(machine.config["metadata"]["fly_process_group"] for machine in production)
    assert groups == {"app": 5, "worker": 1}
    assert Counter(machine.state for machine in production) == {"started": 3, "stopped": 2, "suspended": 1}
    assert [machine.config.get("standbys") for machine in production][-1] == [seed.PRODUCTION_MACHINES[0]]
    assert production[-1].config["env"]["FLY_STANDBY_FOR"] == seed.PRODUCTION_MACHINES[0]


def test_a_machine_may_have_a_volume_of_its_own() -> None:
    app = opened(Fleet(started=3, volumes=2)).apps[seed.PRODUCTION_APP]

    volumes = [machine.volumes for machine in app.standing]
    assert [len(one) for one in volumes] == [1, 1, 0]
    assert volumes[0] != volumes[1]
    assert app.holder(next(iter(volumes[1]))) is app.standing[1]


def test_a_worker_keeps_no_site_up() -> None:
    platform = opened(Fleet(started=1, workers=1))
    platform.machines(seed.PRODUCTION_APP)[0].stop()

    assert DropApp(platform, platform.faults).health("production")[0] == 503


@pytest.mark.parametrize("faulty", [{"started": 0}, {"volumes": 3}, {"volumes": -1}])
def test_a_fleet_that_cannot_be_is_refused(faulty: dict[str, int]) -> None:
    with pytest.raises(ValueError, match="a fleet needs a started machine"):
        Fleet(**faulty)


async def test_a_sandbox_of_another_fleet_has_a_checklist_that_expects_it(tmp_path: Path) -> None:
    fleet = Fleet(started=1, workers=1, standbys=1)
    async with Sandbox(tmp_path, checklist=SHIPPED, fleet=fleet) as sandbox:
        production = sandbox.world.platform.machines(seed.PRODUCTION_APP)
        document = yaml.safe_load(sandbox.world.checklist.read_text())

    checks = [item.get("check") or {} for section in document["sections"] for item in section["items"]]
    assert len(production) == document["apps"]["production"]["machines"] == 3
    assert {check["min_machines"] for check in checks if "min_machines" in check} == {1}


@pytest.mark.parametrize("fault", ["changed-by-hand", "host-unreachable"])
def test_the_faults_of_the_second_machine_strike_the_first_where_there_is_no_other(fault: str) -> None:
    platform = opened(Fleet(started=1))

    platform.faults.switch(fault, on=True)

    machine = platform.machines(seed.PRODUCTION_APP)[0]
    assert (machine.state, machine.host_status) in {("replacing", "ok"), ("started", "unreachable")}
