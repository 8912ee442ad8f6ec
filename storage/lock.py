"""PostgreSQL's runner lock: one session's, for as long as that session lives and speaks."""

from contextlib import suppress
from datetime import timedelta

import psycopg

from checklist.errors import RecordOutage
from storage.engine import location

RUNNER_LOCK = 0x64726F702072756E  # "drop run"; each database has locks of its own
SILENCE = timedelta(seconds=10)  # longer than a stopped process can keep a transaction open: storage/engine.py
REACH = {"connect_timeout": 5, "tcp_user_timeout": 3000, "keepalives_idle": 2, "keepalives_interval": 1}


class AdvisoryLock:
    """An advisory lock on a connection of its own.

    The server lets go of it when the process dies, when the connection breaks, and when the process says nothing for
    a while: whoever was stopped and goes on finds it gone.
    """

    def __init__(self, url: str, *, silence: timedelta = SILENCE) -> None:
        self._url = location(url)
        self._silence = silence
        self._session: psycopg.Connection[tuple[bool]] | None = None
        self._mine = False

    def take(self) -> bool:
        """Whether this process is the runner now. Raises RecordOutage."""
        if self._mine:
            return True
        try:
            session = self._session = self._session or self._connected()
            answer = session.execute("SELECT pg_try_advisory_lock(%s)", (RUNNER_LOCK,)).fetchone()
        except psycopg.Error as error:
            self.release()
            raise RecordOutage("PostgreSQL", "cannot be reached", retry=True) from error
        self._mine = answer == (True,)
        return self._mine

    def held(self) -> bool:
        """The server is asked; a session that it has ended holds nothing."""
        session = self._session
        if not self._mine or session is None:
            return False
        try:
            session.execute("SELECT true")
        except psycopg.Error:
            self.release()
        return self._mine

    def release(self) -> None:
        """The lock goes with its session; said aloud, it goes before anybody can ask for it."""
        session, self._session, self._mine = self._session, None, False
        if session is not None:
            with suppress(psycopg.Error):
                session.execute("SELECT pg_advisory_unlock_all()")
            session.close()

    def _connected(self) -> psycopg.Connection[tuple[bool]]:
        places, names = self._url.get_dialect()().create_connect_args(self._url)
        session = psycopg.Connection.connect(*places, **{**REACH, **names}, autocommit=True)
        milliseconds = int(self._silence.total_seconds() * 1000)
        session.execute("SELECT set_config('idle_session_timeout', %s, false)", (str(milliseconds),))
        return session
