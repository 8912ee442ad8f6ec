"""Rolling: in each process group one machine alone, then as many at once as may be away; cold machines apart."""

from dataclasses import dataclass

from checklist.rollout import Action, Formation, Stage, Update, pool

COLD_AT_ONCE = 30  # as flyctl: nobody is served by a machine that stands still


@dataclass(frozen=True, slots=True)
class Rolling:
    """The strategy of most deployments. `max_unavailable` counts machines from 1 on, and is a part of them below."""

    max_unavailable: float

    def next(self, formation: Formation) -> tuple[Action, ...]:
        """One process group after the other: the image that breaks the first of them never reaches the second."""
        unfinished = (group for group in formation.groups() if group.at(Stage.AHEAD, Stage.IN_HAND))
        group = next(unfinished, None)
        return self._of_group(group) if group else ()

    def _of_group(self, group: Formation) -> tuple[Action, ...]:
        warm = Formation(tuple(spot for spot in group.spots if spot.warm))
        if warm.spots and not warm.at(Stage.THERE, Stage.FAILED):
            return _begin(warm, 1)
        cold = Formation(tuple(spot for spot in group.spots if not spot.warm))
        return _begin(warm, pool(_running(warm), self.max_unavailable)) + _begin(cold, COLD_AT_ONCE)


def _running(warm: Formation) -> int:
    """Of so many a part may be away: of those that are seen to run, as others may stand still; of all if none is."""
    return sum(spot.seen for spot in warm.spots) or len(warm.spots)


def _begin(formation: Formation, at_once: int) -> tuple[Action, ...]:
    room = at_once - len(formation.at(Stage.IN_HAND))
    return tuple(Update(spot.id) for spot in formation.at(Stage.AHEAD)[: max(0, room)])
