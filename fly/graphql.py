"""Fly's GraphQL, as far as nothing else does: what it answers is data, or an error though the status says 200."""

from collections.abc import Mapping

from pydantic import BaseModel, JsonValue

from checklist.errors import Ambiguous, Outage
from checklist.record import Json
from fly.client import Call, FlyApi, understood
from fly.errors import SYSTEM

_MOST = 200  # characters of an error that are worth repeating


class _Error(BaseModel):
    message: str = ""


class _Answer(BaseModel):
    data: dict[str, JsonValue] | None = None
    errors: list[_Error] | None = None


class GraphQL:
    """Queries and mutations by POST. `api` has Fly's API as its root (FLY_API_BASE_URL)."""

    def __init__(self, api: FlyApi) -> None:
        self._api = api

    async def query(self, name: str, text: str, variables: Mapping[str, Json], *, seconds: float = 5.0) -> Json:
        """The data. Any error is an outage, even beside data. Raises Outage."""
        return await self._ask(name, text, variables, changes=False, seconds=seconds)

    async def mutate(self, name: str, text: str, variables: Mapping[str, Json]) -> Json:
        """Never sent twice. Raises Outage, Ambiguous."""
        return await self._ask(name, text, variables, changes=True, seconds=5.0)

    async def _ask(self, name: str, text: str, variables: Mapping[str, Json], *, changes: bool, seconds: float) -> Json:
        call = Call(
            action=name,
            key="graphql",
            method="POST",
            path="/graphql",
            body={"query": text, "variables": dict(variables)},
            asks=not changes,
            seconds=seconds,
        )
        answer = understood(await self._api.send(call), _Answer.model_validate, changes=changes)
        if answer.errors:
            raise Outage(SYSTEM, "; ".join(error.message for error in answer.errors)[:_MOST])
        if answer.data is None:
            raise (Ambiguous if changes else Outage)(SYSTEM, "GraphQL answered without data")
        return answer.data
