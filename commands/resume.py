"""What a bot does first: a rollback that was begun without it is in its queue."""

from checklist.moves import Status
from commands.deps import Deps, enqueue


def resume(deps: Deps) -> bool:
    """Queue the run that a rollback under way counts as its own; one that is queued already stays one.

    The shell carries a rollback out without the queue, and may have been killed on the way. Returns whether there is
    such a rollback.
    """
    with deps.record.work() as work:
        found = work.deployments.open()
        if found is None or found.status is not Status.ROLLING_BACK:
            return False
        enqueue(work, found, "rollback")
        work.commit()
    return True
