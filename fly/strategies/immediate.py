"""Immediate: all machines at once, as many as Fly takes. For a way back when nothing is healthy any more."""

from dataclasses import dataclass

from checklist.rollout import Action, Formation, Stage, Update

AT_ONCE = 8  # flyctl's own limit, from refusals for too many requests


@dataclass(frozen=True, slots=True)
class Immediate:
    """Nothing is held back: whatever may be away is away already."""

    max_unavailable: float

    def next(self, formation: Formation) -> tuple[Action, ...]:
        room = AT_ONCE - len(formation.at(Stage.IN_HAND))
        return tuple(Update(spot.id) for spot in formation.at(Stage.AHEAD)[: max(0, room)])
