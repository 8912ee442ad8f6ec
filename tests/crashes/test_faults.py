"""Each call to Fly goes wrong, in each way: once, and until Fly is well again. The deployment ends well all the same.

In each scene. What a process may do meanwhile is what the history's invariants say; tests/crashes/aftermath.py counts
the machines that serve, and looks for whatever is left.
"""

import os

import pytest

from checklist.moves import Status
from sandbox.fly.plan import Kind, PlannedFault
from tests.crashes.passages import Left, spoilt, undisturbed
from tests.crashes.scenes import GIVEN_UP, SCENES, Scene

FEWEST_CALLS = 50  # of any passage: fewer, and a sweep has looked at nothing
IN_TEST = 2  # faults of each scene and length; every one of them is in the soak
STRIDE = int(os.environ.get("SOAK_STRIDE", "1"))  # of a soak: each call, or each such one, in turn for each kind
KINDS = tuple(kind for kind in Kind if kind is not Kind.SLOW)
LENGTHS = pytest.mark.parametrize("forever", [False, True], ids=["once", "until it heals"])


EVERY = {**SCENES, **GIVEN_UP}


def holds(left: Left, scene: Scene) -> None:
    assert left.violations == []
    assert left.end.status is Status.ROLLED_BACK or (scene.gives_up and left.end.status is Status.ABANDONED)


def sweeps(scene: Scene, kind: Kind, *, forever: bool) -> int:
    """Call after call goes wrong, until a passage has no such call. Returns the number of the first that it has not."""
    nth = 1 + KINDS.index(kind) % STRIDE
    while (left := spoilt(PlannedFault(kind=kind, nth=nth, forever=forever), scene)).struck:
        holds(left, scene)
        nth += STRIDE
    return nth


@LENGTHS
@pytest.mark.parametrize("scene", EVERY.values(), ids=EVERY)
def test_a_call_may_go_wrong_in_one_way_or_another(scene: Scene, *, forever: bool) -> None:
    calls, place = undisturbed(scene).calls, [*EVERY.values()].index(scene)

    for turn in range(IN_TEST):
        kind, nth = (
            KINDS[(2 * place + 4 * forever + turn) % len(KINDS)],
            1 + (7 * place + calls * turn // 3) % (calls // 2),
        )
        left = spoilt(PlannedFault(kind=kind, nth=nth, forever=forever), scene)
        holds(left, scene)
        assert left.struck >= 1


@pytest.mark.soak
@LENGTHS
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("scene", EVERY.values(), ids=EVERY)
def test_each_call_may_go_wrong_in_each_way(scene: Scene, kind: Kind, *, forever: bool) -> None:
    fewest = FEWEST_CALLS // 2 if kind is Kind.STALE_READ else FEWEST_CALLS  # of which about half are reads

    assert sweeps(scene, kind, forever=forever) > fewest
