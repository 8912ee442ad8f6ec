"""Units of work: one connection, one transaction, everything of the record."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime

from sqlalchemy import Connection, Engine

from checklist import ports
from checklist.ports import RunRequest
from storage.configs import SqlConfigs
from storage.deployments import SqlDeployments
from storage.engine import readers
from storage.journal import SqlJournal
from storage.known import Known
from storage.members import SqlMembers
from storage.messages import SqlClicks, SqlMessages, real_time
from storage.outages import translated
from storage.production import SqlProduction
from storage.surveys import SqlSurveys

Enqueue = Callable[[Connection, RunRequest], None]


def no_queue(connection: Connection, run: RunRequest) -> None:
    """Where no run is to be queued: a shell carries it out itself, and a bot that starts later queues it."""


class ReadsOnly(Exception):
    """A unit of work that was opened to look cannot commit."""


class SqlRuns:
    """The port Runs: the engine's own queue, inside this very transaction."""

    def __init__(self, connection: Connection, enqueue: Enqueue) -> None:
        self._connection = connection
        self._enqueue = enqueue

    def enqueue(self, run: RunRequest) -> None:
        self._enqueue(self._connection, run)


class SqlWork:
    """The port Work: one transaction, over when it is committed."""

    deployments: ports.Deployments
    surveys: ports.Surveys
    configs: ports.Configs
    journal: ports.Journal
    outbox: ports.Outbox
    messages: ports.Messages
    runs: ports.Runs
    clicks: ports.Clicks
    members: ports.Members
    production: ports.Production

    def __init__(self, connection: Connection, enqueue: Enqueue, now: Callable[[], datetime], known: Known) -> None:
        connection.begin()  # what is read from here on cannot change before it is written
        messages = SqlMessages(connection, now)
        self._connection = connection
        self._stored = SqlDeployments(connection, known)
        self.deployments = self._stored
        self.surveys = SqlSurveys(connection)
        self.configs = SqlConfigs(connection)
        self.journal = SqlJournal(connection)
        self.outbox = messages
        self.messages = messages
        self.runs = SqlRuns(connection, enqueue)
        self.clicks = SqlClicks(connection)
        self.members = SqlMembers(connection)
        self.production = SqlProduction(connection)

    def commit(self) -> None:
        self._connection.commit()
        self._connection.close()
        self._stored.committed()


class SqlLook(SqlWork):
    """A unit of work for reading."""

    def commit(self) -> None:
        raise ReadsOnly


class SqlRecord:
    """The port Record over one database. A database that fails is an outage of the record: see storage/outages.py.

    `enqueue` queues a run inside the work's own transaction; `now` is the time at which a notice is queued.
    """

    def __init__(self, engine: Engine, enqueue: Enqueue, now: Callable[[], datetime] = real_time) -> None:
        self._writers = engine
        self._readers = readers(engine)
        self._enqueue = enqueue
        self._now = now
        self._known = Known()

    @contextmanager
    def work(self) -> Iterator[SqlWork]:
        with translated(), self._writers.connect() as connection:
            yield SqlWork(connection, self._enqueue, self._now, self._known)

    @contextmanager
    def look(self) -> Iterator[SqlWork]:
        with translated(), self._readers.connect() as connection:
            yield SqlLook(connection, self._enqueue, self._now, self._known)
