"""drop-bot status: a look at the record from the host's shell, which changes nothing."""

from bot.refusals import explain
from bot.rescue import unreadable
from bot.runner import turn_on
from bot.settings import Settings
from bot.teller import Say, step_line, told
from bot.views.deployment import headline
from checklist.definition import Checklist
from checklist.deployment import Deployment
from checklist.errors import NoSuchDeployment, NothingOpen, Outage, RecordOutage
from checklist.loading import load
from checklist.ports import Record
from checklist.steps import Book
from checklist.words import DeploymentId
from storage.upgrade import readable
from storage.work import SqlRecord, no_queue


def status(settings: Settings, deployment: str, say: Say) -> int:
    """Where the deployment stands, or the open one, or the newest. 1 when that cannot be told.

    Raises ChecklistInvalid, OlderDatabase, NewerDatabase, Unreachable.
    """
    checklist = load(settings.drop_checklist)
    try:
        with readable(settings.database_url) as engine:
            lines = _standing(_found(SqlRecord(engine, no_queue), deployment), checklist)
    except RecordOutage as outage:
        return told(unreadable(outage), say)
    except NothingOpen:
        lines = ("No deployment was opened yet.",)
    except NoSuchDeployment as no:
        return told((explain(no),), say)
    for line in (*lines, _who_runs(settings)):
        say(line)
    return 0


def _found(record: Record, deployment: str) -> Deployment:
    with record.look() as work:
        if deployment:
            return work.deployments.get(DeploymentId(deployment.upper()))
        found = work.deployments.open() or work.deployments.last()
    if found is None:
        raise NothingOpen
    return found


def _standing(deployment: Deployment, checklist: Checklist) -> tuple[str, ...]:
    book = Book.ROLLBACK if deployment.steps_of(Book.ROLLBACK) else Book.DEPLOY
    reason = (f"Reason: {deployment.reason}",) if deployment.reason else ()
    return (headline(deployment, checklist), *reason, *map(step_line, deployment.steps_of(book)))


def _who_runs(settings: Settings) -> str:
    """Whether a bot runs, found out by whether its turn is free."""
    lock = turn_on(settings.database_url).lock
    try:
        return "No bot runs on this record." if lock.take() else "A bot runs on this record."
    except Outage as outage:
        return f"{outage}. Nobody can tell whether a bot runs."
    finally:
        lock.release()
