"""Fly's machines: reading them, leasing them, and changing one at a time."""

from collections.abc import Mapping
from datetime import timedelta
from math import ceil
from urllib.parse import quote

import httpx

from checklist.errors import Conflict, Outage
from checklist.plan import Machine
from checklist.ports import Clock, Lease
from checklist.record import Json
from checklist.secrets import Secret
from checklist.words import MachineId
from fly import documents
from fly.client import Call, Count, MachinesApi, uncounted, understood
from fly.errors import SYSTEM, refused
from fly.pacing import READ_MACHINE, Pacing

LEASE = timedelta(seconds=13)  # as flyctl, which refreshes it every 4 s
LONGEST_WAIT = 60  # seconds; Fly answers 400 to more
WHAT_WE_SET = frozenset({"image", "metadata", "env"})


class FlyFleet:
    """The port Fleet over Fly's Machines API."""

    def __init__(
        self,
        http: httpx.AsyncClient,
        *,
        base_url: str,
        token: str,
        pacing: Pacing,
        clock: Clock,
        count: Count = uncounted,
    ) -> None:
        self._api = MachinesApi(http, base_url=base_url, token=token, pacing=pacing, count=count)
        self._clock = clock
        self._secrets_versions: dict[str, int] = {}  # that an update must not stay behind (flyctl #4576)

    async def machines(self, app: str) -> tuple[Machine, ...]:
        call = Call(action="list machines", key=app, path=f"{_app(app)}/machines")
        found = await self._api.ask(call, documents.machines)
        if not found:
            raise Outage(SYSTEM, f"listed no machines for {app}", retry=True)
        return found

    async def machine(self, app: str, id: MachineId) -> Machine:
        return await self._api.ask(Call(action=READ_MACHINE, key=id, path=_machine(app, id)), documents.machine)

    async def take_lease(self, app: str, id: MachineId, *, description: str, ttl: timedelta = LEASE) -> Lease:
        answer = await self._ask_lease(app, id, description=description, ttl=ttl)
        if answer.status_code != 409:
            return understood(answer, documents.lease, changes=True)
        held = await self._held_lease(app, id)
        if held is None:
            raise refused(answer, changes=True)
        if held.description != description:
            raise Conflict(SYSTEM, self._held_by(id, held))
        return await self.refresh_lease(app, id, held, ttl=ttl)

    async def refresh_lease(self, app: str, id: MachineId, lease: Lease, *, ttl: timedelta = LEASE) -> Lease:
        answer = await self._ask_lease(app, id, description=lease.description, ttl=ttl, nonce=lease.nonce)
        if answer.status_code in {404, 409, 412}:
            raise Conflict(SYSTEM, f"our lease on machine {id} was lost")
        refreshed = understood(answer, documents.lease, changes=True)
        if refreshed.nonce != lease.nonce:
            raise Conflict(SYSTEM, f"our lease on machine {id} was lost and taken anew")
        return refreshed

    async def release_lease(self, app: str, id: MachineId, lease: Lease) -> None:
        await self._api.send(
            Call(
                action="release lease",
                key=id,
                method="DELETE",
                path=f"{_machine(app, id)}/lease",
                nonce=lease.nonce,
                idempotent=True,
                allowed=frozenset({404, 409, 412}),  # it ran out, or it is somebody else's by now
            )
        )

    async def update(
        self, app: str, id: MachineId, *, config: Mapping[str, Json], current_version: str, nonce: str, launch: bool
    ) -> Machine:
        _refuse_unread(config, f"machine {id}")
        call = Call(
            action="update",
            key=id,
            method="POST",
            path=_machine(app, id),
            body={
                "config": dict(config),
                "current_version": current_version,
                "skip_launch": not launch,
                **self._at_least(app),
            },
            nonce=nonce,
            seconds=60,
        )
        return await self._api.ask(call, documents.machine)

    async def create(self, app: str, *, config: Mapping[str, Json], region: str, launch: bool) -> Machine:
        _refuse_unread(config, "a machine to be followed")
        call = Call(
            action="create",
            key=app,
            method="POST",
            path=f"{_app(app)}/machines",
            body={
                "config": dict(config),
                "region": region,
                "skip_launch": not launch,
                "skip_service_registration": True,  # it is cordoned
                **self._at_least(app),
            },
            seconds=60,
        )
        return await self._api.ask(call, documents.machine)

    async def destroy(self, app: str, id: MachineId, *, nonce: str) -> None:
        await self._api.send(
            Call(
                action="destroy",
                key=id,
                method="DELETE",
                path=_machine(app, id),
                query={"force": "true", "kill": "true"},  # OpenAPI has the one, flyctl sends the other
                nonce=nonce,
                idempotent=True,
                allowed=frozenset({404}),
            )
        )

    async def cordon(self, app: str, id: MachineId, *, nonce: str) -> None:
        await self._tell(app, id, "cordon", nonce)

    async def uncordon(self, app: str, id: MachineId, *, nonce: str) -> None:
        await self._tell(app, id, "uncordon", nonce)

    async def stop(self, app: str, id: MachineId, *, nonce: str) -> None:
        await self._tell(app, id, "stop", nonce)

    async def wait(self, app: str, id: MachineId, *, version: str, within: timedelta) -> bool:
        """One question of at most a minute: ask again until your own deadline."""
        seconds = min(max(ceil(within.total_seconds()), 1), LONGEST_WAIT)
        call = Call(
            action="wait",
            key=id,
            path=f"{_machine(app, id)}/wait",
            query={"version": version, "state": "started", "timeout": str(seconds)},
            seconds=seconds + 15,
            allowed=frozenset({408}),
        )
        return (await self._api.send(call)).is_success

    async def version_config(self, app: str, id: MachineId, version: str) -> Mapping[str, Json] | None:
        call = Call(action="list versions", key=id, path=f"{_machine(app, id)}/versions")
        return (await self._api.ask(call, documents.versions)).get(version)

    async def secrets(self, app: str) -> Mapping[str, Secret]:
        call = Call(action="secrets", key=app, path=f"{_app(app)}/secrets")
        answer = await self._api.send(call)
        version = understood(answer, documents.secrets_version, changes=False)
        if version is not None:
            self._secrets_versions[app] = version
        return understood(answer, documents.secrets, changes=False)

    def _at_least(self, app: str) -> dict[str, Json]:
        """Which version of the secrets the machine must get, if Fly has told us of one."""
        version = self._secrets_versions.get(app)
        return {} if version is None else {"min_secrets_version": version}

    async def _tell(self, app: str, id: MachineId, action: str, nonce: str) -> None:
        path = f"{_machine(app, id)}/{action}"
        call = Call(action=action, key=id, method="POST", path=path, body={}, nonce=nonce, idempotent=True)
        await self._api.send(call)

    async def _ask_lease(
        self, app: str, id: MachineId, *, description: str, ttl: timedelta, nonce: str = ""
    ) -> httpx.Response:
        seconds = ceil(ttl.total_seconds())
        return await self._api.send(
            Call(
                action="lease",
                key=id,
                method="POST",
                path=f"{_machine(app, id)}/lease",
                query={"ttl": str(seconds)},  # flyctl sends it here, the docs in the body
                body={"description": description, "ttl": seconds},
                nonce=nonce,
                allowed=frozenset({404, 409, 412} if nonce else {409}),
            )
        )

    async def _held_lease(self, app: str, id: MachineId) -> Lease | None:
        """The lease that is in our way, or None when it has just gone."""
        path, gone = f"{_machine(app, id)}/lease", frozenset({404})
        answer = await self._api.send(Call(action="read lease", key=id, path=path, allowed=gone))
        return None if answer.status_code == 404 else understood(answer, documents.lease, changes=False)

    def _held_by(self, id: MachineId, held: Lease) -> str:
        left = max(0, ceil((held.expires_at - self._clock.now()).total_seconds()))
        what = f" for “{held.description}”" if held.description else ""
        return f"machine {id} is leased by {held.owner}{what} until {held.expires_at:%H:%M:%S} UTC, {left} s from now"


def _refuse_unread(config: Mapping[str, Json], what: str) -> None:
    """What holds nothing but our own settings was never read from Fly."""
    if set(config) <= WHAT_WE_SET:
        raise Outage(SYSTEM, f"the config of {what} could not be read, so nothing was sent", retry=True)


def _app(app: str) -> str:
    return f"/apps/{quote(app, safe='')}"


def _machine(app: str, id: MachineId) -> str:
    return f"{_app(app)}/machines/{quote(id, safe='')}"
