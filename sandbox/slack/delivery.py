"""The way from the workspace to the app, whichever it is: Socket Mode, or signed requests to its Request URL."""

from typing import Protocol

from sandbox.slack.wire import Object


class Delivery(Protocol):
    """Carries what people do, and what happens, to the app."""

    @property
    def connections(self) -> int:
        """How many ways there are to the app now; 0 is none."""
        ...

    async def deliver(self, kind: str, payload: Object) -> Object | None:
        """What the app's ack carried, or None when there was none in time. Raises NotConnected."""
        ...

    def send_event(self, event: Object) -> None:
        """Tell the app what happened; an event is sent again when it is not acked."""
        ...

    async def open(self) -> None:
        """Begin."""
        ...

    def break_off(self) -> None:
        """The app is gone: what was on its way is lost."""
        ...

    async def close(self) -> None:
        """End, and forget the events still to be sent."""
        ...
