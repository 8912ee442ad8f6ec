"""Surveys in SQL: each is kept, the newest counts."""

from sqlalchemy import Connection, bindparam, insert, select

from checklist.plan import Survey
from checklist.words import DeploymentId
from storage.codec import survey_body, survey_of
from storage.tables import SurveyRow, table

SURVEYS = table(SurveyRow)
PUT = insert(SURVEYS)
NEWEST = (
    select(SURVEYS.c.body)
    .where(SURVEYS.c.deployment == bindparam("deployment"))
    .order_by(SURVEYS.c.number.desc())
    .limit(1)
)


class SqlSurveys:
    """The port Surveys over one transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def put(self, deployment: DeploymentId, survey: Survey) -> None:
        self._connection.execute(PUT, {"deployment": deployment, "at": survey.at, "body": survey_body(survey)})

    def newest(self, deployment: DeploymentId) -> Survey | None:
        body = self._connection.execute(NEWEST, {"deployment": deployment}).scalar()
        return survey_of(body) if body else None
