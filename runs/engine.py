"""The durable engine: DBOS in the record's own database, one lane per app."""

import asyncio
from collections import Counter
from typing import Any, TypeVar

from dbos import DBOS, DBOSClient, DBOSConfig
from dbos import DBOSPortableJSONSerializer as PortableJSON
from dbos import error as refused

from checklist.ports import RunRequest
from runs.conduct import Conductor
from runs.workflows import WORKFLOWS, Part, Workflow

T = TypeVar("T")
QUEUE = "runs"
VERSION = "1"  # raised by hand when the order of a workflow's parts changes
EXECUTOR = "runner"
WATCHED = ("ENQUEUED", "PENDING", "ERROR", "MAX_RECOVERY_ATTEMPTS_EXCEEDED")
MOST_COUNTED = 500
POLL = 0.2  # seconds: a person waits for the first step


class NotMigrated(Exception):
    """The engine's own tables are missing, or of an older version."""

    def __init__(self) -> None:
        super().__init__(
            "The tables of the durable runs are of an older version. Stop every bot on this database, run "
            "`drop-bot db upgrade`, and start them again."
        )


class RunQueue:
    """Queues runs inside the caller's own transaction. Needs no running engine: a standby process queues too."""

    def __init__(self, engine: Any) -> None:  # an SQLAlchemy engine, which only storage may name
        self._client = DBOSClient(system_database_engine=engine, serializer=PortableJSON())

    def enqueue(self, connection: Any, run: RunRequest) -> None:
        """The same id twice is one workflow."""
        self._client.enqueue_in_transaction(
            connection,
            {
                "workflow_name": run.workflow,
                "workflow_id": run.id,
                "queue_name": QUEUE,
                "queue_partition_key": _lane(run),
                "app_version": VERSION,
            },
            *run.arguments,
        )

    def states(self) -> dict[str, int]:
        """How many runs wait, go on, or ended in error; those that ended well are not counted."""
        found = self._client.list_workflows(
            status=list(WATCHED), limit=MOST_COUNTED, load_input=False, load_output=False
        )
        return dict.fromkeys(WATCHED, 0) | Counter(run.status for run in found)

    def require_current(self) -> None:
        """Raises NotMigrated. The engine itself asks this at its launch, which for a process that stands by is late."""
        try:
            self._client._sys_db.verify_migrations()
        except refused.DBOSInitializationError as error:
            raise NotMigrated from error

    def close(self) -> None:
        self._client.destroy()


def _lane(run: RunRequest) -> str:
    """What moves an app waits for what moves it now; what only reads never stands in its way."""
    return run.app if run.workflow in {"deploy", "finish", "rollback"} else f"{run.app}/reads"


def migrate(url: str) -> None:
    """Create or upgrade the engine's own tables, before anything is queued."""
    DBOS.migrate(url)


async def launch(engine: Any, conductor: Conductor) -> None:
    """Register the runs and begin to work on the queue, resuming what a dead process left."""
    DBOS(config=_config(engine))
    _register(conductor)
    DBOS.launch()
    try:
        await DBOS.register_queue_async(QUEUE, partition_concurrency=1, polling_interval_sec=POLL)
    except asyncio.CancelledError:
        await stop()
        raise


async def stop() -> None:
    """Stop at once: what is in hand was drained before. Runs go on when the next process starts."""
    await asyncio.to_thread(DBOS.destroy, destroy_registry=True)


def _config(engine: Any) -> DBOSConfig:
    return {
        "name": "drop-bot",
        "system_database_engine": engine,
        "application_version": VERSION,
        "executor_id": EXECUTOR,
        "serializer": PortableJSON(),
        "run_migrations": False,  # done before, or by whoever upgrades the database for all its processes
        "enable_otlp": False,
        "log_level": "WARNING",
        "console_log_level": "WARNING",
        "notification_listener_polling_interval_sec": 0.1,
    }


def _register(conductor: Conductor) -> None:
    for name, workflow in WORKFLOWS.items():
        _register_one(name, workflow, conductor)


def _register_one(name: str, workflow: Workflow, conductor: Conductor) -> None:
    @DBOS.workflow(name=name)
    async def run(*arguments: str) -> None:
        await workflow(conductor, carry_out, *arguments)

    async def carry_out(name: str, part: Part[T], *arguments: str) -> T:
        with conductor.deps.drain.part():
            return await DBOS.run_step_async({"name": name}, part, *arguments)
