"""Fly.io in memory: the sandbox's own rules for machines, leases, versions and health, reached without HTTP."""

import math
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from http import HTTPStatus
from math import ceil
from typing import Any, NoReturn  # Any: the platform answers JSON, which fly.documents reads

from multidict import MultiDict

from checklist.errors import Ambiguous, Conflict, Gone, Outage
from checklist.fly_releases import FlyRelease, ReleaseStatus
from checklist.plan import Machine
from checklist.ports import Lease
from checklist.record import Json
from checklist.secrets import Secret
from checklist.words import ImageDigest, MachineId, StrategyName
from fly import documents
from sandbox.fly import creation, lease_calls, machine_calls, release_calls, secret_calls, waiting
from sandbox.fly.calls import Call, Reply
from sandbox.fly.errors import Cut, Refused
from sandbox.fly.journal import NONCE, closed
from sandbox.fly.plan import Kind, PlannedFault
from sandbox.fly.platform import Platform
from sandbox.fly.tokens import Token
from tests.generated.clock import PassingTime

TOKEN = Token("deploy", "0b7d55e1c3a94f28@tokens.fly.io", writes=True)
READS = {"GET", "HEAD"}
BEHIND = 5.0  # seconds: no node of Fly's is behind for longer, however often one is
SETTLES = 1.0  # seconds: no faster than Fly allows one client to ask
Answer = Callable[[Call], Awaitable[Reply]]
# Sandbox documents are JSON objects; the sandbox calls their type differently.
Body = dict[str, Json]


