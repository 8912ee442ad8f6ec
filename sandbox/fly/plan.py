"""The fault plan: which call of which route goes wrong, and how; and the count of calls by which it is written."""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from enum import StrEnum
from typing import Self

ANY = "any"
ANY_READ = "any read"
ANY_CHANGE = "any change"


class Kind(StrEnum):
    """What can happen to a call. "Before" and "then" say on which side of taking effect."""

    REJECT = "reject"
    UNAVAILABLE = "unavailable"
    RATE_LIMITED = "429"
    TIMEOUT_BEFORE_APPLY = "timeout-before-apply"
    RESET_BEFORE_APPLY = "reset-before-apply"
    APPLY_THEN_TIMEOUT = "apply-then-timeout"
    APPLY_THEN_RESET = "apply-then-reset"
    SLOW = "slow"
    STALE_READ = "stale-read"
    GARBAGE = "garbage"


class Misplanned(ValueError):
    """A line of a plan that could never strike, or that nobody can read; the text says what is possible."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedFault:
    """One line of the plan: the n-th call of a route, counted from when it was planned; with `forever` each later one.

    `seconds` is how long a slow answer takes, and how long a call hangs before the connection is cut.
    `text` is the error of a rejection, or the body of a garbled answer.
    """

    kind: Kind
    route: str = ANY
    nth: int = 1
    forever: bool = False
    status: int = 422
    text: str = ""
    seconds: float = 0.05
    retry_after: str = ""

    @classmethod
    def read(cls, line: object) -> Self:
        """A line as JSON has it. Raises Misplanned."""
        if not isinstance(line, Mapping):
            raise Misplanned("each fault is an object")
        allowed = {one.name for one in fields(cls)}
        if unknown := sorted(set(line) - allowed):
            raise Misplanned(f"unknown: {', '.join(unknown)}; a fault has {', '.join(sorted(allowed))}")
        if line.get("kind") not in {*Kind}:
            raise Misplanned(f"unknown kind: {line.get('kind')}; there are {', '.join(Kind)}")
        for one in fields(cls):
            _typed(one.name, line.get(one.name))
        return cls(**{**line, "kind": Kind(line["kind"])})


@dataclass(frozen=True, slots=True)
class Seen:
    """A call that came: its number since the count began, what it was, and what was done to it."""

    index: int
    method: str
    route: str
    fault: Kind | None


@dataclass(slots=True)
class _Line:
    fault: PlannedFault
    reads_only: bool
    came: int = 0
    struck: int = 0

    def hits(self, method: str, route: str, *, copied: bool) -> bool:
        """Count the call if it is one of this line's, and say whether it is its turn."""
        if self.reads_only and not copied:
            return False
        if self.fault.route not in {ANY, ANY_READ if method in _READS else ANY_CHANGE, route}:
            return False
        self.came += 1
        due = self.came >= self.fault.nth if self.fault.forever else self.came == self.fault.nth
        self.struck += due
        return due


_READS = {"GET", "HEAD"}


@dataclass(slots=True)
class FaultPlan:
    """The lines in force, and every call so far. `routes` is filled by the table of endpoints."""

    routes: dict[str, bool] = field(default_factory=dict)  # each with whether it can be answered from an old copy
    calls: list[Seen] = field(default_factory=list)
    _lines: list[_Line] = field(default_factory=list)

    def add(self, *faults: PlannedFault) -> None:
        """Plan more. Raises Misplanned, and then nothing is planned."""
        for fault in faults:
            self._check(fault)
        self._lines.extend(_Line(fault, fault.kind == Kind.STALE_READ) for fault in faults)

    def replace(self, *faults: PlannedFault) -> None:
        """These faults and no others, and the count begins anew. Raises Misplanned, and then nothing has changed."""
        for fault in faults:
            self._check(fault)
        self.clear()
        self.add(*faults)

    def clear(self) -> None:
        """No faults, and the count begins anew."""
        self._lines.clear()
        self.calls.clear()

    @property
    def struck(self) -> int:
        """How often a planned fault has struck: 0 after a scenario means that it has fewer calls than was planned."""
        return sum(line.struck for line in self._lines)

    @property
    def stales(self) -> bool:
        """Whether a stale read is planned, so that what was true must be kept."""
        return any(line.reads_only for line in self._lines)

    def comes(self, method: str, route: str) -> PlannedFault | None:
        """Count a call, and say what goes wrong with it. The first line whose turn it is has it."""
        copied = self.routes.get(route, False)
        due = [line.fault for line in self._lines if line.hits(method, route, copied=copied)]
        self.calls.append(Seen(len(self.calls) + 1, method, route, due[0].kind if due else None))
        return due[0] if due else None

    def _check(self, fault: PlannedFault) -> None:
        if fault.route not in {ANY, ANY_READ, ANY_CHANGE, *self.routes}:
            known = ", ".join(f'"{route}"' for route in (ANY, ANY_READ, ANY_CHANGE, *sorted(self.routes)))
            raise Misplanned(f"unknown route: {fault.route}; there are {known}")
        if fault.nth < 1 or fault.seconds < 0 or not 400 <= fault.status <= 599:
            raise Misplanned("nth begins at 1, seconds are not negative, and a status of an error is from 400 to 599")
        if fault.kind == Kind.STALE_READ and not self.routes.get(fault.route, fault.route != ANY_CHANGE):
            raise Misplanned(f"{fault.route} is no read that an old copy could answer")


def _typed(name: str, value: object) -> None:
    wanted: dict[str, tuple[type, ...]] = {"nth": (int,), "status": (int,), "seconds": (int, float), "forever": (bool,)}
    types = wanted.get(name, (str,))
    if value is not None and (not isinstance(value, types) or (isinstance(value, bool) and bool not in types)):
        raise Misplanned(f"{name} is not {' or '.join(one.__name__ for one in types)}: {value!r}")
