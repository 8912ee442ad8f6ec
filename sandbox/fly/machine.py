"""A machine: its versions, the move that it is in, and its events. Nothing runs; its state follows from the time."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sandbox.fly.documents import Json, milliseconds, timestamp, ulid
from sandbox.fly.errors import Refused
from sandbox.fly.images import Image, Reference

SECONDS_OF_A_MOVE = 0.3
TRANSIENT = {"replacing", "starting", "stopping"}

_MAY_START = {"stopped", "suspended", "failed"}
_REFUSES_TO_START = {
    "replacing": "machine getting replaced, refusing to start",
    "started": "machine still active, refusing to start",
}
_REQUESTED_EXIT = {
    "exit_code": 0,
    "guest_exit_code": 0,
    "guest_signal": -1,
    "signal": -1,
    "oom_killed": False,
    "requested_stop": True,
    "restarting": False,
}


@dataclass(frozen=True, slots=True)
class Version:
    """One configuration of a machine, with the image that it got; `image` is None where the pull fails."""

    id: str
    config: Json
    reference: Reference
    image: Image | None


@dataclass(frozen=True, slots=True)
class _Move:
    state: str
    since: float
    at: datetime
    ends_in: str
    back_to: Version


@dataclass(slots=True)
class Machine:
    """One machine. Real time (`stopwatch`) ends its moves; the moved clock (`now`) dates them."""

    id: str
    name: str
    region: str
    version: Version
    created_at: datetime
    now: Callable[[], datetime]
    stopwatch: Callable[[], float]
    host_status: str = "ok"
    cordoned: bool = False
    up_since: float = float("-inf")
    updated_at: datetime = field(init=False)
    events: list[Json] = field(default_factory=list)
    history: list[Version] = field(default_factory=list)
    _rest: str = "started"
    _move: _Move | None = None

    def __post_init__(self) -> None:
        self.updated_at = self.created_at

    @property
    def state(self) -> str:
        return self._move.state if self._move else self._rest

    def settle(self) -> None:
        """Let a move that has had its time be over. Whoever looks at a machine calls this first."""
        move = self._move
        if move is None or self.stopwatch() - move.since < SECONDS_OF_A_MOVE:
            return
        self._move = None
        if self.version.image is None:  # the pull failed, and nobody is told (reported against flyctl)
            self.history.append(self.version)
            self.version = move.back_to
        self._come_to_rest(move)

    def instances(self) -> list[tuple[str, str]]:
        """Each version that a wait may ask for, with its state: the newest first, the replaced ones last."""
        running = self._move.back_to if self._move else self.version
        swapped = [] if running is self.version else [(running.id, self._rest)]
        gone = [one for one in reversed(self.history) if one is not running and one is not self.version]
        return [(self.version.id, self.state), *swapped, *((one.id, "replaced") for one in gone)]

    def refuse_while_moving(self) -> None:
        """409 while an earlier move is not over."""
        if self.state in TRANSIENT:
            raise Refused(409, f"machine is {self.state}: concurrent update in progress")

    def update(self, config: Json, reference: Reference, image: Image | None, *, launch: bool) -> None:
        """Take the whole configuration for the old one, and begin the swap. The history of events is gone at once."""
        before, at = self.version, self.now()
        self.history.append(before)
        self.version = Version(ulid(at), config, reference, image)
        runs = launch and self._rest in {"started", "failed"}
        self.events.clear()
        self._begin("replacing", "started" if runs else "stopped", before)
        self._tell("update", "replacing", "user", at)

    def start(self) -> str:
        """Start a machine that stands still, and say what state it was in; 412 for one that does not."""
        before = self.state
        if before not in _MAY_START:
            unable = f"unable to start machine from current state: '{before}'"
            raise Refused(412, _REFUSES_TO_START.get(before, unable))
        self._begin("starting", "started", self.version)
        self._tell("start", "starting", "user", self.now())
        return before

    def stop(self) -> None:
        """Stop it; one that is stopped already stays so, without an error."""
        if self.state in TRANSIENT:
            raise Refused(412, f"unable to stop machine from current state: '{self.state}'")
        if self._rest == "started":
            self._begin("stopping", "stopped", self.version)
            self._tell("stop", "stopping", "user", self.now())

    def _begin(self, state: str, ends_in: str, back_to: Version) -> None:
        self.updated_at = self.now()
        self._move = _Move(state, self.stopwatch(), self.updated_at, ends_in, back_to)

    def _come_to_rest(self, move: _Move) -> None:
        ended = move.at + timedelta(seconds=SECONDS_OF_A_MOVE)
        if self._rest == "started":
            exit_event = {**_REQUESTED_EXIT, "exited_at": timestamp(ended)}
            self._tell("exit", "stopped", "flyd", ended, request={"exit_event": exit_event, "restart_count": 0})
        if move.ends_in == "started":
            self.up_since = move.since + SECONDS_OF_A_MOVE
            self._tell("start", "started", "flyd", ended)
        self._rest, self.updated_at = move.ends_in, ended

    def _tell(self, kind: str, status: str, source: str, at: datetime, **more: Json) -> None:
        event = {"id": ulid(at), "type": kind, "status": status, "source": source, "timestamp": milliseconds(at)}
        self.events.insert(0, {**event, **more})
