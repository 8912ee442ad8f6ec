"""Commands on Fly's machines: one-off machines, and exec inside of running ones."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from math import ceil
from urllib.parse import quote

import httpx

from checklist.jobs import OneOff, Ran
from checklist.plan import LAUNCH_ID
from checklist.record import Json
from checklist.words import MachineId
from fly import documents
from fly.client import Call, Count, MachinesApi, uncounted
from fly.logs import FlyLogs, NoLogs
from fly.pacing import READ_MACHINE, Pacing

LONGEST_EXEC = timedelta(seconds=30)  # what takes longer is answered 408 while it goes on (flyctl #4194)


class FlyJobs:
    """The port Jobs over Fly's Machines API and logs. Without a token that may read, no output is read."""

    def __init__(
        self,
        http: httpx.AsyncClient,
        *,
        base_url: str,
        token: str,
        pacing: Pacing,
        logs: FlyLogs | NoLogs,
        count: Count = uncounted,
    ) -> None:
        self._api = MachinesApi(http, base_url=base_url, token=token, pacing=pacing, count=count)
        self._logs = logs

    async def create(self, app: str, config: Mapping[str, Json]) -> OneOff:
        env = config.get("env")
        region = env.get("PRIMARY_REGION") if isinstance(env, dict) else None
        body: dict[str, Json] = {"config": dict(config), "skip_launch": True, **({"region": region} if region else {})}
        call = Call(action="create", key=app, method="POST", path=_machines(app), body=body, seconds=60)
        return await self._api.ask(call, documents.one_off)

    async def launched(self, app: str, launch: str) -> tuple[OneOff, ...]:
        query = {"include_deleted": "true", f"metadata.{LAUNCH_ID}": launch}
        call = Call(action="list machines", key=app, path=_machines(app), query=query)
        return await self._api.ask(call, lambda listed: documents.one_offs(listed, launch))

    async def look(self, app: str, id: MachineId) -> OneOff:
        return await self._api.ask(Call(action=READ_MACHINE, key=id, path=_machine(app, id)), documents.one_off)

    async def start(self, app: str, id: MachineId) -> None:
        await self._api.send(Call(action="start", key=id, method="POST", path=f"{_machine(app, id)}/start"))

    async def destroy(self, app: str, id: MachineId) -> None:
        query = {"force": "true", "kill": "true"}  # the one is in the docs, the other is what flyctl sends
        allowed = frozenset({404, 412})
        call = Call(action="destroy", key=id, method="DELETE", path=_machine(app, id), query=query, allowed=allowed)
        await self._api.send(call)

    async def output(self, app: str, id: MachineId, *, since: datetime) -> str:
        return "\n".join(await self._logs.lines(app, id, since=since))

    async def execute(self, app: str, id: MachineId, command: tuple[str, ...], *, within: timedelta) -> Ran:
        seconds = max(1, ceil(min(within, LONGEST_EXEC).total_seconds()))
        body: dict[str, Json] = {"command": list(command), "timeout": seconds}
        path = f"{_machine(app, id)}/exec"
        call = Call(action="exec", key=id, method="POST", path=path, body=body, seconds=seconds + 15)
        return await self._api.ask(call, documents.ran)


def _machines(app: str) -> str:
    return f"/apps/{quote(app, safe='')}/machines"


def _machine(app: str, id: MachineId) -> str:
    return f"{_machines(app)}/{quote(id, safe='')}"
