"""The bot dies around each thing that it does outside, and whoever comes after it brings the deployment to its end.

Five moments of each call: before its intent is committed, after that, while the call is under way, before its outcome
is committed, and after that. A sixth: what the dead process had sent arrives after its heir has looked.
"""

import inspect
import os
from collections.abc import Mapping

import pytest

from checklist import ports
from checklist.moves import Status
from tests.crashes.moments import POINTS, moment
from tests.crashes.passages import Left, passes, undisturbed
from tests.crashes.scenes import SCENES, Scene
from tests.crashes.telling import ROWS as TOLD

UPDATE = "fleet.update"
DEEDS = ("create", "uncordon", "cordon", "stop", "destroy")
IN_TEST = 2  # crashes of each scene; those at every event are in the soak
STRIDE = int(os.environ.get("SOAK_STRIDE", "1"))  # of a soak: each event, or each such one
UPDATES = 2 * 4  # two machines: maintenance on, the new version, maintenance off, and back
TO_FLY = ("fleet.", "registry.", "releases.", "jobs.", "volumes.")
# A late release is a line more in Fly's list, and nobody's machine; the others are no calls, or not of a dead process.
NEVER_LATE = {"before releases.create", "before record.commit", "before sleep"}
# Every call outward of a release and its way back.
ROWS = (
    "registry.digest",
    "fleet.machines",
    "fleet.secrets",
    "fleet.machine",
    "fleet.take_lease",
    UPDATE,
    "fleet.refresh_lease",
    "fleet.release_lease",
    "releases.create",
    "releases.update",
    "releases.newest",
    "announcer.say",
    "app.get",
)
# What ports offer beside, and where it is tried.
BESIDE: Mapping[str, str] = {
    "Fleet.wait": "no run waits at Fly: it reads health itself",
    "Fleet.version_config": "an undo of a value that its machine no longer has, at the desk",
    "Jobs.destroy": "what Fly has not destroyed by itself, in tests/runs/test_migration",
    "Jobs.execute": "it only reads",
    "Logs.heard": "it only reads",
    "Workspace.channel": "conversations.info",
    "Directory.member": "users.info",
    "Checker.__call__": "app.get",
}


def events() -> list[str]:
    """What goes out when nobody dies."""
    return undisturbed().events[0]


def which(call: str) -> tuple[int, ...]:
    """The first update and the last; of anything else the last. A crash around each of them is in the soak."""
    many = events().count(f"before {call}")
    return (1, many) if call == UPDATE else (many,)


def place(scene: Scene) -> int:
    """Where a soak with a stride begins differs from scene to scene."""
    return [*SCENES.values()].index(scene)


def cells(*calls: str) -> list[tuple[str, int, str]]:
    """The call, which of them, and when."""
    return [(call, nth, point) for call in calls for nth in which(call) for point in POINTS]


def name(cell: tuple[str, int, str]) -> str:
    call, nth, point = cell
    return f"{call}-{nth}-{point}"


def holds(left: Left) -> None:
    assert left.violations == []
    assert left.end.status is Status.ROLLED_BACK
    assert len(left.releases) == 2, "one release for the way forward, and one for the way back"
    assert len(left.events) > 1


@pytest.mark.parametrize("cell", cells(UPDATE), ids=name)
def test_a_machine_s_update_survives_a_crash(cell: tuple[str, int, str]) -> None:
    holds(passes(moment(events(), *cell)))


@pytest.mark.parametrize("cell", cells(*(call for call in ROWS if call != UPDATE)), ids=name)
def test_a_call_survives_a_crash(cell: tuple[str, int, str]) -> None:
    holds(passes(moment(events(), *cell)))


@pytest.mark.parametrize("nth", which(UPDATE))
def test_an_update_that_arrives_late_is_not_sent_again(nth: int) -> None:
    left = passes(moment(events(), UPDATE, nth, "after-intent"), late=True)

    holds(left)
    assert sum(event == f"before {UPDATE}" for events in left.events for event in events) == UPDATES


