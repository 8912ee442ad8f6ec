"""Units of work: one session, one transaction, everything of the record."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from sqlalchemy import Engine, insert, select, text, update
from sqlmodel import Session, col

from checklist.plan import Survey
from checklist.ports import RunRequest
from checklist.words import DeploymentId
from storage.codec import SURVEY
from storage.deployments import SqlDeployments
from storage.journal import SqlJournal
from storage.messages import SqlClicks, SqlMessages
from storage.tables import SurveyRow

Enqueue = Callable[[Session, RunRequest], None]


class SqlSurveys:
    """The port Surveys over one session."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def put(self, deployment: DeploymentId, survey: Survey) -> None:
        values = {"at": survey.at, "body": SURVEY.dump_json(survey).decode()}
        if self.newest(deployment) is None:
            self._session.execute(insert(SurveyRow).values(deployment=deployment, **values))
        else:
            self._session.execute(update(SurveyRow).where(col(SurveyRow.deployment) == deployment).values(**values))

    def newest(self, deployment: DeploymentId) -> Survey | None:
        body = self._session.execute(
            select(col(SurveyRow.body)).where(col(SurveyRow.deployment) == deployment)
        ).scalar()
        return SURVEY.validate_json(body) if body else None


class SqlRuns:
    """The port Runs: the engine's queue, inside this very transaction."""

    def __init__(self, session: Session, enqueue: Enqueue) -> None:
        self._session, self._enqueue = session, enqueue

    def enqueue(self, run: RunRequest) -> None:
        self._enqueue(self._session, run)


class SqlWork:
    """The port Work."""

    def __init__(self, session: Session, enqueue: Enqueue) -> None:
        self._session = session
        self.deployments = SqlDeployments(session)
        self.surveys = SqlSurveys(session)
        self.journal = SqlJournal(session)
        self.outbox = self.messages = SqlMessages(session)
        self.runs = SqlRuns(session, enqueue)
        self.clicks = SqlClicks(session)

    def commit(self) -> None:
        self._session.commit()


class SqlRecord:
    """The port Record over one database."""

    def __init__(self, engine: Engine, enqueue: Enqueue) -> None:
        self._engine, self._enqueue = engine, enqueue

    @contextmanager
    def work(self) -> Iterator[SqlWork]:
        """Takes SQLite's write lock at once, so that what is read cannot change before it is written."""
        with Session(self._engine, expire_on_commit=False) as session:
            self._begin(session, "BEGIN IMMEDIATE")
            yield SqlWork(session, self._enqueue)

    @contextmanager
    def look(self) -> Iterator[SqlWork]:
        """For reading: one consistent picture, no write lock."""
        with Session(self._engine, expire_on_commit=False) as session:
            self._begin(session, "BEGIN")
            yield SqlWork(session, self._enqueue)

    def _begin(self, session: Session, how: str) -> None:
        if self._engine.dialect.name == "sqlite":
            session.execute(text(how))
