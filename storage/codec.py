"""Domain values as JSON, and back."""

import json
from collections.abc import Mapping

from pydantic import TypeAdapter

from checklist.plan import Plan, Survey
from checklist.record import Json, canonical
from checklist.standings import Standings

PLAN: TypeAdapter[Plan] = TypeAdapter(Plan)
STANDINGS: TypeAdapter[Standings] = TypeAdapter(Standings)
SURVEY: TypeAdapter[Survey] = TypeAdapter(Survey)


def to_json(value: Mapping[str, Json]) -> str:
    return canonical(dict(value))


def from_json(text: str) -> dict[str, Json]:
    """Raises ValueError or TypeError when the text is no JSON object."""
    value = json.loads(text)
    if not isinstance(value, dict):
        raise TypeError("not a JSON object")
    return value


def plan_of(body: Mapping[str, Json]) -> Plan:
    """The inverse of `Plan.body`."""
    return PLAN.validate_python(body)


def survey_body(survey: Survey) -> dict[str, Json]:
    body: dict[str, Json] = SURVEY.dump_python(survey, mode="json")
    return body


def survey_of(body: Mapping[str, Json]) -> Survey:
    """The inverse of `survey_body`."""
    return SURVEY.validate_python(body)


def standings_body(standings: Standings) -> dict[str, Json]:
    body: dict[str, Json] = STANDINGS.dump_python(standings, mode="json")
    return body


def standings_of(body: Mapping[str, Json]) -> Standings:
    """The inverse of `standings_body`."""
    return STANDINGS.validate_python(body)
