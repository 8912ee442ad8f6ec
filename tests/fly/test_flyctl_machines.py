"""What flyctl and fly-go ask of what a machine says of itself, under the names of their tests."""

from collections.abc import Sequence

import pytest

from checklist.jobs import RELEASE_GROUP
from checklist.launches import obstacle
from checklist.plan import with_image
from checklist.record import Json
from checklist.words import ImageDigest
from fly import documents

NEW = ImageDigest("sha256:" + "5" * 64)
Config = dict[str, Json]


def document(**about: Json) -> Config:
    return {"id": "148e21ea7d0089", "instance_id": "01A", "state": "started", **about}


def with_metadata(**metadata: Json) -> Config:
    return {"config": {"guest": {}, "metadata": metadata}}


GROUPS: dict[str, tuple[Config, str]] = {
    "machine with only 'process_group'": (with_metadata(process_group="web"), "web"),
    "machine with both 'process_group' & 'fly_process_group'": (
        with_metadata(process_group="web", fly_process_group="api"),
        "api",
    ),
    "machine with only 'fly_process_group'": (with_metadata(fly_process_group="web"), "web"),
    "machine with neither": (with_metadata(), "app"),  # ours: flyctl's legacy default
}


@pytest.mark.parametrize("row", GROUPS)
def test_a_machine_names_its_process_group_in_the_new_way_or_the_old(row: str) -> None:
    """TestGetProcessGroup."""
    about, group = GROUPS[row]

    assert documents.machine(document(**about)).group == group


LOST: Config = {"host_status": "unreachable", "config": None}
RELEASES: dict[str, tuple[Config, bool]] = {
    "release machine using 'process_group'": (with_metadata(process_group=RELEASE_GROUP), True),
    "release machine using 'fly_process_group'": (with_metadata(fly_process_group=RELEASE_GROUP), True),
    "non-release machine using 'fly_process_group'": (with_metadata(fly_process_group="web"), False),
    "non-release machine using 'process_group'": (with_metadata(process_group="web"), False),
    "machine with incomplete config and 'fly_process_group'": (
        {**LOST, "incomplete_config": {"metadata": {"fly_process_group": RELEASE_GROUP}}},
        True,
    ),
    "machine without config": ({**LOST, "incomplete_config": None}, False),
}


@pytest.mark.parametrize("row", RELEASES)
def test_a_machine_that_runs_one_command_is_no_part_of_the_fleet(row: str) -> None:
    """TestIsReleaseCommandMachine; the last two rows are of TestGetProcessGroup and TestIsAppV2."""
    about, one_off = RELEASES[row]

    assert (documents.machines([document(**about)]) == ()) is one_off


def test_the_fleet_is_what_fly_lists() -> None:
    """TestAppState."""
    listed = [document(**with_metadata()) | {"id": id} for id in ("machine1", "machine2")]

    assert [one.id for one in documents.machines(list(listed))] == ["machine1", "machine2"]


MANAGED: dict[str, tuple[Config, bool]] = {
    "machine with 'fly_platform_version=v2'": (with_metadata(fly_platform_version="v2"), True),
    "machine with non v2 'fly_platform_version'": (with_metadata(fly_platform_version="v1"), False),
}


@pytest.mark.parametrize("row", MANAGED)
def test_a_machine_of_fly_s_new_platform_says_so(row: str) -> None:
    """TestIsAppV2."""
    about, managed = MANAGED[row]

    assert obstacle([documents.machine(document(**about))]).startswith("not made by a deployment") is not managed


def launched() -> Json:
    return {"type": "launch", "status": "created"}


def started() -> Json:
    return {"type": "start", "status": "started"}


def ended(code: int) -> Json:
    return {"type": "exit", "request": {"exit_event": {"exit_code": code}}}


# The Go row, the events with the newest first, and the exit code since the newest start.
EVENTS: dict[str, tuple[Sequence[Json], int | None]] = {
    "nil machine": ((), None),
    "no events": ([], None),
    "launch only event": ([launched()], None),
    "start only event": ([started()], None),
    "launch after start": ([launched(), started()], None),
    "exit after start": ([ended(3), started()], 3),
    "launch, start": ([started(), launched()], None),
    "exit, launch, start": ([started(), launched(), ended(3)], None),
    "exit, launch, start, exit": ([ended(4), started(), launched(), ended(3)], 4),
}


@pytest.mark.parametrize("row", EVENTS)
def test_an_exit_counts_if_it_came_after_the_newest_start(row: str) -> None:
    """TestMachineMostRecentStartTimeAfterLaunch."""
    events, code = EVENTS[row]

    assert documents.one_off(document(state="stopped", events=list(events))).exit_code == code


AUTOSTOPS: dict[str, tuple[Json, bool]] = {
    "false": (False, False),
    "true": (True, True),
    "off": ("off", False),
    "stop": ("stop", True),
    "suspend": ("suspend", True),
}


