"""The bot dies anywhere in a bluegreen deployment, and whoever comes after it brings it to its end.

Before the point of no return the next process goes on with the new machines that are there; after it, none goes.
"""

import pytest

from tests.crashes.moments import POINTS, moment
from tests.crashes.passages import Left, passes, undisturbed
from tests.crashes.scenes import SCENES
from tests.crashes.test_crashes import DEEDS, holds

SCENE = SCENES["bluegreen"]
CALLS = tuple(f"fleet.{deed}" for deed in DEEDS)


def replaces(*deaths: int, late: bool = False) -> Left:
    return passes(*deaths, late=late, scene=SCENE)


def events() -> list[str]:
    """What goes out when nobody dies."""
    return undisturbed(SCENE).events[0]


def test_each_machine_is_made_let_in_and_destroyed_once() -> None:
    left = replaces()

    assert left.violations == []
    assert [left.events[0].count(f"before fleet.{deed}") for deed in ("create", "uncordon", "destroy")] == [2, 2, 2]


@pytest.mark.parametrize("point", POINTS)
@pytest.mark.parametrize("call", CALLS)
def test_what_is_done_to_a_machine_survives_a_crash(call: str, point: str) -> None:
    holds(replaces(moment(events(), call, 2, point)))


def test_a_machine_whose_making_arrives_late_is_no_machine_too_many() -> None:
    holds(replaces(moment(events(), "fleet.create", 1, "after-intent"), late=True))


def test_a_crash_of_each_heir_is_survived_too() -> None:
    first = moment(events(), "fleet.create", 1, "in-flight")

    holds(replaces(first, *range(60, 10, -5)))
