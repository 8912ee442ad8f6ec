"""fly.exec: what a short command says inside of a machine that runs. A command that acts is never run by a check."""

from dataclasses import replace

from checklist.jobs import Ran
from checklist.kinds import FlyExec
from checklist.marks import Verdict
from checklist.plan import Machine
from checklist.ports import Fleet, Jobs
from checklist.record import Json
from checklist.redaction import Redactor
from checks.verdicts import failed, inconclusive, passed

MOST_OUTPUT = 4 * 1024  # characters of each stream that the evidence keeps
MOST_SAID = 200  # of them, that are worth saying


class CommandChecks:
    """Runs the checklist's own commands through the port Jobs."""

    def __init__(self, fleet: Fleet, jobs: Jobs, redactor: Redactor) -> None:
        self._fleet = fleet
        self._jobs = jobs
        self._redactor = redactor

    async def exec(self, params: FlyExec) -> Verdict:
        """On the first healthy machine. A command that Fly did not wait for may go on: nobody knows how it ends."""
        command = " ".join(params.command)
        if params.once_per_change:
            return inconclusive(f"“{command}” acts, so no check runs it", {"app": params.app})
        machine = next((one for one in await self._fleet.machines(params.app) if one.healthy), None)
        if machine is None:
            return inconclusive(f"no machine of {params.app} is healthy: “{command}” was not run", {"app": params.app})
        ran = await self._jobs.execute(params.app, machine.id, params.command, within=params.timeout)
        hidden = self._redactor.text  # before anything is cut: half of a secret is not known again
        return _judged(params, machine, replace(ran, stdout=hidden(ran.stdout), stderr=hidden(ran.stderr)))


def _judged(params: FlyExec, machine: Machine, ran: Ran) -> Verdict:
    evidence: dict[str, Json] = {
        "machine": machine.id,
        "version": machine.tag,
        "command": [*params.command],
        "exit_code": ran.exit_code,
        "stdout": ran.stdout[-MOST_OUTPUT:],
        "stderr": ran.stderr[-MOST_OUTPUT:],
    }
    command = f"“{' '.join(params.command)}” on machine {machine.id}"
    if ran.exit_code != params.exit_code:
        return failed(f"{command} ended with exit code {ran.exit_code}{_last(ran)}", evidence)
    if params.stdout_match not in ran.stdout:
        return failed(f"{command} did not say “{params.stdout_match}”{_last(ran)}", evidence)
    return passed(f"{command} ended with exit code {ran.exit_code}{_last(ran)}", evidence)


def _last(ran: Ran) -> str:
    """The last line of what it said."""
    lines = f"{ran.stdout}\n{ran.stderr}".strip().splitlines()
    return f": {lines[-1][:MOST_SAID]}" if lines else ""
