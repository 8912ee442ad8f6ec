"""When a process dies: five moments of each call that it makes."""

POINTS = ("before-intent", "after-intent", "in-flight", "before-outcome", "after-outcome")


def moment(events: list[str], call: str, nth: int, point: str) -> int:
    """The number of the event at which the process dies."""
    begins = [place for place, event in enumerate(events, start=1) if event == f"before {call}"][nth - 1]
    answered = events.index(f"after {call}", begins) + 1
    earlier = [place for place in range(1, begins) if events[place - 1] == "before record.commit"]
    return {
        "before-intent": earlier[-1] if earlier else begins,
        "after-intent": begins,
        "in-flight": answered,
        "before-outcome": _next(events, "before record.commit", answered),
        "after-outcome": _next(events, "after record.commit", answered),
    }[point]


def _next(events: list[str], event: str, after: int) -> int:
    return events.index(event, after) + 1
