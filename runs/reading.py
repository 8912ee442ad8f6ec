"""Reading one machine with patience: that Fly does not answer says nothing about the machine."""

from datetime import datetime

from checklist.errors import Gone, Outage
from checklist.plan import Machine
from checklist.words import MachineId
from runs.deps import RunDeps, seconds

REFUSALS = 3  # reads that Fly may refuse outright before it is believed


async def read(deps: RunDeps, app: str, id: MachineId, *, since: datetime) -> Machine:
    """The machine as it is. Raises Outage when Fly has not said by the deadline, Gone when there is no such machine."""
    refused = 0
    while True:
        try:
            return await deps.fleet.machine(app, id)
        except Gone:
            raise
        except Outage as outage:
            refused += not outage.retry
            if refused >= REFUSALS or deps.now() - since > deps.pace.wait_timeout:
                raise
        await deps.sleep(seconds(deps.pace.poll))
