"""Launches: what the record and Fly show of the machines of a bluegreen rollout."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import pytest

from checklist.launches import Launches, Pairs, launch_id_of, launches_of, obstacle, with_launch
from checklist.plan import Machine, PlannedMachine
from checklist.record import Entry, Fact, Json, chained
from checklist.rollout import Stage
from checklist.words import MachineId
from tests.checklist import builders
from tests.checklist.builders import INSIDE, NEW, OLD

BLUE, GREEN, OTHER = MachineId("148e0001"), MachineId("5f5b0001"), MachineId("148e0002")
LAUNCH = f"CR-001/{BLUE}/1"
CONFIG: Mapping[str, Json] = {
    "image": "registry.fly.io/drop-app:v0.4.9",
    "checks": {"up": {"type": "tcp"}},
    "metadata": {"fly_platform_version": "v2"},
}
Told = tuple[str, Mapping[str, Json]]
INTENDED: Told = ("machine.create.intended", {"key": LAUNCH, "blue": BLUE, "launch": True})
MADE: Told = ("machine.create.settled", {"key": LAUNCH, "result": "made", "machine": GREEN, "instance_id": "01G"})
NOT_MADE: Told = ("machine.create.settled", {"key": LAUNCH, "result": "not made"})
DESTROYED: Told = ("machine.destroy.intended", {"key": GREEN, "machine": GREEN})
PASSED: Told = ("no_return.passed", {"key": "deploy-trigger"})


def told(*facts: Told) -> Launches:
    entries: list[Entry] = []
    for kind, body in facts:
        fact = Fact(kind=kind, at=INSIDE, by="bot", body=body)
        entries.append(chained(fact, after=entries[-1] if entries else None))
    return launches_of(entries)


def machine(id: MachineId, *, config: Mapping[str, Json] = CONFIG, cordoned: bool = False) -> Machine:
    return Machine(
        id=id,
        instance_id="01A",
        state="started",
        digest=OLD,
        tag="v0.4.9",
        config=config,
        checks={"up": "passing"},
        cordoned=cordoned,
    )


def planned(id: MachineId) -> PlannedMachine:
    return replace(builders.survey().machines[0], id=id)


def pairs(launches: Launches, *seen: Machine, ids: Sequence[MachineId] = (BLUE,)) -> Pairs:
    return Pairs(tuple(planned(id) for id in ids), {one.id: one for one in seen}, launches)


BLUE_THERE, BLUE_CORDONED = machine(BLUE), machine(BLUE, cordoned=True)
GREEN_OPEN, GREEN_CORDONED = machine(GREEN), machine(GREEN, cordoned=True)


@pytest.mark.parametrize(
    ("facts", "seen", "stage"),
    [
        ((), (BLUE_THERE,), Stage.AHEAD),
        ((INTENDED, NOT_MADE), (BLUE_THERE,), Stage.AHEAD),
        ((INTENDED, MADE), (BLUE_THERE, GREEN_CORDONED), Stage.MADE),
        ((INTENDED, MADE), (BLUE_THERE,), Stage.AHEAD),
        ((INTENDED, MADE, DESTROYED), (BLUE_THERE, GREEN_CORDONED), Stage.AHEAD),
        ((INTENDED, MADE, PASSED), (BLUE_THERE, GREEN_CORDONED), Stage.WELL),
        ((INTENDED, MADE, PASSED), (BLUE_THERE, GREEN_OPEN), Stage.OPEN),
        ((INTENDED, MADE, PASSED), (BLUE_CORDONED, GREEN_OPEN), Stage.CORDONED),
        ((INTENDED, MADE, PASSED), (GREEN_OPEN,), Stage.THERE),
        ((INTENDED, MADE, PASSED), (BLUE_THERE,), Stage.FAILED),
    ],
)
def test_a_pair_stands_where_the_record_and_fly_show_it(
    facts: Sequence[Told], seen: Sequence[Machine], stage: Stage
) -> None:
    (spot,) = pairs(told(*facts), *seen).formation().spots

    assert spot.stage is stage


def test_later_steps_act_on_the_new_machine_once_the_point_of_no_return_is_passed() -> None:
    plan = replace(builders.plan_for(builders.opened()), machines=(planned(BLUE), planned(OTHER)))

    before, after = told(INTENDED, MADE).in_place(plan), told(INTENDED, MADE, PASSED).in_place(plan)

    assert before == plan
    assert [one.id for one in after.machines] == [GREEN, OTHER]
    assert after.machines[0].instance_id == "01G"


def test_a_machine_on_a_lost_host_is_left_out() -> None:
    lost = replace(machine(OTHER), reachable=False)

    formation = pairs(Launches(), BLUE_THERE, lost, ids=(BLUE, OTHER)).formation()

    assert [spot.id for spot in formation.spots] == [BLUE]


def test_new_machines_stand_still_as_the_old_ones_do_but_for_one_of_a_group_that_is_all_still() -> None:
    """flyctl: in each group one is started all the same, or nobody would know whether it is well."""
    still = [replace(machine(id), state="stopped") for id in (BLUE, OTHER)]

    formation = pairs(Launches(), *still, ids=(BLUE, OTHER)).formation()
    mixed = pairs(Launches(), BLUE_THERE, still[1], ids=(BLUE, OTHER)).formation()

    assert [spot.launch for spot in formation.spots] == [True, False]
    assert [spot.launch for spot in mixed.spots] == [True, False]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"mounts": [{"volume": "vol_1"}]}, "a volume cannot follow to another machine"),
        ({"standbys": [BLUE]}, "a standby stands in for a machine that would be gone"),
        ({"metadata": {}}, "not made by a deployment (fly_platform_version is not v2)"),
    ],
)
def test_one_machine_that_cannot_be_replaced_refuses_them_all(change: Mapping[str, Json], words: str) -> None:
    """flyctl PR #4982 for the unmanaged ones."""
    odd = machine(OTHER, config={**CONFIG, **change})

    assert obstacle([BLUE_THERE]) == ""
    assert obstacle([BLUE_THERE, odd]) == f"{words}: {OTHER}"


def test_several_images_are_refused_and_a_lost_host_s_is_not_counted() -> None:
    """flyctl ErrMultipleImageVersions; #5049 for the host."""
    other = replace(machine(OTHER), digest=NEW, tag="v0.5.0")

    assert "the machines run several images" in obstacle([BLUE_THERE, other])
    assert obstacle([BLUE_THERE, replace(other, reachable=False)]) == ""


def test_a_fleet_without_a_check_is_refused_and_one_check_is_enough() -> None:
    """flyctl ErrValidationError, #4565."""
    without: Mapping[str, Json] = {**CONFIG, "checks": {}}
    of_a_service: Mapping[str, Json] = {**without, "services": [{"checks": [{"type": "http"}]}]}

    assert "no machine has a health check" in obstacle([machine(BLUE, config=without)])
    assert obstacle([machine(BLUE, config=without), machine(OTHER, config=of_a_service)]) == ""


def test_a_launch_is_marked_in_the_machine_s_metadata_and_nothing_else_is_touched() -> None:
    marked = with_launch(CONFIG, LAUNCH)

    assert launch_id_of(machine(GREEN, config=marked)) == LAUNCH
    assert {**marked, "metadata": CONFIG["metadata"]} == CONFIG
