"""Facts on their way into the record: those that wait for a turn at it are written by one commit."""

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

from checklist.record import Fact


@dataclass(frozen=True, slots=True, eq=False)
class Note:
    """Facts that belong together. Whoever holds it waits until they are in the record."""

    facts: Sequence[Fact]


@dataclass(slots=True)
class Notes:
    """All notes that are not written yet, in the order in which they came."""

    _waiting: list[Note] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)  # notes come on one thread and are written on another

    @contextmanager
    def waiting(self, *facts: Fact) -> Iterator[Note]:
        """Inside the block the note waits. Whoever leaves it, cancelled perhaps, has nothing written afterwards."""
        note = Note(facts)
        with self._lock:
            self._waiting.append(note)
        try:
            yield note
        finally:
            self.over([note])

    def with_(self, note: Note) -> Sequence[Note]:
        """This one and all that wait beside it; none when it is written already."""
        with self._lock:
            return tuple(self._waiting) if note in self._waiting else ()

    def over(self, notes: Sequence[Note]) -> None:
        with self._lock:
            self._waiting = [note for note in self._waiting if note not in notes]
