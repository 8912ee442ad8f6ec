"""What stands between the product and its ports: everything that goes out is counted, and may be the last thing."""

import inspect
from collections.abc import Awaitable, Callable
from contextlib import AbstractContextManager, suppress
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Self  # a proxy passes on whatever its port takes and gives

from checklist.errors import Outage
from checklist.ports import Record


class Death(BaseException):
    """The process is no more: nothing of it goes on, not even what it would clean up."""


async def _nothing(point: str) -> None:
    """Nobody does anything meanwhile."""


@dataclass(slots=True, kw_only=True)
class Wires:
    """One process's way out. It dies at the event whose number is `last`; a dead one does nothing more."""

    last: int | None = None
    events: list[str] = field(default_factory=list)
    dead: bool = False
    meanwhile: Callable[[str], Awaitable[None]] = _nothing
    keeps_what_is_sent: bool = False  # a call at whose beginning the process dies is still on its way
    sent: Callable[[], Awaitable[object]] | None = None
    arriving: Callable[[], Awaitable[object]] | None = None  # what a process before this one had sent

    async def overtakes(self, event: str, call: Callable[[], Awaitable[object]]) -> None:
        """A call begins; what an earlier process had sent arrives after the first look of this one. Raises Death."""
        await self.meanwhile(event)
        if self.arriving and any(one.startswith("after fleet") for one in self.events):
            arriving, self.arriving = self.arriving, None
            with suppress(Outage):
                await arriving()
        if self.keeps_what_is_sent and not self.dead and len(self.events) + 1 == self.last:
            self.sent = call
        self.passes(f"before {event}")

    def passes(self, event: str) -> None:
        """One more event. Raises Death."""
        if self.dead:
            raise Death
        self.events.append(event)
        if len(self.events) == self.last:
            self.dead = True
            raise Death


class Wired:
    """A port on its wires: each call is an event before it is made, and another one before its answer is heard."""

    def __init__(self, name: str, port: object, wires: Wires) -> None:
        self._name, self._port, self._wires = name, port, wires

    def __getattr__(self, method: str) -> Any:
        """Asked for once: from then on the call is an attribute like any other."""
        call = wired(f"{self._name}.{method}", getattr(self._port, method), self._wires)
        self.__dict__[method] = call
        return call


def wired(name: str, call: Callable[..., Any], wires: Wires) -> Callable[..., Any]:
    """One call on its wires."""

    async def made(*arguments: Any, **more: Any) -> Any:
        await wires.overtakes(name, partial(call, *arguments, **more))
        try:
            answer = await call(*arguments, **more)
        except Exception:  # whatever the port raises is passed on: it is its answer
            wires.passes(f"after {name}")
            raise
        wires.passes(f"after {name}")
        return answer

    return made if inspect.iscoroutinefunction(call) else call


class WiredRecord:
    """The record on its wires: each commit is an event before it and after it."""

    def __init__(self, record: Record, wires: Wires) -> None:
        self._record, self._wires = record, wires

    def work(self) -> AbstractContextManager[Any]:
        return _WiredWork(self._record.work(), self._wires)

    def look(self) -> AbstractContextManager[Any]:
        return self._record.look()


class _WiredWork:
    def __init__(self, unit: AbstractContextManager[Any], wires: Wires) -> None:
        self._unit, self._wires = unit, wires

    def __enter__(self) -> Self:
        self._work = self._unit.__enter__()
        return self

    def __exit__(self, *raised: Any) -> bool | None:
        return self._unit.__exit__(*raised)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._work, name)

    def commit(self) -> None:
        self._wires.passes("before record.commit")
        self._work.commit()
        self._wires.passes("after record.commit")
