"""Domain values as JSON, and back."""

from pydantic import TypeAdapter

from checklist.deployment import Deployment
from checklist.marks import Mark
from checklist.plan import Plan, Survey
from checklist.steps import Step

MARK: TypeAdapter[Mark] = TypeAdapter(Mark)
STEP: TypeAdapter[Step] = TypeAdapter(Step)
PLAN: TypeAdapter[Plan] = TypeAdapter(Plan)
SURVEY: TypeAdapter[Survey] = TypeAdapter(Survey)
DEPLOYMENT: TypeAdapter[Deployment] = TypeAdapter(Deployment)


def text(adapter: TypeAdapter[object], value: object) -> str:
    return adapter.dump_json(value).decode()
