"""Named switches that make a stand-in misbehave in one particular way."""

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(slots=True)
class Fault:
    """One switch. `limit` is how often a fault strikes before it goes off by itself; None is until told."""

    name: str
    label: str
    limit: int | None = None
    on: bool = False
    left: int = 0


class UnknownFault(LookupError):
    """There is no switch of that name."""


class Faults:
    """All the switches. A stand-in asks `on(name)` for a condition, or `strikes(name)` for a thing that happens."""

    def __init__(self) -> None:
        self._faults = {fault.name: fault for fault in _all()}
        self._listeners: list[Callable[[str, bool], None]] = []

    def on(self, name: str) -> bool:
        """Whether the fault is on."""
        return self._named(name).on

    def strikes(self, name: str) -> bool:
        """Whether the fault hits this very moment; one that has a limit uses up one of its turns."""
        fault = self._named(name)
        if not fault.on:
            return False
        if fault.limit is not None:
            fault.left -= 1
            if fault.left <= 0:
                self.switch(name, on=False)
        return True

    def switch(self, name: str, *, on: bool, times: int | None = None) -> None:
        """Turn a fault on or off; `times` overrides how often it strikes."""
        fault = self._named(name)
        fault.on = on
        fault.left = (times or fault.limit or 0) if on else 0
        for listener in self._listeners:
            listener(name, on)

    def when_switched(self, listener: Callable[[str, bool], None]) -> None:
        """Call `listener(name, on)` at each switch, for what must happen at that moment."""
        self._listeners.append(listener)

    def snapshot(self) -> list[dict[str, object]]:
        """The switches as the page draws them."""
        return [{"name": fault.name, "label": fault.label, "on": fault.on} for fault in self._faults.values()]

    def _named(self, name: str) -> Fault:
        try:
            return self._faults[name]
        except KeyError as error:
            raise UnknownFault(name) from error


def _all() -> list[Fault]:
    return [
        Fault("failing-health", "New images never pass their health checks on production"),
        Fault("slow-health", "New machines take long to become healthy"),
        Fault("lease-held", "Someone else holds a lease on the first production machine"),
        Fault("apply-then-timeout", "The next machine update is applied, then the answer is lost", limit=1),
        Fault("reset-before-apply", "The next machine update is cut off before it is applied", limit=1),
        Fault("fly-down", "Fly.io answers 503"),
        Fault("registry-down", "The image registry answers 503"),
        Fault("unhealthy-app", "The app's own health page says error"),
        Fault("tag-moved", "The tag v0.5.0 now names another image"),
        Fault("slack-down", "Slack answers 503"),
        Fault("slack-ratelimited", "Slack rate-limits the next three writes", limit=3),
        Fault("post-then-timeout", "The next message is posted, then the answer is lost", limit=1),
    ]