@pytest.mark.parametrize("point", ["in-flight", "after-outcome"])
def test_a_record_in_sqlite_survives_it_too(point: str) -> None:
    holds(passes(moment(events(), UPDATE, 3, point), in_sqlite=True))


@pytest.mark.soak
@pytest.mark.parametrize("cell", cells(UPDATE), ids=name)
def test_a_record_in_sqlite_survives_a_crash_around_each_update(cell: tuple[str, int, str]) -> None:
    holds(passes(moment(events(), *cell), in_sqlite=True))


@pytest.mark.parametrize("scene", SCENES.values(), ids=SCENES)
def test_a_crash_in_any_scene_is_survived(scene: Scene) -> None:
    many = len(undisturbed(scene).events[0])

    for turn in range(1, IN_TEST + 1):
        holds(passes(many * turn // (IN_TEST + 1), scene=scene))


@pytest.mark.soak
@pytest.mark.parametrize("scene", SCENES.values(), ids=SCENES)
def test_a_crash_at_any_event_whatever_is_survived(scene: Scene) -> None:
    """Before each call, before its answer is heard, and around each commit."""
    events = undisturbed(scene).events[0]

    for number in range(1 + place(scene) % STRIDE, len(events) + 1, STRIDE):
        left = passes(number, scene=scene)
        holds(left)
        assert left.events[0] == events[:number]


@pytest.mark.soak
@pytest.mark.parametrize("scene", SCENES.values(), ids=SCENES)
def test_whatever_arrives_late_is_done_once(scene: Scene) -> None:
    """Each call in turn is what the dead process had sent last, and its heir looks before it arrives."""
    for number, event in enumerate(undisturbed(scene).events[0], start=1):
        if event.startswith("before ") and event not in NEVER_LATE:
            holds(passes(number, scene=scene, late=True))


def test_a_crash_of_each_heir_is_survived_too() -> None:
    holds(passes(*range(120, 10, -10)))


@pytest.mark.parametrize("scene", SCENES.values(), ids=SCENES)
def test_the_same_passage_comes_about_in_the_same_order(scene: Scene) -> None:
    assert passes(scene=scene).events == undisturbed(scene).events


@pytest.mark.parametrize(
    ("name", "fewest"), [("pools", 5 - 2), ("canary-of-three", 3 - 2), ("bluegreen-of-four", 3 - 1)]
)
def test_as_many_machines_are_away_at_once_as_may_be(name: str, fewest: int) -> None:
    left = undisturbed(SCENES[name])

    assert left.violations == []
    assert left.fewest == fewest


@pytest.mark.parametrize("scene", SCENES.values(), ids=SCENES)
def test_the_bot_dies_between_any_two_requests_that_it_makes(scene: Scene) -> None:
    """Each is a call of its own, but for the look before a release is created."""
    left = undisturbed(scene)
    made = [event.removeprefix("before ") for event in left.events[0] if event.startswith("before ")]

    assert left.calls == sum(call.startswith(TO_FLY) for call in made) + made.count("releases.create")


def test_the_table_holds_every_call_that_is_made() -> None:
    made = {event.removeprefix("before ") for event in events() if event.startswith("before ")}

    assert made - {"record.commit", "sleep"} == set(ROWS)
    assert events().count(f"before {UPDATE}") == UPDATES


def test_a_scene_or_the_table_holds_every_call_that_a_port_offers() -> None:
    offered = {
        f"{port.__name__}.{method}"
        for _, port in inspect.getmembers(ports, inspect.isclass)
        for method, call in vars(port).items()
        if inspect.iscoroutinefunction(call)
    }

    made = {event.removeprefix("before ") for scene in SCENES.values() for event in undisturbed(scene).events[0]}
    calls = (call.partition(".") for call in made if not call.startswith(("after ", "app.", "record.")) and "." in call)
    assert offered == {f"{port.title()}.{method}" for port, _, method in calls} | set(BESIDE)
    assert {where for where in BESIDE.values() if " " not in where} <= {*ROWS, *TOLD}