@dataclass(frozen=True, slots=True)
class MemoryFleet:
    """The port Fleet over a sandbox's platform. It keeps the platform's log, in the platform's form."""

    platform: Platform
    time: PassingTime
    next_n: Callable[[], int]

    async def machines(self, app: str) -> tuple[Machine, ...]:
        return documents.machines(await self.ask("GET", app, "", machine_calls.list_machines))

    async def machine(self, app: str, id: MachineId) -> Machine:
        return documents.machine(await self.ask("GET", app, id, machine_calls.get_machine))

    async def take_lease(self, app: str, id: MachineId, *, description: str, ttl: timedelta) -> Lease:
        try:
            return documents.lease(await self._lease(app, id, description, ttl))
        except Conflict as conflict:
            held = await self._held_lease(app, id, conflict)
        if held.description != description:
            raise Conflict("Fly", f"machine {id} is leased by {held.owner}")
        return await self.refresh_lease(app, id, held, ttl=ttl)

    async def refresh_lease(self, app: str, id: MachineId, lease: Lease, *, ttl: timedelta) -> Lease:
        try:
            return documents.lease(await self._lease(app, id, lease.description, ttl, nonce=lease.nonce))
        except Gone as gone:
            raise Conflict("Fly", f"our lease on machine {id} was lost") from gone

    async def release_lease(self, app: str, id: MachineId, lease: Lease) -> None:
        try:
            await self.ask("DELETE", app, f"{id}/lease", lease_calls.release_lease, nonce=lease.nonce)
        except (Conflict, Gone):
            return  # it ran out, or it is somebody else's by now

    async def update(
        self, app: str, id: MachineId, *, config: Mapping[str, Json], current_version: str, nonce: str, launch: bool
    ) -> Machine:
        body: Body = {"config": dict(config), "current_version": current_version, "skip_launch": not launch}
        return documents.machine(await self.ask("POST", app, id, machine_calls.update_machine, body=body, nonce=nonce))

    async def create(self, app: str, *, config: Mapping[str, Json], region: str, launch: bool) -> Machine:
        body: Body = {"config": dict(config), "region": region, "skip_launch": not launch}
        body |= {"skip_service_registration": True}
        return documents.machine(await self.ask("POST", app, "", creation.create_machine, body=body))

    async def destroy(self, app: str, id: MachineId, *, nonce: str) -> None:
        try:
            await self.ask("DELETE", app, id, creation.destroy_machine, nonce=nonce, query={"force": "true"})
        except Gone:
            return

    async def cordon(self, app: str, id: MachineId, *, nonce: str) -> None:
        await self.ask("POST", app, f"{id}/cordon", machine_calls.cordon_machine, nonce=nonce)

    async def uncordon(self, app: str, id: MachineId, *, nonce: str) -> None:
        await self.ask("POST", app, f"{id}/uncordon", machine_calls.uncordon_machine, nonce=nonce)

    async def stop(self, app: str, id: MachineId, *, nonce: str) -> None:
        await self.ask("POST", app, f"{id}/stop", machine_calls.stop_machine, nonce=nonce)

    async def wait(self, app: str, id: MachineId, *, version: str, within: timedelta) -> bool:
        query = {"version": version, "state": "started", "timeout": str(ceil(within.total_seconds()))}
        try:
            await self.ask("GET", app, f"{id}/wait", waiting.wait_for_state, query=query)
        except Ambiguous:
            return False
        return True

    async def version_config(self, app: str, id: MachineId, version: str) -> Mapping[str, Json] | None:
        listed = await self.ask("GET", app, f"{id}/versions", machine_calls.list_versions)
        return documents.versions(listed).get(version)

    async def secrets(self, app: str) -> Mapping[str, Secret]:
        path = f"/fly/v1/apps/{app}/secrets"
        return documents.secrets(await self.send("GET", path, secret_calls.list_secrets, params={"app": app}))

    async def _held_lease(self, app: str, id: MachineId, conflict: Conflict) -> Lease:
        """The lease that is in our way. Raises the conflict when it has just gone."""
        try:
            return documents.lease(await self.ask("GET", app, f"{id}/lease", lease_calls.get_lease))
        except Gone as gone:
            raise conflict from gone

    async def _lease(self, app: str, id: MachineId, description: str, ttl: timedelta, nonce: str = "") -> Any:
        seconds = ceil(ttl.total_seconds())
        body: Body = {"description": description, "ttl": seconds}
        return await self.ask("POST", app, f"{id}/lease", lease_calls.take_lease, body=body, nonce=nonce)

    async def ask(
        self,
        method: str,
        app: str,
        rest: str,
        answer: Answer,
        *,
        body: Body | None = None,
        nonce: str = "",
        query: Mapping[str, str] | None = None,
    ) -> Any:
        """One request about an app's machines. Raises Outage."""
        path, params = (
            f"/fly/v1/apps/{app}/machines/{rest}".rstrip("/"),
            {"app": app, "machine": rest.partition("/")[0]},
        )
        return await self.send(method, path, answer, params=params, body=body, nonce=nonce, query=query)

    async def send(
        self,
        method: str,
        path: str,
        answer: Answer,
        *,
        params: Mapping[str, str],
        body: Body | None = None,
        nonce: str = "",
        query: Mapping[str, str] | None = None,
    ) -> Any:
        """One request, as the door of the sandbox takes it and writes it down. Raises Outage."""
        headers = {NONCE: nonce} if nonce else {}
        entry = self._opened(method, path, headers, body)
        call = Call(self.platform, params, MultiDict(query or {}), headers, dict(body or {}), TOKEN)
        try:
            reply = await self._answered(method, call, answer, entry)
        except Refused as refused:
            closed(entry, status=refused.status, response=refused.body(), applied=False)
            _refuse(refused, changes=method not in READS)
        except Cut as cut:
            closed(entry, status=None, response=None, applied=cut.applied)
            lost = Outage if method in READS else Ambiguous
            raise lost("Fly", "the answer was lost", retry=method in READS) from cut
        closed(entry, status=reply.status, response=reply.body, applied=reply.applied)
        self.time.passes(SETTLES / 10)
        return reply.body

    async def _answered(self, method: str, call: Call, answer: Answer, entry: dict[str, object]) -> Reply:
        """With whatever the plan has in store for this call. Raises Refused, Cut."""
        platform, route = self.platform, f"{method} {answer.__name__}"
        platform.plan.routes.setdefault(route, method == "GET")
        fault = platform.plan.comes(method, route)
        entry |= {"fault": fault.kind} if fault else {}
        before = platform.copies.kept() if method != "GET" else None
        stale = fault is not None and fault.kind is Kind.STALE_READ
        within = BEHIND if fault is not None and fault.forever else math.inf
        old = platform.copies.node(old=stale, led=True, within=within)
        answer = _unavailable if platform.faults.on("fly-down") and answer is not _manifest else answer
        reply = await spoilt(fault, call if old is platform else replace(call, platform=old), answer)
        if reply.applied:
            platform.copies.changed(before)
        return reply

    def _opened(self, method: str, path: str, headers: Mapping[str, str], body: Body | None) -> dict[str, object]:
        at = self.time.now().isoformat()
        entry: dict[str, object] = {"n": self.next_n(), "at": at, "method": method, "path": path}
        entry |= {"query": {}, "headers": headers, "body": body, "status": None, "response": None, "applied": False}
        self.platform.log.append(entry)
        return entry


