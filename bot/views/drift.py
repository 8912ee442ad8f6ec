"""What was changed in production outside of Drop, in words."""

from bot.views.text import escape
from checklist.drift import Drift, shortened

LINE = 300  # characters


def drifted(drift: Drift) -> str:
    """What differs, and what to do next."""
    return (
        f"Production was changed outside of Drop, and nobody has acknowledged it:\n{changes(drift)}\n"
        "Find out who did it and why, then `/drop acknowledge` with these words. Until then no deployment is opened or "
        "started; rolling back is possible all the same."
    )


def changes(drift: Drift) -> str:
    """One line for each change."""
    return "\n".join(f"• {escape(line, LINE)}" for line in shortened(drift.lines))
