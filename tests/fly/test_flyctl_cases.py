"""What flyctl's own tests ask of an update, of a lease and of a transient failure, under the names of those tests.

Rows of theirs that need a fly.toml (groups added or removed, statics, volumes to be chosen) have no twin here: what a
machine is told is its own config with another image. docs/flyctl-cases.md has all of them, with where each stands.
"""

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import cast

import pytest

from checklist.errors import Gone, Outage
from checklist.fly_releases import FlyRelease, with_release
from checklist.plan import with_image, with_maintenance
from checklist.ports import Fleet as FleetPort
from checklist.ports import Lease
from checklist.record import Json
from checklist.words import ImageDigest, MachineId
from runs import leasing
from runs.mutation import StepFailed
from sandbox.fly.opening import Fleet
from sandbox.fly.plan import Kind, PlannedFault
from tests.fly.servers import Fly
from tests.runs.production import APP, Production

NEW = ImageDigest("sha256:" + "5" * 64)
MARKS = FlyRelease(id="new_release_id", version=4, status="running", image="").marks("drop-bot/0.1.0")
UPDATE = "POST update_machine"  # as it is called where there is no HTTP
Config = dict[str, Json]


def sent(config: Config) -> Config:
    """What an update tells a machine that has this config."""
    return with_release(with_image(config, app="my-cool-app", image=NEW, tag="v4"), MARKS)


# What must be found in what is sent; everything else is as it was.
NEW_EACH_TIME: Config = {
    "fly_release_id": "new_release_id",
    "fly_release_version": "4",
    "fly_flyctl_version": "drop-bot/0.1.0",
    "fly_platform_version": "v2",
    "drop_image_tag": "v4",
}
# The Go test, the metadata of the machine, and the rest of its config, which comes back as it is.
KEPT: dict[str, tuple[Config, Config]] = {
    "TestLaunchInputForUpdate/Basic": (
        {
            "fly_process_group": "app",
            "fly_release_id": "release_id",
            "fly_release_version": "3",
            "user-added-me": "keep",
        },
        {"env": {"PRIMARY_REGION": "scl", "OTHER": "value", "FLY_PROCESS_GROUP": "app"}},
    ),
    "TestLaunchInputForUpdate/UpdateKeepUnmanagedFields": (
        {},
        {
            "schedule": "24/7",
            "auto_destroy": True,
            "restart": {"policy": "no"},
            "guest": {"cpu_kind": "other"},
            "dns": {"skip_registration": True},
            "processes": [{"cmd": ["foo"]}],
        },
    ),
    "TestLaunchInputForUpdate/Mounts": (
        {},
        {"mounts": [{"volume": "vol_attached", "path": "/keep-me"}]},
    ),
    "TestLaunchInputForUpdate/MountsAndAutoResize": (
        {},
        {"mounts": [{"volume": "vol_attached", "path": "/data", "extend_threshold_percent": 90, "add_size_gb": 5}]},
    ),
    "Test_resolveUpdatedMachineConfig_Mounts": (
        {"fly_process_group": "app"},
        {"mounts": [{"volume": "vol_alreadyattached", "path": "/data"}], "env": {"FLY_PROCESS_GROUP": "app"}},
    ),
    "TestLaunchInputForUpdate/UpdateClearStandbysWithServices": (  # it is not ours to say that it has none
        {},
        {"standbys": ["xy0987654321"], "services": [{"protocol": "tcp", "internal_port": 8080}]},
    ),
    "TestLaunchInputForUpdate/LaunchFiles": (
        {},
        {
            "files": [
                {"guest_path": "/path/to/config/yaml", "secret_name": "SECRET_CONFIG"},
                {"guest_path": "/path/to/hello.txt", "raw_value": "aGVsbG8gd29ybGQK"},
            ]
        },
    ),
}


@pytest.mark.parametrize("go_test", KEPT)
def test_an_update_changes_image_and_release_and_nothing_else(go_test: str) -> None:
    metadata, rest = KEPT[go_test]
    before: Config = {**rest, "image": "super/balloon", "metadata": metadata}

    after = sent(before)

    assert after == {
        **rest,
        "image": f"registry.fly.io/my-cool-app@{NEW}",
        "metadata": {**metadata, **NEW_EACH_TIME},
    }
    assert before == {**rest, "image": "super/balloon", "metadata": metadata}


RESTARTS: dict[str, Config] = {
    "Test_resolveUpdatedMachineConfig_restartOnly": {},
    "Test_resolveUpdatedMachineConfig_restartOnlyProcessGroup": {
        "fly_process_group": "awesome-group",
        "fly_release_version": "1",
    },
}


