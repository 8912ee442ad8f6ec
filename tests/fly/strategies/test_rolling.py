"""Rolling, canary and immediate: which machines are begun when. Where flyctl tests the same, its test is named."""

import pytest

from checklist.rollout import Formation, Stage, pool
from checklist.words import MachineId, StrategyName
from fly.strategies import STRATEGIES
from fly.strategies.canary import Canary
from fly.strategies.immediate import Immediate
from fly.strategies.rolling import Rolling
from tests.fly.strategies.formations import begins, fleet, goes, unseen


@pytest.mark.parametrize(
    ("machines", "max_unavailable", "at_once"),
    [
        (1, 0.33, 1),
        (2, 0.33, 1),
        (3, 0.33, 1),
        (4, 0.33, 2),
        (10, 0.33, 4),
        (10, 0.5, 5),
        (10, 3, 3),
        (2, 3, 2),
        (10, 1, 1),
    ],
)
def test_as_many_may_be_away_as_flyctl_s_pool_has(machines: int, max_unavailable: float, at_once: int) -> None:
    """flyctl `getPoolSize`: a number from 1 on, a part rounded up below, and never none."""
    assert pool(machines, max_unavailable) == at_once


def test_one_machine_goes_alone_and_then_the_pool() -> None:
    """flyctl TestUpdateMachines: the spearhead, then the rest."""
    assert goes(Rolling(2), fleet(warm=5)) == [["w1"], ["w2", "w3"], ["w4", "w5"]]


def test_the_next_machine_is_begun_as_soon_as_one_is_over() -> None:
    formation = fleet(warm=5).moved(MachineId("w1"), Stage.THERE)
    formation = formation.moved(MachineId("w2"), Stage.IN_HAND).moved(MachineId("w3"), Stage.IN_HAND)

    assert begins(Rolling(2), formation) == []
    assert begins(Rolling(2), formation.moved(MachineId("w3"), Stage.THERE)) == ["w4"]


def test_cold_machines_have_a_pool_of_their_own_once_the_first_warm_one_is_well() -> None:
    """flyctl TestUpdateMachines: cold machines are not counted among those that may be away."""
    assert goes(Rolling(1), fleet(warm=3, cold=2)) == [["w1"], ["w2", "c1", "c2"], ["w3"]]


def test_a_fleet_that_stands_still_is_updated_in_pools_of_thirty() -> None:
    assert [len(wave) for wave in goes(Rolling(1), fleet(cold=35))] == [30, 5]


def test_a_machine_that_fly_does_not_show_makes_no_room_for_another_one() -> None:
    """It may stand still: then only those that are seen to run serve anybody."""
    formation = unseen(fleet(warm=2, cold=1), "c1").moved(MachineId("c1"), Stage.THERE)

    assert begins(Rolling(0.5), formation) == ["w1"]
    assert goes(Rolling(0.5), unseen(fleet(warm=4), "w1", "w2", "w3", "w4")) == [["w1"], ["w2", "w3"], ["w4"]]


def test_process_groups_are_kept_apart_one_after_the_other() -> None:
    app, worker = fleet(warm=2), fleet(warm=2, group="worker")
    workers = tuple(worker.spots[n].__class__(id=MachineId(f"k{n}"), group="worker", warm=True) for n in (1, 0))
    both = Formation((*app.spots, *workers))

    assert goes(Rolling(2), both) == [["w1"], ["w2"], ["k1"], ["k0"]]


def test_nothing_is_begun_beside_the_first_machine_while_it_is_in_hand() -> None:
    assert begins(Rolling(3), fleet(warm=3).moved(MachineId("w1"), Stage.IN_HAND)) == []


def test_a_machine_that_failed_is_not_begun_again_by_the_strategy() -> None:
    assert goes(Rolling(1), fleet(warm=3), failing={"w2"}) == [["w1"], ["w2"], ["w3"]]


@pytest.mark.parametrize("max_unavailable", [1, 2, 3, 0.33, 0.5, 1.0])
@pytest.mark.parametrize("count", [1, 2, 3, 7, 10, 50])
def test_never_more_are_away_than_may_be(count: int, max_unavailable: float) -> None:
    waves = goes(Rolling(max_unavailable), fleet(warm=count))

    assert max(len(wave) for wave in waves) <= pool(count, max_unavailable)
    assert sorted(id for wave in waves for id in wave) == sorted(spot.id for spot in fleet(warm=count).spots)


def test_a_canary_is_one_running_machine_before_all_others() -> None:
    """flyctl TestDeployMachinesApp, on the newer path: an existing machine, one that runs if there is one."""
    formation = Formation((*fleet(cold=1).spots, *fleet(warm=3).spots))

    assert goes(Canary(2), formation) == [["w1"], ["w2", "w3", "c1"]]


def test_nothing_follows_a_canary_that_died() -> None:
    assert goes(Canary(2), fleet(warm=3), failing={"w1"}) == [["w1"]]


def test_immediate_takes_all_at_once_as_far_as_fly_does() -> None:
    assert [len(wave) for wave in goes(Immediate(1), fleet(warm=18, cold=1))] == [8, 8, 3]


def test_no_machine_that_fails_keeps_the_others_from_an_immediate_way_back() -> None:
    assert goes(Immediate(1), fleet(warm=3), failing={"w1"}) == [["w1", "w2", "w3"]]


def test_every_strategy_has_a_name_that_the_checklist_may_use() -> None:
    assert STRATEGIES.keys() == set(StrategyName)
