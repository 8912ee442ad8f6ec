"""What the commands of the app do when a machine runs them, and what they leave behind in its database."""

import math
import shlex
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from sandbox import seed
from sandbox.faults import Faults

MIGRATIONS = {"0.4.1": "0011_card_limits", "0.4.2": "0012_remittance_fees", "0.5.0": "0013_recipient_iban"}
SECONDS_OF_A_MIGRATION = 0.3
SECONDS_OF_A_LOOK = 0.05
NOT_FOUND = 127

_RUNNERS = {"npm", "run", "node"}
_SHELLS = {"sh", "/bin/sh", "bash", "/bin/bash"}


@dataclass(frozen=True, slots=True)
class Program:
    """A process: it ends by itself after `seconds`, and what it does to the database is done then, by name."""

    seconds: float
    exit_code: int
    stdout: str = ""
    stderr: str = ""
    signal: int = -1
    applies: tuple[str, ...] = ()
    reverts: tuple[str, ...] = ()


@dataclass(slots=True)
class Database:
    """The migrations that were applied, and how often each command was begun, by command and version of the app."""

    applied: list[str]
    begun: Counter[tuple[str, str]] = field(default_factory=Counter)

    @classmethod
    def of_version(cls, version: str) -> "Database":
        """As it stands when everything up to that version was migrated."""
        return cls(_up_to(version))

    def changes(self, program: Program) -> None:
        """A program has come to its end."""
        applied = [name for name in self.applied if name not in program.reverts]
        self.applied = applied + [name for name in program.applies if name not in applied]

    def pending(self, version: str) -> list[str]:
        """The migrations of that version that were not applied yet."""
        return [name for name in _up_to(version) if name not in self.applied]


@dataclass(frozen=True, slots=True)
class Programs:
    """The table of commands over one database."""

    database: Database
    faults: Faults

    def begin(self, command: Sequence[str], version: str) -> Program:
        """Begin a command in an image of that version; one that nobody knows is not found."""
        name, *arguments = _words(command) or [""]
        self.database.begun[name, version] += 1
        match name:
            case "db:migrate":
                return self._migrate(version)
            case "db:migrate:down":
                return self._migrate_down()
            case "db:migrate:status":
                return _look(True, self._status(version))
            case "db:verify" | "scripts/assert-schema.mjs":
                return self._schema(version)
            case "scripts/assert-sandbox-keys.mjs" | "true":
                return _look(True, "ok")
            case "sleep":
                return Program(float(arguments[0]), 0)
        return Program(SECONDS_OF_A_LOOK, NOT_FOUND, stderr=f"sh: 1: {name}: not found")

    def _migrate(self, version: str) -> Program:
        if self.faults.on("migration-hangs"):
            return Program(math.inf, 0)
        if self.faults.on("migration-fails"):
            # A driver's error names the connection, password and all: it must not travel on.
            error = f"error: lock timeout (55P03) at postgres://{seed.DATABASE_LOGIN}@drop-db.internal:5432/drop"
            return Program(SECONDS_OF_A_MIGRATION, 1, stderr=error)
        pending = self.database.pending(version)
        said = "\n".join([*(f"applied {name}" for name in pending), f"{len(pending)} migrations applied"])
        return Program(SECONDS_OF_A_MIGRATION, 0, stdout=said, applies=tuple(pending))

    def _migrate_down(self) -> Program:
        if not self.database.applied:
            return Program(SECONDS_OF_A_MIGRATION, 1, stderr="error: nothing to revert")
        newest = self.database.applied[-1]
        return Program(SECONDS_OF_A_MIGRATION, 0, stdout=f"reverted {newest}", reverts=(newest,))

    def _status(self, version: str) -> str:
        return f"applied: {len(self.database.applied)}\npending: {len(self.database.pending(version))}"

    def _schema(self, version: str) -> Program:
        pending = self.database.pending(version)
        return _look(not pending, "the schema is as expected" if not pending else f"missing: {', '.join(pending)}")


def _look(well: bool, said: str) -> Program:
    return Program(SECONDS_OF_A_LOOK, 0, stdout=said) if well else Program(SECONDS_OF_A_LOOK, 1, stderr=said)


def _words(command: Sequence[str]) -> list[str]:
    """A command without the shell around it and without what runs it: `npm run db:migrate` is `db:migrate`."""
    words = list(command)
    if len(words) > 2 and words[0] in _SHELLS and words[1].startswith("-"):
        words = shlex.split(words[2])
    while words and words[0] in _RUNNERS:
        del words[0]
    return words


def _up_to(version: str) -> list[str]:
    return [name for since, name in MIGRATIONS.items() if since <= version]