@pytest.mark.parametrize("go_test", RESTARTS)
def test_a_restart_for_its_environment_keeps_image_and_group_and_is_of_the_new_release(go_test: str) -> None:
    metadata = RESTARTS[go_test]
    before: Config = {"image": "instead-use/the-redmoon", "env": {"Ignore": "me"}, "metadata": metadata}

    after = with_release(with_maintenance(before, "true"), MARKS)

    marks = {name: value for name, value in NEW_EACH_TIME.items() if name != "drop_image_tag"}
    assert after == {
        "image": "instead-use/the-redmoon",
        "env": {"Ignore": "me", "MAINTENANCE_MODE": "true"},
        "metadata": {**metadata, **marks},
    }


def test_a_machine_without_metadata_gets_that_of_its_release() -> None:
    """Test_resolveUpdatedMachineConfig_Basic."""
    assert sent({"image": "super/balloon", "env": {}})["metadata"] == NEW_EACH_TIME


@dataclass(slots=True)
class Refreshing:
    """A fleet of which only the leases are asked; refreshing fails as often as it is told to."""

    failures: int
    refreshed: list[str] = field(default_factory=list)
    released: list[str] = field(default_factory=list)
    well: asyncio.Event = field(default_factory=asyncio.Event)  # a refresh has come through

    async def take_lease(self, app: str, id: MachineId, *, description: str, ttl: timedelta) -> Lease:
        return Lease(nonce="nonce", owner="", description=description, expires_at=datetime(2026, 11, 25, tzinfo=UTC))

    async def refresh_lease(self, app: str, id: MachineId, lease: Lease, *, ttl: timedelta) -> Lease:
        self.refreshed.append(lease.nonce)
        if len(self.refreshed) <= self.failures:
            raise Outage("Fly", "503", retry=True)
        self.well.set()
        return lease

    async def release_lease(self, app: str, id: MachineId, lease: Lease) -> None:
        self.released.append(lease.nonce)


@pytest.fixture
def production(tmp_path: Path) -> Iterator[Production]:
    opened = Production(tmp_path, Fleet(started=2))
    opened.platform.plan.routes[UPDATE] = False
    yield opened
    opened.office.closes()


@pytest.mark.parametrize("failures", [0, 2])
async def test_a_lease_is_refreshed_until_it_is_let_go_whatever_one_refresh_comes_to(
    production: Production, failures: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """TestRefreshLeaseUntilCanceled, of a branch of flyctl that is not merged."""
    monkeypatch.setattr(leasing, "REFRESH", 0.0)
    fleet = Refreshing(failures)
    deployment = await production.is_started()
    deps = replace(production.deps, fleet=cast(FleetPort, fleet))
    held = leasing.Leasing(deps=deps, app=APP, deployment=deployment.id, still_wanted=_always)

    async with held.held(MachineId("148e21ea7d0089")) as hold:
        await fleet.well.wait()
        nonce = hold.lease.nonce
    refreshed = len(fleet.refreshed)
    for _ in range(10):
        await asyncio.sleep(0)

    assert (nonce, fleet.released) == ("nonce", ["nonce"])
    assert len(fleet.refreshed) == refreshed


async def test_a_machine_that_is_not_there_is_an_error_that_names_what_was_asked(fly: Fly) -> None:
    """TestUpdateExistingMachinesWRecovery."""
    config: Config = {"image": "super/balloon", "guest": {"cpus": 1}}

    with pytest.raises(Gone, match="404 not_found: machine not found"):
        await fly.fleet.update(
            APP, MachineId("test-machine-id"), config=config, current_version="01", nonce="foobar", launch=True
        )

    assert [entry["status"] for entry in fly.platform.log] == [404]


@pytest.mark.parametrize("kind", [Kind.TIMEOUT_BEFORE_APPLY, Kind.APPLY_THEN_TIMEOUT, Kind.UNAVAILABLE])
async def test_an_update_that_was_not_answered_is_looked_for_before_it_is_sent_again(
    production: Production, kind: Kind
) -> None:
    """TestUpdateMachineInPlaceRetriesTransientFailures, of another branch: it sends it again at once, we read first."""
    deployment = await production.is_started()
    production.platform.plan.add(*(PlannedFault(kind=kind, route=UPDATE, nth=nth) for nth in (1, 2)))

    said = await production.rollout(deployment).run()

    assert said.startswith("2/2 machines")
    assert len(production.updates()) == 2
    assert {machine.digest for machine in (await production.machines()).values()} == {deployment.release.digest}


async def test_an_update_that_was_refused_is_not_sent_again(production: Production) -> None:
    """TestUpdateMachineInPlaceRetriesTransientFailures, where the failure is for good."""
    deployment = await production.is_started()
    production.platform.plan.add(PlannedFault(kind=Kind.REJECT, route=UPDATE))

    with pytest.raises((StepFailed, Outage), match="rejected"):
        await production.rollout(deployment).run()

    assert production.updates() == []
    assert production.platform.plan.struck == 1


async def _always() -> None:
    """Nobody has changed their mind."""
