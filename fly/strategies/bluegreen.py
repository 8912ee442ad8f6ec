"""Bluegreen: a green machine beside each blue one; once all greens are healthy they are let in, and the blues go."""

from collections.abc import Mapping
from dataclasses import dataclass
from math import ceil

from checklist.rollout import Action, Cordon, Create, Destroy, Formation, PassTime, Stage, Stop, Uncordon, Watch

MOST_CREATES = 8  # at once, and no more than a third of the fleet (flyctl)

ACTIONS: Mapping[Stage, type[Action]] = {
    Stage.AHEAD: Create,
    Stage.MADE: Watch,
    Stage.WELL: Uncordon,
    Stage.OPEN: PassTime,
    Stage.KNOWN: Cordon,
    Stage.CORDONED: PassTime,
    Stage.FORGOTTEN: Stop,
    Stage.STOPPED: Destroy,
}


@dataclass(frozen=True, slots=True)
class BlueGreen:
    """All machines take each stair together: none is let in before all are healthy, no blue goes before all are in."""

    max_unavailable: float  # of no use here: no machine is ever away

    def next(self, formation: Formation) -> tuple[Action, ...]:
        """Nothing more once a machine has failed: what then becomes of the greens is not a matter of order."""
        if formation.at(Stage.FAILED):
            return ()
        in_hand = len(formation.at(Stage.IN_HAND))
        if ahead := formation.at(Stage.AHEAD):
            return tuple(Create(spot.id) for spot in ahead[: max(0, _at_once(formation) - in_hand)])
        lowest = next((stage for stage in ACTIONS if formation.at(stage)), None)
        if lowest is None or in_hand:
            return ()
        return tuple(ACTIONS[lowest](spot.id) for spot in formation.at(lowest))


def _at_once(formation: Formation) -> int:
    return max(1, min(ceil(len(formation.spots) / 3), MOST_CREATES))
