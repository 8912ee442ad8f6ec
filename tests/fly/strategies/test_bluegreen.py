"""Bluegreen: what is done to which pair when. Where flyctl tests the same, its test is named."""

from itertools import pairwise

import pytest

from checklist.rollout import STAIRS, Action, Create, Formation, PassTime, Stage, Uncordon
from checklist.words import MachineId
from fly.strategies.bluegreen import BlueGreen
from tests.fly.strategies.formations import fleet

BLUEGREEN = BlueGreen(0.33)
W1, W2, W3 = (MachineId(f"w{n}") for n in (1, 2, 3))


def named(actions: tuple[Action, ...]) -> list[str]:
    return [f"{type(action).__name__} {action.id}" for action in actions]


def goes(formation: Formation) -> list[list[str]]:
    """The whole way, wave after wave."""
    waves = []
    while wave := BLUEGREEN.next(formation):
        waves.append(named(wave))
        for action in wave:
            formation = formation.risen(action.id)
    return waves


def test_all_pairs_take_each_stair_together() -> None:
    """flyctl TestDeploy: create, health, uncordon; then cordon, stop, destroy, with time between."""
    assert goes(fleet(warm=2)) == [
        ["Create w1"],
        ["Create w2"],
        ["Watch w1", "Watch w2"],
        ["Uncordon w1", "Uncordon w2"],
        ["PassTime w1", "PassTime w2"],
        ["Cordon w1", "Cordon w2"],
        ["PassTime w1", "PassTime w2"],
        ["Stop w1", "Stop w2"],
        ["Destroy w1", "Destroy w2"],
    ]


@pytest.mark.parametrize(
    ("machines", "at_once"),
    [(1, 1), (2, 1), (3, 1), (4, 2), (9, 3), (24, 8), (100, 8)],
)
def test_a_third_of_the_machines_is_made_at_once_and_never_more_than_eight(machines: int, at_once: int) -> None:
    """flyctl #3961: more were refused for too many requests."""
    made = BLUEGREEN.next(fleet(warm=machines))

    assert [type(action) for action in made] == [Create] * at_once


def test_another_one_is_made_as_soon_as_there_is_room() -> None:
    formation = fleet(warm=6).moved(W1, Stage.IN_HAND).moved(W2, Stage.IN_HAND)

    assert BLUEGREEN.next(formation) == ()
    assert named(BLUEGREEN.next(formation.moved(W1, Stage.MADE))) == ["Create w3"]


@pytest.mark.parametrize("behind", [Stage.AHEAD, Stage.MADE, Stage.IN_HAND])
def test_no_machine_is_let_in_before_all_new_ones_are_healthy(behind: Stage) -> None:
    """flyctl #4565, #4568: zero checks that pass are no health, so such a machine stays where it is."""
    formation = fleet(warm=3).moved(W1, Stage.WELL).moved(W2, Stage.WELL).moved(W3, behind)

    assert not any(isinstance(action, Uncordon) for action in BLUEGREEN.next(formation))


@pytest.mark.parametrize("behind", [Stage.WELL, Stage.OPEN, Stage.KNOWN, Stage.IN_HAND])
def test_no_old_machine_goes_before_all_new_ones_are_let_in_and_known(behind: Stage) -> None:
    """flyctl #3297: traffic was lost when the old ones stopped right after the cordon."""
    formation = fleet(warm=2).moved(W1, Stage.CORDONED).moved(W2, behind)

    assert all(action.id == W2 for action in BLUEGREEN.next(formation))


def test_time_passes_before_the_cordon_and_again_before_the_stop() -> None:
    waves = goes(fleet(warm=1))

    after_time = [later for earlier, later in pairwise(waves) if earlier == ["PassTime w1"]]
    assert after_time == [["Cordon w1"], ["Stop w1"]]
    assert PassTime(W1) in BLUEGREEN.next(fleet(warm=1).moved(W1, Stage.OPEN))


@pytest.mark.parametrize("stage", STAIRS)
def test_nothing_is_begun_once_a_machine_has_failed(stage: Stage) -> None:
    """flyctl's Rollback: what was made is taken away; here that is for whoever executes it."""
    assert BLUEGREEN.next(fleet(warm=2).moved(W1, stage).moved(W2, Stage.FAILED)) == ()


@pytest.mark.parametrize("stage", STAIRS)
def test_whatever_was_reached_before_a_crash_the_rest_of_the_way_is_the_same(stage: Stage) -> None:
    whole, reached = goes(fleet(warm=1)), fleet(warm=1).moved(W1, stage)

    rest = goes(reached)

    assert rest == whole[len(whole) - len(rest) :]
    assert len(rest) == len(STAIRS) - 1 - STAIRS.index(stage)
