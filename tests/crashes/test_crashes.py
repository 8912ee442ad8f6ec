"""The bot dies around each thing that it does outside, and whoever comes after it brings the deployment to its end.

Five moments of each call: before its intent is committed, after that, while the call is under way, before its outcome
is committed, and after that. A sixth for updates: what the dead process had sent arrives after its heir has looked.
"""

import inspect
from collections.abc import Mapping
from functools import cache

import pytest

from checklist import ports
from checklist.moves import Status
from runs import leasing
from tests.crashes.moments import POINTS, moment
from tests.crashes.passages import Left, passes
from tests.crashes.telling import ROWS as TOLD

UPDATE = "fleet.update"
DEEDS = ("create", "uncordon", "cordon", "stop", "destroy")
UPDATES = 2 * 4  # two machines: maintenance on, the new version, maintenance off, and back
# Every call outward of a release and its way back.
ROWS = (
    "registry.digest",
    "fleet.machines",
    "fleet.secrets",
    "fleet.machine",
    "fleet.take_lease",
    UPDATE,
    "fleet.release_lease",
    "releases.create",
    "releases.update",
    "releases.newest",
    "announcer.say",
    "app.get",
)
# What ports offer beside, and where it is tried.
BESIDE: Mapping[str, str] = {
    "Fleet.refresh_lease": "while a machine is waited for, below",
    **{f"Fleet.{deed}": "a bluegreen deployment, tests/bot/test_bluegreen.py" for deed in DEEDS},
    "Fleet.wait": "no run waits at Fly: it reads health itself",
    "Fleet.version_config": "an undo of a value that its machine no longer has, at the desk",
    "Jobs.create": "in tests/runs/test_migration",
    "Jobs.launched": "in tests/runs/test_migration",
    "Jobs.look": "in tests/runs/test_migration",
    "Jobs.start": "in tests/runs/test_migration",
    "Jobs.output": "in tests/runs/test_migration",
    "Jobs.destroy": "what Fly has not destroyed by itself, in tests/runs/test_migration",
    "Jobs.execute": "it only reads",
    "Volumes.snapshots": "in tests/runs/test_migration",
    "Volumes.take_snapshot": "in tests/runs/test_migration",
    "Workspace.channel": "conversations.info",
    "Directory.member": "users.info",
    "Checker.__call__": "app.get",
}


@cache
def undisturbed() -> list[str]:
    """What goes out when nobody dies."""
    return passes(in_sqlite=False).events[0]


def which(call: str) -> tuple[int, ...]:
    """Each update; of anything else the first and the last."""
    many = undisturbed().count(f"before {call}")
    return tuple(range(1, many + 1)) if call == UPDATE else tuple(dict.fromkeys((1, many)))


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
    holds(passes(moment(undisturbed(), *cell)))


@pytest.mark.parametrize("cell", cells(*(call for call in ROWS if call != UPDATE)), ids=name)
def test_a_call_survives_a_crash(cell: tuple[str, int, str]) -> None:
    holds(passes(moment(undisturbed(), *cell), in_sqlite=False))


@pytest.mark.parametrize("nth", which(UPDATE))
def test_an_update_that_arrives_late_is_not_sent_again(nth: int) -> None:
    left = passes(moment(undisturbed(), UPDATE, nth, "after-intent"), late=True, in_sqlite=False)

    holds(left)
    assert sum(event == f"before {UPDATE}" for events in left.events for event in events) == UPDATES


def test_a_crash_at_any_event_whatever_is_survived() -> None:
    for number in range(1, len(undisturbed()) + 1):
        holds(passes(number, in_sqlite=False))


def test_a_crash_at_any_event_of_an_undo_is_survived() -> None:
    events = passes(undoes=True, in_sqlite=False).events[0]
    first, _ = [number for number, event in enumerate(events) if event == f"before {UPDATE}"][-2:]

    for number in range(first - 20, len(events) + 1):
        holds(passes(number, undoes=True, in_sqlite=False))


def test_a_crash_of_each_heir_is_survived_too() -> None:
    holds(passes(*range(120, 10, -10), in_sqlite=False))


@pytest.mark.parametrize("point", POINTS)
def test_the_refreshing_of_a_lease_survives_a_crash(point: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(leasing, "REFRESH", 0.0)
    events = passes(in_sqlite=False).events[0]

    holds(passes(moment(events, "fleet.refresh_lease", 1, point), in_sqlite=False))


def test_the_table_holds_every_call_that_is_made() -> None:
    made = {event.removeprefix("before ") for event in undisturbed() if event.startswith("before ")}

    assert made - {"record.commit", "sleep"} == set(ROWS)
    assert len(which(UPDATE)) == UPDATES


def test_the_table_holds_every_call_that_a_port_offers() -> None:
    offered = {
        f"{port.__name__}.{method}"
        for _, port in inspect.getmembers(ports, inspect.isclass)
        for method, call in vars(port).items()
        if inspect.iscoroutinefunction(call)
    }

    mine = {f"{port.title()}.{method}" for port, _, method in (call.partition(".") for call in ROWS) if port != "app"}
    assert offered == mine | set(BESIDE)
    assert {where for where in BESIDE.values() if " " not in where} <= {*ROWS, *TOLD}