@pytest.mark.parametrize("row", AUTOSTOPS)
def test_whether_fly_stops_a_machine_is_read_in_both_spellings_and_written_as_it_was(row: str) -> None:
    """TestMachineAutostopUnmarshalJSON, TestMachineAutostopMarshalJSON."""
    autostop, stops = AUTOSTOPS[row]
    seen = documents.machine(document(state="stopped", config={"services": [{"autostop": autostop}]}))

    assert seen.rests is stops
    assert with_image(seen.config, app="drop-app", image=NEW, tag="v4")["services"] == [{"autostop": autostop}]


TIMEOUTS: dict[str, tuple[Json, float]] = {
    "30s": ("30s", 30),
    "1m0s": ("1m0s", 60),
    "1h0m1.5s": ("1h0m1.5s", 3601.5),
    "500ms": ("500ms", 0.5),
    "nanoseconds": (5_000_000_000, 5),
    "nonsense": ("soon", 0),
    "none": (None, 0),
    "longer than Fly allows": ("999999h", 86_400),
    "far longer": (10**40, 86_400),
    "less than nothing": (-1, 0),
}


@pytest.mark.parametrize("row", TIMEOUTS)
def test_how_long_a_machine_may_take_to_end_is_read_as_go_writes_it(row: str) -> None:
    """flyctl tldraw #10718: a `kill_timeout` of five minutes ate the five minutes of the wait."""
    timeout, seconds = TIMEOUTS[row]
    seen = documents.machine(document(config={"stop_config": {"timeout": timeout}}))

    assert seen.stops_within.total_seconds() == seconds


def test_without_a_way_to_stop_it_a_machine_takes_no_time() -> None:
    assert documents.machine(document(config={})).stops_within.total_seconds() == 0


CHECKS: dict[str, tuple[dict[str, Json], float]] = {
    "of its own": ({"checks": {"up": {"grace_period": "1s", "interval": "15s", "timeout": "2s"}}}, 18),
    "the longest of a service": (
        {"services": [{"checks": [{"grace_period": "30s"}, {"interval": "1m"}]}, {"checks": [{"timeout": "2s"}]}]},
        60,
    ),
    "in nanoseconds": ({"checks": {"up": {"interval": 15_000_000_000}}}, 15),
    "none": ({}, 0),
    "of another shape": ({"checks": ["up"], "services": [{"checks": {"up": 1}}, "http", {"checks": [7]}]}, 0),
    "longer than anybody waits": ({"checks": {"up": {"grace_period": "9h"}}}, 3600),
}


@pytest.mark.parametrize("row", CHECKS)
def test_how_long_checks_take_is_what_the_slowest_of_them_needs(row: str) -> None:
    config, seconds = CHECKS[row]

    assert documents.machine(document(config=config)).proves_within.total_seconds() == seconds


OLD_IMAGE, NEW_IMAGE = "registry.fly.io/drop-app:deploy-1234", f"registry.fly.io/drop-app@{NEW}"


def test_containers_and_files_that_name_the_app_s_image_name_the_new_one_and_others_stay() -> None:
    """TestLaunchInputForUpdate/ImageConfigSubstitution: there is no fly.toml with a “.” here, but what came of it."""
    config: Config = {
        "image": OLD_IMAGE,
        "files": [
            {"guest_path": "/app/image.json", "image_config": OLD_IMAGE},
            {"guest_path": "/app/other.json", "image_config": "nginx:latest"},
            {"guest_path": "/app/raw.txt", "raw_value": "aGVsbG8="},
        ],
        "containers": [
            {"name": "app", "image": OLD_IMAGE, "files": [{"guest_path": "/a", "image_config": OLD_IMAGE}]},
            {"name": "sidecar", "image": "nginx:latest", "files": [{"guest_path": "/b", "image_config": "redis:7"}]},
        ],
    }

    after = with_image(config, app="drop-app", image=NEW, tag="v4")

    assert after == {
        "image": NEW_IMAGE,
        "files": [
            {"guest_path": "/app/image.json", "image_config": NEW_IMAGE},
            {"guest_path": "/app/other.json", "image_config": "nginx:latest"},
            {"guest_path": "/app/raw.txt", "raw_value": "aGVsbG8="},
        ],
        "containers": [
            {"name": "app", "image": NEW_IMAGE, "files": [{"guest_path": "/a", "image_config": NEW_IMAGE}]},
            {"name": "sidecar", "image": "nginx:latest", "files": [{"guest_path": "/b", "image_config": "redis:7"}]},
        ],
        "metadata": {"drop_image_tag": "v4"},
    }
    assert config["image"] == OLD_IMAGE


@pytest.mark.parametrize("odd", [None, "containers", ["x"], [{"files": "x"}], [{"image": None}]])
def test_a_config_of_an_unknown_shape_stays_as_it_is_but_for_its_image(odd: Json) -> None:
    after = with_image({"containers": odd, "files": odd}, app="drop-app", image=NEW, tag="v4")

    assert (after["containers"], after["files"], after["image"]) == (odd, odd, NEW_IMAGE)
