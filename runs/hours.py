"""Whether something may be begun now that only begins inside the window."""

from commands.deps import CLOCK_WRONG
from runs.deps import RunDeps
from runs.mutation import StepFailed


def refuse_closed(deps: RunDeps, what: str) -> None:
    """Raises StepFailed while the window is closed, or the clock cannot tell; `what` is what would have begun."""
    skew = deps.skew()
    if skew is None or abs(skew) > CLOCK_WRONG:
        raise StepFailed(f"the clock is wrong by {skew}: nobody can tell whether the window is open")
    if not deps.calendar.explain(deps.now()).open:
        raise StepFailed(f"the window closed before {what} was begun")
