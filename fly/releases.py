"""Fly's list of releases: REST as newer flyctls write it, GraphQL where that fails. Neither is a public API."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TypeVar
from urllib.parse import quote

import httpx
from pydantic import AliasChoices, AwareDatetime, BaseModel, Field, JsonValue

from checklist.errors import Ambiguous, Outage
from checklist.fly_releases import FlyRelease, ReleaseStatus
from checklist.record import Json
from checklist.words import StrategyName
from fly.client import Call, Count, FlyApi, uncounted, understood
from fly.errors import SYSTEM
from fly.graphql import GraphQL
from fly.pacing import Pacing
from fly.tokens import authorization, bearer

MOST = 25
PATIENCE = 5.0  # seconds for one answer
_FIELDS = "id version status imageRef createdAt"
CURRENT = (
    "query ($appName: String!) { app(name: $appName) { id"
    f" currentRelease: currentReleaseUnprocessed {{ {_FIELDS} configDefinition }} }} }}"
)
LIST = (
    "query ($appName: String!, $limit: Int!) { app(name: $appName)"
    f" {{ releases: releasesUnprocessed(first: $limit) {{ nodes {{ {_FIELDS} }} }} }} }}"
)
CREATE = f"mutation ($input: CreateReleaseInput!) {{ createRelease(input: $input) {{ release {{ {_FIELDS} }} }} }}"
M = TypeVar("M", bound=BaseModel)
UPDATE = "mutation ($input: UpdateReleaseInput!) { updateRelease(input: $input) { release { id } } }"


class _Release(BaseModel):
    id: str = Field(min_length=1)
    version: int
    status: str = ""
    image: str = Field(default="", validation_alias=AliasChoices("image_ref", "imageRef"))
    created_at: AwareDatetime | None = Field(default=None, validation_alias=AliasChoices("created_at", "createdAt"))
    definition: dict[str, JsonValue] = Field(default_factory=dict, validation_alias="configDefinition")

    @property
    def line(self) -> FlyRelease:
        at: datetime | None = self.created_at
        return FlyRelease(id=self.id, version=self.version, status=self.status, image=self.image, created_at=at)


class _Created(BaseModel):
    release: _Release


class _Listed(BaseModel):
    releases: list[_Release]


class _App(BaseModel):
    id: str
    current: _Release | None = Field(default=None, validation_alias="currentRelease")


class _OfApp(BaseModel):
    app: _App


class _Nodes(BaseModel):
    nodes: list[_Release]


class _ListOfApp(BaseModel):
    class _Releases(BaseModel):
        releases: _Nodes

    app: _Releases


class _CreatedByGraphQL(BaseModel):
    made: _Created = Field(validation_alias="createRelease")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Wanted:
    """A release to be."""

    app: str
    app_id: str
    image: str
    strategy: str
    definition: Mapping[str, Json]


class FlyReleases:
    """The port Releases under Fly's API (FLY_API_BASE_URL). `agent` is our own name and version."""

    def __init__(
        self,
        http: httpx.AsyncClient,
        *,
        base_url: str,
        token: str,
        pacing: Pacing,
        agent: str,
        count: Count = uncounted,
    ) -> None:
        root = base_url.rstrip("/")
        self._rest = FlyApi(http, root=root, header=bearer(token), pacing=pacing, count=count)
        self._other = FlyApi(http, root=root, header=authorization(token), pacing=pacing, count=count)
        self.graphql = GraphQL(self._other)
        self._agent = agent

    async def create(self, app: str, *, image: str, strategy: StrategyName) -> FlyRelease:
        """With the definition of the release before it, unchanged: an empty one would be everybody's fly.toml."""
        found = await self._app(app)
        current = found.current
        if current and current.status == ReleaseStatus.PENDING and current.image == image:
            return current.line
        definition = current.definition if current else {}
        wanted = _Wanted(
            app=app, app_id=found.id, image=image, strategy=strategy.upper(), definition=definition or {"app": app}
        )
        return await self._created(wanted, before=current)

    async def update(self, release: FlyRelease, status: ReleaseStatus, *, trouble: str = "") -> None:
        metadata = self._told(trouble) if status is not ReleaseStatus.RUNNING else None
        try:
            await self._send(
                Call(
                    action="update release",
                    key=release.id,
                    method="PATCH",
                    path=f"/api/v1/releases/{quote(release.id, safe='')}",
                    body={"status": str(status), "metadata": metadata},
                    seconds=PATIENCE,
                )
            )
        except Outage:
            said = {"releaseId": release.id, "status": str(status), "metadata": metadata}
            await self.graphql.mutate("update release", UPDATE, {"input": said})

    async def newest(self, app: str) -> tuple[FlyRelease, ...]:
        path = f"/api/v1/apps/{quote(app, safe='')}/releases"
        call = Call(action="list releases", key=app, path=path, query={"limit": str(MOST)}, seconds=PATIENCE)
        try:
            listed = understood(await self._send(call), _Listed.model_validate, changes=False).releases
        except Outage:
            data = await self.graphql.query("list releases", LIST, {"appName": app, "limit": MOST})
            listed = _read(_ListOfApp, data).app.releases.nodes
        return tuple(release.line for release in listed)

    async def _created(self, wanted: _Wanted, *, before: _Release | None) -> FlyRelease:
        """By REST, or else by GraphQL: after a look, if nobody knows what became of the first."""
        try:
            return await self._by_rest(wanted)
        except Ambiguous:
            now = (await self._app(wanted.app)).current
            if now and now.image == wanted.image and (before is None or now.id != before.id):
                return now.line
        except Outage:
            pass  # it is refused, or not there: GraphQL may still know it
        return await self._by_graphql(wanted)

    async def _by_rest(self, wanted: _Wanted) -> FlyRelease:
        body: dict[str, Json] = {
            "app_name": wanted.app,
            "build_id": 0,
            "definition": dict(wanted.definition),
            "image": wanted.image,
            "strategy": wanted.strategy,
        }
        call = Call(
            action="create release",
            key=wanted.app,
            method="POST",
            path="/api/v1/releases",
            body=body,
            seconds=PATIENCE,
        )
        return understood(await self._send(call), _Created.model_validate, changes=True).release.line

    async def _by_graphql(self, wanted: _Wanted) -> FlyRelease:
        said: dict[str, Json] = {
            "appId": wanted.app_id,
            "image": wanted.image,
            "definition": dict(wanted.definition),
            "platformVersion": "machines",
            "strategy": wanted.strategy,
        }
        data = await self.graphql.mutate("create release", CREATE, {"input": said})
        return _read(_CreatedByGraphQL, data).made.release.line

    async def _app(self, app: str) -> _App:
        return _read(_OfApp, await self.graphql.query("current release", CURRENT, {"appName": app})).app

    async def _send(self, call: Call) -> httpx.Response:
        """With flyctl's header first, and once more with the other one where that is not known (401)."""
        answer = await self._rest.send(replace(call, allowed=call.allowed | {401}))
        return await self._other.send(call) if answer.status_code == 401 else answer

    def _told(self, trouble: str) -> Json:
        return {"post_deployment_info": {"flyctl_version": self._agent, "error": trouble}}


def _read(model: type[M], data: Json) -> M:
    try:
        return model.model_validate(data)
    except ValueError as error:
        raise Outage(SYSTEM, "GraphQL's answer cannot be understood", retry=True) from error
