"""How soon a machine is read again: with haste only about when it may get well, as the ones before it have shown."""

from dataclasses import dataclass
from datetime import timedelta

HASTE = 4  # reads in the time of one, while a machine may get well
MORE_HASTE = 8  # once it has started, for as long as Fly allows that many

# Machines of one kind take about equally long. Each read costs a request and some milliseconds of the one processor
# that begins and settles the other machines: half of a large fleet is in hand at once.
EARLY = 0.9  # of the quickest one's time; before, a machine that is quicker still is seen at most one pause late
LATE = 2  # times the quickest one's time; a machine that is not well by then is unlike the others, and may never be


@dataclass(frozen=True, slots=True)
class Prospect:
    """When a machine may get well: the shortest time from an update to health so far. None: nobody knows."""

    quickest: timedelta | None = None

    def after(self, took: timedelta) -> "Prospect":
        """What is known once another machine has got well in this time."""
        return Prospect(min(took, self.quickest or took))

    def pause(self, waited: timedelta, *, poll: timedelta, often: int) -> timedelta:
        """Before a machine that was updated so long ago, and is not well yet, is read again.

        With haste it is read `often` times in the time of one `poll`. The moment from which it may be well is not
        slept over.
        """
        soon = poll / often
        if self.quickest is None:
            return soon
        if waited < self.quickest * EARLY:
            return min(poll, max(soon, self.quickest * EARLY - waited))
        return soon if waited < max(self.quickest, poll) * LATE else poll
