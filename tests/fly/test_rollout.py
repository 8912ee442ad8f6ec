"""Which machine is next."""

from dataclasses import replace

import pytest

from checklist.errors import Conflict
from checklist.plan import Machine, PlannedMachine
from checklist.words import ImageDigest, MachineId
from fly.rollout import next_machine, next_to_roll_back

NEW, OLD = ImageDigest(f"sha256:{'a' * 64}"), ImageDigest(f"sha256:{'b' * 64}")
A, B, C = (MachineId(id) for id in ("148e21ea7d0089", "3d8d9025b6e189", "5683d4e0b10e58"))


def machine(id: MachineId, digest: ImageDigest = OLD, *, check: str = "passing") -> Machine:
    return Machine(
        id=id, instance_id="01A", state="started", digest=digest, tag="", config={"guest": {}}, checks={"up": check}
    )


def plan(*ids: MachineId) -> list[PlannedMachine]:
    return [PlannedMachine(id=id, instance_id="01A", maintenance=None, config_hash="0") for id in ids]


def test_a_rollout_goes_by_id_one_machine_at_a_time() -> None:
    fleet, done, order = {id: machine(id) for id in (C, A, B)}, set[MachineId](), []

    while following := next_machine(plan(B, C, A), fleet.values(), done, image=NEW):
        order.append(following.id)
        done.add(following.id)
        fleet[following.id] = machine(following.id, NEW)

    assert order == [A, B, C]


def test_nobody_follows_a_machine_that_is_not_healthy() -> None:
    fleet = [machine(A, NEW, check="critical"), machine(B)]

    with pytest.raises(Conflict, match=f"machine {A} was updated, but is not healthy"):
        next_machine(plan(A, B), fleet, {A}, image=NEW)


def test_nobody_follows_a_machine_that_quietly_went_back_to_its_old_image() -> None:
    with pytest.raises(Conflict, match=f"machine {A} was updated, but runs {OLD}"):
        next_machine(plan(A, B), [machine(A), machine(B)], {A}, image=NEW)


@pytest.mark.parametrize(
    ("there", "words"), [((A,), f"{B} is gone"), ((A, B, C), f"{C} is not in the plan"), ((), f"{A} is gone")]
)
def test_a_fleet_that_is_not_the_planned_one_stops_the_rollout(there: tuple[MachineId, ...], words: str) -> None:
    with pytest.raises(Conflict, match=words):
        next_machine(plan(A, B), [machine(id) for id in there], set(), image=NEW)


def test_a_rollback_takes_the_sick_first_and_leaves_alone_who_is_back_already() -> None:
    fleet = [machine(A, NEW), machine(B, NEW, check="critical"), machine(C, OLD)]

    first = next_to_roll_back(fleet, set(), image=OLD)
    second = next_to_roll_back(fleet, {B}, image=OLD)

    assert (first, second) == (fleet[1], fleet[0])
    assert next_to_roll_back(fleet, {A, B}, image=OLD) is None


def test_a_rollback_goes_on_whatever_became_of_the_others() -> None:
    failed = replace(machine(A, NEW), state="failed")

    assert next_to_roll_back([failed, machine(B, NEW)], {A}, image=OLD) == machine(B, NEW)
