"""A machine: its versions, the move that it is in, and its events. Nothing runs; its state follows from the time."""

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from sandbox.fly import events
from sandbox.fly.documents import Json, ulid
from sandbox.fly.errors import Refused
from sandbox.fly.images import Image, Reference
from sandbox.fly.programs import Program
from sandbox.fly.runtime import Runtime

TRANSIENT = {"replacing", "starting", "stopping", "restarting", "suspending", "destroying"}
SIGNALS = {"SIGHUP": 1, "SIGINT": 2, "SIGQUIT": 3, "SIGKILL": 9, "SIGTERM": 15}

_MAY_START = {"stopped", "suspended", "failed"}
_MAY_GO = {"stopped", "suspended", "failed", "created"}
_PULLS = {"created", "replacing", "starting"}
_REFUSES_TO_START = {
    "replacing": "machine getting replaced, refusing to start",
    "started": "machine still active, refusing to start",
}
_MOST_RESTARTS = 10


@dataclass(frozen=True, slots=True)
class Version:
    """One configuration of a machine, with the image that it got; `image` is None where the pull fails."""

    id: str
    config: Json
    reference: Reference
    image: Image | None


@dataclass(frozen=True, slots=True)
class _Move:
    """From now on, for a while, the machine is in `state`, and then at rest in `ends_in`."""

    state: str
    ends_in: str
    back_to: Version
    since: float
    at: datetime
    seconds: float
    reverts: bool = False
    launches: bool = False  # once at rest it goes on to start


@dataclass(frozen=True, slots=True)
class _Process:
    program: Program
    since: float
    at: datetime


