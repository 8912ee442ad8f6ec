"""/drop undo: bring the previous version back together with the configuration that was kept of each machine."""

from checklist.deployment import Deployment
from checklist.words import Restores
from commands.deps import Ask, Deps
from commands.rollback import bring_back


def undo(ask: Ask, deps: Deps) -> Deployment:
    """As a rollback, which it is. Raises NotAllowed, NotNow."""
    return bring_back(ask, deps, Restores.CONFIG)