async def spoilt(fault: PlannedFault | None, call: Call, answer: Answer) -> Reply:
    """The answer, or what the plan makes of it: what it is not told, the caller cannot know."""
    if fault is None or fault.kind in {Kind.STALE_READ, Kind.SLOW}:
        return await answer(call)
    if refused := _REFUSED.get(fault.kind):
        raise Refused(*refused)
    if fault.kind in {Kind.TIMEOUT_BEFORE_APPLY, Kind.RESET_BEFORE_APPLY}:
        raise Cut(applied=False)
    raise Cut(applied=(await answer(call)).applied)


_REFUSED = {
    Kind.REJECT: (422, "the request was rejected"),
    Kind.UNAVAILABLE: (503, "upstream connect error"),
    Kind.RATE_LIMITED: (429, "resource exhausted: rate limit exceeded"),
}


async def _unavailable(call: Call) -> Reply:
    raise Refused(503, "upstream connect error")


def _refuse(refused: Refused, *, changes: bool) -> NoReturn:
    """As the product's own client understands it."""
    words = f"{refused.status} {refused.error}"
    if refused.status == HTTPStatus.NOT_FOUND:
        raise Gone("Fly", words)
    if refused.status in {HTTPStatus.CONFLICT, HTTPStatus.PRECONDITION_FAILED}:
        raise Conflict("Fly", words)
    if changes and (refused.status == HTTPStatus.REQUEST_TIMEOUT or refused.status >= 500):
        raise Ambiguous("Fly", words, retry=True)
    if refused.status == HTTPStatus.REQUEST_TIMEOUT:
        raise Ambiguous("Fly", words)
    raise Outage("Fly", words, retry=refused.status >= 500 or refused.status == HTTPStatus.TOO_MANY_REQUESTS)


@dataclass(frozen=True, slots=True)
class MemoryRegistry:
    """The port Registry over a sandbox's platform."""

    fleet: MemoryFleet

    async def digest(self, repository: str, reference: str, *, within: timedelta) -> ImageDigest | None:
        if self.fleet.platform.faults.on("registry-down"):
            raise Outage("Fly's registry", "503", retry=True)
        path, params = f"/fly/v2/{repository}/manifests/{reference}", {"repository": repository, "reference": reference}
        found = await self.fleet.send("HEAD", path, _manifest, params=params)
        return ImageDigest(found) if found else None


async def _manifest(call: Call) -> Reply:
    image = call.platform.registry.named(call.params["repository"], call.params["reference"])
    return Reply(image.digest if image else None)


@dataclass(frozen=True, slots=True)
class MemoryReleases:
    """The port Releases over a sandbox's platform: what fails is asked for once more, as in truth by GraphQL."""

    fleet: MemoryFleet

    async def create(self, app: str, *, image: str, strategy: StrategyName) -> FlyRelease:
        """Nobody else deploys here, so one that is pending is ours, from a process that died."""
        before = (await self.newest(app))[0]
        if (before.status, before.image) == (ReleaseStatus.PENDING, image):
            return before
        body: Body = {"app_name": app, "definition": {"app": app}, "image": image, "strategy": strategy}
        try:
            return await self._created(body)
        except Ambiguous:
            now = (await self.newest(app))[0]
            if now.image == image and now.id != before.id:
                return now
        except Outage:
            pass  # it is refused, or not there
        return await self._created(body)

    async def update(self, release: FlyRelease, status: ReleaseStatus, *, trouble: str = "") -> None:
        path, params, body = f"{_RELEASES}/{release.id}", {"release": release.id}, Body(status=status)
        try:
            await self.fleet.send("PATCH", path, release_calls.update_release, params=params, body=body)
        except Outage:
            await self.fleet.send("PATCH", path, release_calls.update_release, params=params, body=body)

    async def newest(self, app: str) -> tuple[FlyRelease, ...]:
        path = f"/fly/api/v1/apps/{app}/releases"
        listed = await self.fleet.send("GET", path, release_calls.list_releases, params={"app": app})
        return tuple(map(_line, listed["releases"]))

    async def _created(self, body: Body) -> FlyRelease:
        made = await self.fleet.send("POST", _RELEASES, release_calls.create_release, params={}, body=body)
        return _line(made["release"])


_RELEASES = "/fly/api/v1/releases"


def _line(release: Body) -> FlyRelease:
    return FlyRelease(
        id=str(release["id"]),
        version=int(str(release["version"])),
        status=str(release["status"]),
        image=str(release["image_ref"]),
        created_at=datetime.fromisoformat(str(release["created_at"])),
    )