@dataclass(slots=True)
class Machine:
    """One machine. Whoever looks at it lets it `settle` first."""

    id: str
    name: str
    region: str
    version: Version
    created_at: datetime
    runtime: Runtime
    host_status: str = "ok"
    cordoned: bool = False
    up_since: float = float("-inf")
    hidden_until: float = float("-inf")
    updated_at: datetime = field(init=False)
    running: Version = field(init=False)  # what its process was started from
    events: list[Json] = field(default_factory=list)
    history: list[Version] = field(default_factory=list)
    rest: str = "started"
    _frozen: bool = False  # suspended: it will go on with what it has in memory, whatever it was updated to
    _restarts: int = 0
    _move: _Move | None = None
    _process: _Process | None = None

    def __post_init__(self) -> None:
        self.updated_at, self.running = self.created_at, self.version

    @property
    def state(self) -> str:
        return self._move.state if self._move else self.rest

    @property
    def config(self) -> Json:
        return self.version.config

    @property
    def volumes(self) -> set[str]:
        """The ids of the volumes that it mounts."""
        return {str(mount.get("volume")) for mount in self.config.get("mounts") or []}

    def settle(self) -> None:
        """Let everything happen that has had its time, in its order."""
        while self._finishes_its_move() or self._sees_its_process_end():
            pass

    def instances(self) -> list[tuple[str, str]]:
        """Each version that a wait may ask for, with its state: the newest first, the replaced ones last."""
        running = self._move.back_to if self._move else self.version
        swapped = [] if running is self.version else [(running.id, self.rest)]
        gone = [one for one in reversed(self.history) if one is not running and one is not self.version]
        return [(self.version.id, self.state), *swapped, *((one.id, "replaced") for one in gone)]

    def refuse_while_moving(self) -> None:
        """409 while an earlier move is not over."""
        if self.state in TRANSIENT:
            raise Refused(409, f"machine is {self.state}: concurrent update in progress")

    def launch(self, *, start: bool) -> None:
        """Pull the image of a machine that was just created, and start it unless it is to wait for a start."""
        self.hidden_until = self.runtime.stopwatch() + self.runtime.durations.unseen
        self._tell("launch", "created", "user", self.created_at)
        self.rest = "created"
        self._begin("created", "stopped", launches=start)

    def update(
        self, config: Json, reference: Reference, image: Image | None, *, launch: bool, reverts: bool = False
    ) -> None:
        """Take the whole configuration for the old one, and begin the swap. The history of events is gone at once.

        With `reverts` the old configuration comes back in the end, as a version of its own, and nobody is told.
        """
        before, at = self.version, self.runtime.now()
        self.history.append(before)
        self.version = Version(ulid(at), config, reference, image)
        self.events.clear()
        self._begin("replacing", self._rest_after_update(launch), back_to=before, reverts=reverts)
        self._tell("update", "replacing", "user", at)

    def start(self) -> str:
        """Start a machine that stands still, and say what state it was in; 412 for one that does not."""
        before = self.state
        if before not in _MAY_START:
            unable = f"unable to start machine from current state: '{before}'"
            raise Refused(412, _REFUSES_TO_START.get(before, unable))
        self._begin("starting", "started")
        self._tell("start", "starting", "user", self.runtime.now())
        return before

    def stop(self) -> None:
        """Stop it; one that is stopped already stays so, without an error."""
        if self.state in TRANSIENT:
            raise Refused(412, f"unable to stop machine from current state: '{self.state}'")
        if self.rest == "started":
            self._begin("stopping", "stopped")
            self._tell("stop", "stopping", "user", self.runtime.now())

    def suspend(self) -> None:
        """Freeze a started machine."""
        self._needs_to_be_started("suspend")
        self._begin("suspending", "suspended")
        self._tell("suspend", "suspending", "user", self.runtime.now())

    def restart(self) -> None:
        """Stop and start on the same version: new secrets stay unseen."""
        self._needs_to_be_started("restart")
        self._begin("restarting", "started")
        self._tell("restart", "restarting", "user", self.runtime.now())

    def signal(self, number: int) -> None:
        """Send the process a signal, of which it dies; the restart policy says what then."""
        self._needs_to_be_started("signal")
        ended = Program(0, 128 + number, signal=number)
        self._process = _Process(ended, self.runtime.stopwatch(), self.runtime.now())
        self.settle()

    def destroy(self, *, force: bool) -> None:
        """Destroy it; without force only a machine that stands still."""
        if self.state not in _MAY_GO and not force:
            raise Refused(412, f"unable to destroy machine from current state: '{self.state}'")
        self._begin("destroying", "destroyed")
        self._tell("destroy", "destroying", "user", self.runtime.now())

    def annotate(self, metadata: Json) -> None:
        """Give it other metadata under the same version."""
        self.version = replace(self.version, config={**self.config, "metadata": metadata})

    def _needs_to_be_started(self, deed: str) -> None:
        if self.state != "started":
            raise Refused(412, f"unable to {deed} machine from current state: '{self.state}'")

    def _rest_after_update(self, launch: bool) -> str:
        if self.rest == "suspended":
            return "suspended"
        return "started" if launch and self.rest in {"started", "failed"} else "stopped"

    def _begin(
        self, state: str, ends_in: str, *, back_to: Version | None = None, reverts: bool = False, launches: bool = False
    ) -> None:
        self._restarts = 0
        if state != "suspending":
            self._process = None
        self._move = _Move(
            state,
            ends_in,
            back_to or self.version,
            self.runtime.stopwatch(),
            self.runtime.now(),
            self.runtime.durations.move,
            reverts,
            launches,
        )
        self.updated_at = self._move.at

    def _finishes_its_move(self) -> bool:
        move = self._move
        if move is None or self.runtime.stopwatch() - move.since < move.seconds:
            return False
        self._move = None
        ended = move.at + timedelta(seconds=move.seconds)
        pulled = move.state not in _PULLS or self._keeps_its_version(move, ended)
        self._come_to_rest(move if pulled else replace(move, ends_in="failed", launches=False), ended)
        return True

    def _keeps_its_version(self, move: _Move, at: datetime) -> bool:
        """False when the pull failed and there is no version to go back to; nobody is told of one that there is."""
        if self.version.image is not None and not move.reverts:
            return True
        if move.back_to is self.version:
            return False
        self.history.append(self.version)
        self.version = replace(move.back_to, id=ulid(at)) if move.reverts else move.back_to
        return True

    def _come_to_rest(self, move: _Move, at: datetime) -> None:
        if self.rest == "started" and move.ends_in != "suspended":
            code = events.KILLED if move.ends_in == "destroyed" else 0
            self.events.insert(0, events.requested_exit(at, exit_code=code))
        self.rest, self.updated_at = move.ends_in, at
        until = move.since + move.seconds
        if move.launches:
            self._move = replace(move, state="starting", ends_in="started", since=until, at=at, launches=False)
        if move.ends_in == "started":
            self._comes_up(move, until, at)
        if move.ends_in == "destroyed":
            self._tell("destroy", "destroyed", "flyd", at)
        self._frozen = move.ends_in == "suspended"

    def _comes_up(self, move: _Move, since: float, at: datetime) -> None:
        resumed = move.state == "starting" and self._frozen
        self.up_since, self.running = since, self.running if resumed else self.version
        self._tell("start", "started", "flyd", at)
        program = self.runtime.begin(self.config, self.running.image)
        self._process = _Process(program, since, at) if program else None

    def _sees_its_process_end(self) -> bool:
        process = self._process
        if process is None or self.rest != "started" or self._move:
            return False
        if self.runtime.stopwatch() - process.since < process.program.seconds:
            return False
        self._process = None
        since, at = process.since + process.program.seconds, process.at + timedelta(seconds=process.program.seconds)
        self.runtime.ended(process.program, at, instance=self.id, region=self.region)
        self._exits(process.program, since, at)
        return True

    def _exits(self, program: Program, since: float, at: datetime) -> None:
        """Tell of the exit, and begin what the configuration wants then: another start, the end, or nothing."""
        restarting, one_off = self._restarts_after(program), bool(self.config.get("auto_destroy"))
        self._restarts += restarting
        told = events.own_exit(
            at,
            exit_code=program.exit_code,
            signal=program.signal,
            restarts=self._restarts,
            restarting=restarting,
            monitored=one_off,
        )
        self.events.insert(0, told)
        self.rest, self.updated_at = "stopped", at
        if restarting or one_off:
            state, ends_in = ("starting", "started") if restarting else ("destroying", "destroyed")
            self._move = _Move(state, ends_in, self.version, since, at, self.runtime.durations.move)

    def _restarts_after(self, program: Program) -> bool:
        restart = self.config.get("restart") or {}
        policy, most = restart.get("policy", "on-failure"), restart.get("max_retries", _MOST_RESTARTS)
        wanted = policy == "always" or (policy == "on-failure" and program.exit_code != 0)
        return wanted and (policy == "always" or self._restarts < most)

    def _tell(self, kind: str, status: str, source: str, at: datetime) -> None:
        self.events.insert(0, events.event(kind, status, source, at))
