"""fly.logs: what an app has written since a step of the deployment, counted by level and quoted with care."""

import re
from collections import Counter
from datetime import datetime, timedelta
from fnmatch import fnmatchcase

from checklist.errors import Outage
from checklist.kinds import Check, FlyLogs
from checklist.logs import Heard, LogLine
from checklist.marks import Verdict
from checklist.ports import Clock, Logs
from checklist.record import Json
from checklist.redaction import HIDDEN, Redactor
from checks.verdicts import could_not_tell, failed, inconclusive, passed

MOST_QUOTED = 5  # distinct lines that the evidence keeps
MOST_SAID = 100  # characters of each
KEPT = timedelta(days=7)  # by Fly, or about so long
PERSONAL = re.compile(r"[^\s@]+@[^\s@]+|\d[\d ]{4,}\d")  # addresses, and numbers of phones, people and accounts


class LogChecks:
    """The Checker for fly.logs.

    What Fly's logs cannot tell: their HTTP API is unofficial, though flyctl depends on it; they are kept for about
    seven days; a line may come late or be lost on its way, and nobody says so. The level is the one that Fly gives: an
    app's own output may be called `info` whatever it says. So an empty log passes nothing, and a person should look
    as well.
    """

    def __init__(self, logs: Logs, redactor: Redactor, clock: Clock) -> None:
        self._logs = logs
        self._redactor = redactor
        self._clock = clock

    async def __call__(self, check: Check) -> Verdict:
        if not isinstance(check.params, FlyLogs):
            raise TypeError(f"{check.kind} is no log")
        if check.since is None:
            return inconclusive(f"{check.params.since} is not done, or nobody knows when it was")
        try:
            heard = await self._logs.heard(check.params.app, since=check.since)
        except Outage as outage:
            return could_not_tell(outage)
        return self._judged(check.params, check.since, heard)

    def _judged(self, params: FlyLogs, since: datetime, heard: Heard) -> Verdict:
        unwanted = [line for line in heard.lines if _is_unwanted(line, params)]
        evidence = self._evidence(params, since, heard, unwanted)
        begun, levels = f"since {since:%H:%M} UTC", " or ".join(params.levels)
        count = f"{_counted(len(unwanted))} of level {levels}"
        if len(unwanted) > params.max:
            first = self._quoted(unwanted[0].message)
            return failed(f"{params.app} wrote {count} {begun}, at most {params.max} may be: “{first}”", evidence)
        if self._clock.now() - since > KEPT:
            return inconclusive(f"Fly keeps logs for about {KEPT.days} days, and it was longer ago", evidence)
        if not heard.whole:
            read = len(heard.lines)
            return inconclusive(f"{params.app} wrote more than the {read} lines that were read {begun}", evidence)
        if not heard.lines:
            return inconclusive(f"the log of {params.app} is empty {begun}, which proves nothing", evidence)
        return passed(f"{count} among the {len(heard.lines)} of {params.app} {begun}", evidence)

    def _evidence(self, params: FlyLogs, since: datetime, heard: Heard, unwanted: list[LogLine]) -> dict[str, Json]:
        distinct = list(dict.fromkeys(line.message for line in unwanted))[:MOST_QUOTED]
        return {
            "app": params.app,
            "since": since.isoformat(),
            "levels": {**Counter(line.level for line in heard.lines)},
            "unwanted": len(unwanted),
            "first": [self._quoted(message) for message in distinct],
        }

    def _quoted(self, message: str) -> str:
        """Hidden before it is cut: half of a secret is not known again."""
        return PERSONAL.sub(HIDDEN, self._redactor.text(message))[:MOST_SAID]


def _is_unwanted(line: LogLine, params: FlyLogs) -> bool:
    allowed = any(fnmatchcase(line.message, pattern) for pattern in params.allow)
    return line.level.lower() in params.levels and not allowed


def _counted(lines: int) -> str:
    return f"{lines or 'no'} line{'s' if lines > 1 else ''}"
