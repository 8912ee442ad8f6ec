"""Canary: one machine of the whole app first, watched until it is well; then the rest as a rolling deployment."""

from dataclasses import dataclass

from checklist.rollout import Action, Formation, Stage, Update
from fly.strategies.rolling import Rolling


@dataclass(frozen=True, slots=True)
class Canary:
    """The canary is a machine that is there already, one that runs if there is one (flyctl's newer path)."""

    max_unavailable: float

    def next(self, formation: Formation) -> tuple[Action, ...]:
        if formation.at(Stage.THERE):
            return Rolling(self.max_unavailable).next(formation)
        if formation.at(Stage.IN_HAND, Stage.FAILED):
            return ()
        running_first = sorted(formation.at(Stage.AHEAD), key=lambda spot: not spot.warm)
        return tuple(Update(spot.id) for spot in running_first[:1])
