"""The lines of an app's log, as far as they could be read."""

from dataclasses import dataclass

from checklist.words import MachineId


@dataclass(frozen=True, slots=True, kw_only=True)
class LogLine:
    """One line, with the level that Fly gives it."""

    level: str
    message: str
    machine: MachineId


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """What was written since a moment, the oldest first; `whole` unless there was more than is read."""

    lines: tuple[LogLine, ...]
    whole: bool
