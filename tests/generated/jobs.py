"""Commands on the machines of Fly.io in memory, reached without HTTP."""

import contextlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any  # the platform answers JSON, which fly.volumes reads

from checklist.errors import Gone
from checklist.jobs import OneOff, Ran
from checklist.record import Json
from checklist.volumes import Snapshot
from checklist.words import MachineId
from fly import documents
from fly.volumes import understood
from sandbox.fly import creation, machine_calls, volume_calls
from sandbox.fly.calls import Call, Reply
from sandbox.fly.errors import Refused
from tests.generated.fly import Answer, MemoryFleet


@dataclass(frozen=True, slots=True)
class MemoryJobs:
    """The port Jobs over a sandbox's platform."""

    fleet: MemoryFleet

    async def create(self, app: str, config: Mapping[str, Json]) -> OneOff:
        body: dict[str, Json] = {"config": dict(config), "skip_launch": True}
        return documents.one_off(await self.fleet.ask("POST", app, "", creation.create_machine, body=body))

    async def launched(self, app: str, launch: str) -> tuple[OneOff, ...]:
        query = {"include_deleted": "true"}
        listed = await self.fleet.ask("GET", app, "", machine_calls.list_machines, query=query)
        return documents.one_offs(listed, launch)

    async def look(self, app: str, id: MachineId) -> OneOff:
        return documents.one_off(await self.fleet.ask("GET", app, id, machine_calls.get_machine))

    async def start(self, app: str, id: MachineId) -> None:
        await self.fleet.ask("POST", app, f"{id}/start", machine_calls.start_machine)

    async def destroy(self, app: str, id: MachineId) -> None:
        with contextlib.suppress(Gone):
            await self.fleet.ask("DELETE", app, id, creation.destroy_machine, query={"force": "true"})

    async def output(self, app: str, id: MachineId, *, since: datetime) -> str:
        path, query = f"/fly/api/v1/apps/{app}/logs", {"instance": str(id)}
        return str(await self.fleet.send("GET", path, _lines, params={"app": app}, query=query))

    async def execute(self, app: str, id: MachineId, command: tuple[str, ...], *, within: timedelta) -> Ran:
        body: dict[str, Json] = {"command": list(command), "timeout": within.total_seconds()}
        return documents.ran(await self.fleet.ask("POST", app, f"{id}/exec", _ran, body=body))


async def _lines(call: Call) -> Reply:
    """What the machine wrote, as the client puts it together."""
    lines = (str(line["message"]) for line in call.app.log_lines if line["instance"] == call.query["instance"])
    return Reply("\n".join(lines))


async def _ran(call: Call) -> Reply:
    """A short command, whose time nobody takes."""
    machine = call.machine
    if machine.state != "started":
        raise Refused(412, f"unable to exec on machine in current state: '{machine.state}'")
    image = machine.version.image
    ran = call.app.runtime.programs.begin(call.body["command"], image.version if image else "")
    return Reply({"exit_code": ran.exit_code, "exit_signal": 0, "stdout": ran.stdout, "stderr": ran.stderr})


@dataclass(frozen=True, slots=True)
class MemoryVolumes:
    """The port Volumes over a sandbox's platform."""

    fleet: MemoryFleet

    async def snapshots(self, app: str, volume: str) -> tuple[Snapshot, ...]:
        return understood(await self._ask("GET", app, volume, volume_calls.list_snapshots))

    async def take_snapshot(self, app: str, volume: str) -> None:
        await self._ask("POST", app, volume, volume_calls.schedule_snapshot)

    async def _ask(self, method: str, app: str, volume: str, answer: Answer) -> Any:
        path = f"/fly/v1/apps/{app}/volumes/{volume}/snapshots"
        return await self.fleet.send(method, path, answer, params={"app": app, "volume": volume})
