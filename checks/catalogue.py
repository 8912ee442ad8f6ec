"""Which kinds of check the bot can answer, and who answers each."""

from collections.abc import Iterable, Mapping

import httpx

from checklist.calendar import Calendar
from checklist.kinds import (
    CalendarOpen,
    CheckKind,
    FlyEnvDiff,
    FlyEnvNames,
    FlyExec,
    FlyImageDigest,
    FlyMachineChecks,
    FlyRegistryManifest,
    FlySecretsPresent,
    HttpProbe,
    SlackChannel,
)
from checklist.ports import Checker, Clock, Fleet, Jobs, Logs, Registry, Workspace
from checklist.redaction import Redactor
from checks.calendar import CalendarChecks
from checks.commands import CommandChecks
from checks.env import EnvChecks
from checks.fly import FlyChecks
from checks.http import HttpChecks
from checks.logs import LogChecks
from checks.origins import Origins
from checks.reading import checker
from checks.slack import SlackChecks
from checks.together import Together


def connected(
    *,
    fleet: Fleet,
    jobs: Jobs,
    logs: Logs,
    redactor: Redactor,
    registry: Registry,
    workspace: Workspace,
    calendar: Calendar,
    clock: Clock,
    http: httpx.AsyncClient,
    origins: Iterable[str],
    sizes: Mapping[str, int],
) -> Mapping[CheckKind, Checker]:
    """The kinds that can be read. Every other kind is answered by `unconnected`.

    `origins` are the only urls, with their paths, under which a probe may ask; `sizes` says how many machines an app
    must have.
    """
    machines, pages = FlyChecks(fleet, registry), HttpChecks(http, Origins(origins))
    inside, configs = CommandChecks(fleet, jobs, redactor), EnvChecks(fleet, sizes)
    slack, window = SlackChecks(workspace), CalendarChecks(calendar, clock)
    checkers: dict[CheckKind, Checker] = {
        CheckKind.HTTP_PROBE: checker(HttpProbe, pages.probe),
        CheckKind.FLY_IMAGE_DIGEST: checker(FlyImageDigest, machines.image_digest),
        CheckKind.FLY_MACHINE_CHECKS: checker(FlyMachineChecks, machines.machine_checks),
        CheckKind.FLY_SECRETS_PRESENT: checker(FlySecretsPresent, machines.secrets_present),
        CheckKind.FLY_ENV_NAMES: checker(FlyEnvNames, configs.names),
        CheckKind.FLY_ENV_DIFF: checker(FlyEnvDiff, configs.diff),
        CheckKind.FLY_EXEC: checker(FlyExec, inside.exec),
        CheckKind.FLY_REGISTRY_MANIFEST: checker(FlyRegistryManifest, machines.registry_manifest),
        CheckKind.FLY_LOGS: LogChecks(logs, redactor, clock),
        CheckKind.CALENDAR: checker(CalendarOpen, window.open),
        CheckKind.SLACK_CHANNEL: checker(SlackChannel, slack.channel),
    }
    return {**checkers, CheckKind.ALL_OF: Together(checkers)}
