"""What a process leaves behind when it closes its database: no connection, not even one that a thread still uses."""

import threading
import time

import pytest
from sqlalchemy import Engine, event

from storage import engine as engines


@pytest.fixture
def open_ones(engine: Engine) -> set[object]:
    """The connections that are open."""
    found: set[object] = set()
    engine.dispose()
    event.listen(engine, "connect", lambda connection, _: found.add(connection))
    event.listen(engine, "close", lambda connection, _: found.discard(connection))
    return found


def test_a_connection_that_a_thread_still_uses_is_waited_for_and_closed(
    engine: Engine, open_ones: set[object], monkeypatch: pytest.MonkeyPatch
) -> None:
    begun, ends = threading.Event(), threading.Event()

    def uses() -> None:
        with engines.readers(engine).connect():
            begun.set()
            ends.wait()

    thread = threading.Thread(target=uses)
    thread.start()
    begun.wait()
    assert len(open_ones) == 1
    monkeypatch.setattr(time, "sleep", lambda seconds: ends.set())  # while it is waited for, the thread ends

    engines.close(engine)

    ends.set()
    thread.join()
    assert open_ones == set()


def test_a_thread_that_does_not_end_is_not_waited_for_for_ever(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    passing = iter(range(100))
    monkeypatch.setattr(time, "monotonic", lambda: float(next(passing)))
    monkeypatch.setattr(time, "sleep", lambda seconds: None)

    with engines.readers(engine).connect() as connection:
        engines.close(engine)
        connection.detach()  # it is this test's own to close

    assert next(passing) < 10
