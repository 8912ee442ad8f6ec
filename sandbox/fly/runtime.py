"""What the machines of one app run on: time, how long things take, and what their processes do."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from sandbox import seed
from sandbox.faults import Faults
from sandbox.fly.documents import Json
from sandbox.fly.durations import Durations
from sandbox.fly.images import Image
from sandbox.fly.programs import Program, Programs

OLD_VERSIONS = "0.4."
SECONDS_TO_CRASH = 0.3


@dataclass(frozen=True, slots=True)
class Runtime:
    """One app's. Real time (`stopwatch`) ends what has begun; the moved clock (`now`) dates it."""

    app: str
    now: Callable[[], datetime]
    stopwatch: Callable[[], float]
    durations: Durations
    faults: Faults
    programs: Programs
    log_lines: list[Json] = field(default_factory=list)  # timestamp, message, level, instance, region
    _detached: list[tuple[float, Program]] = field(default_factory=list)

    def begin(self, config: Json, image: Image | None) -> Program | None:
        """The process of a machine that has just started; None is a server, which does not end."""
        command = (config.get("init") or {}).get("cmd")
        if command:
            return self.programs.begin(command, image.version if image else "")
        if self.faults.on("crash-loop") and self.is_new(image):
            return Program(SECONDS_TO_CRASH, 1, stderr="Error: Cannot find module 'next'")
        return None

    def is_new(self, image: Image | None) -> bool:
        """Whether the faults of new images strike here: on production, and not the versions before the release."""
        return self.app == seed.PRODUCTION_APP and (image is None or not image.version.startswith(OLD_VERSIONS))

    def rehearses(self, image: Image | None) -> bool:
        """Whether staging runs a version from before the release."""
        return self.app == seed.STAGING_APP and image is not None and image.version.startswith(OLD_VERSIONS)

    def detach(self, program: Program) -> None:
        """Let a program that no machine waits for take its time."""
        self._detached.append((self.stopwatch() + program.seconds, program))

    def settle(self) -> None:
        """Let the detached programs that have had their time be done."""
        now = self.stopwatch()
        for ends, program in sorted(self._detached, key=lambda one: one[0]):
            if ends <= now:
                self._detached.remove((ends, program))
                self.programs.database.changes(program)

    def ended(self, program: Program, at: datetime, *, instance: str, region: str) -> None:
        """A process ended by itself: its work is done, and what it said is in the logs."""
        self.programs.database.changes(program)
        for level, text in (("info", program.stdout), ("error", program.stderr)):
            self.log_lines.extend(
                {"timestamp": at.isoformat(), "message": line, "level": level, "instance": instance, "region": region}
                for line in text.splitlines()
            )
