"""Commands on the machines of Fly.io in memory, reached without HTTP."""

import contextlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from checklist.errors import Gone
from checklist.jobs import OneOff, Ran
from checklist.record import Json
from checklist.volumes import Snapshot
from checklist.words import MachineId
from fly import documents
from fly.volumes import understood
from sandbox.fly import creation, machine_calls
from sandbox.fly.platform import Platform
from tests.generated.clock import PassingTime
from tests.generated.fly import MemoryFleet


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
        lines = self.fleet.platform.apps[app].log_lines
        return "\n".join(str(line["message"]) for line in lines if line["instance"] == id)

    async def execute(self, app: str, id: MachineId, command: tuple[str, ...], *, within: timedelta) -> Ran:
        programs = self.fleet.platform.apps[app].runtime.programs
        program = programs.begin(command, "")
        return Ran(exit_code=program.exit_code, stdout=program.stdout, stderr=program.stderr)


@dataclass(frozen=True, slots=True)
class MemoryVolumes:
    """The port Volumes over a sandbox's platform."""

    platform: Platform
    time: PassingTime

    async def snapshots(self, app: str, volume: str) -> tuple[Snapshot, ...]:
        volumes = self.platform.volumes
        return understood([*volumes.snapshots(volumes.named(app, volume))])

    async def take_snapshot(self, app: str, volume: str) -> None:
        self.platform.volumes.schedule(self.platform.volumes.named(app, volume))
