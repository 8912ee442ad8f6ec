"""fly.logs against the sandbox's Fly.io, and against logs that it never has."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest

from checklist.kinds import Check, FlyLogs
from checklist.logs import Heard, LogLine
from checklist.marks import Outcome, Verdict
from checklist.ports import Logs
from checklist.redaction import Redactor
from checklist.words import MachineId
from checks.logs import LogChecks
from fly.logs import NoLogs
from sandbox import seed
from tests.checks.test_calendar import Stopped
from tests.fly.servers import Fly

SINCE = datetime(2026, 11, 26, 1, 14, tzinfo=UTC)
CLEAN = FlyLogs(app="drop-app", since="deploy-trigger", levels=("error", "fatal"))
READY = ("info", "ready on port 8080")


@dataclass(frozen=True)
class Wrote:
    """The port Logs over lines that a test has made up."""

    lines: tuple[tuple[str, str], ...]
    whole: bool = True

    async def heard(self, app: str, *, since: datetime) -> Heard:
        made = (LogLine(level=level, message=message, machine=MachineId("1")) for level, message in self.lines)
        return Heard(lines=tuple(made), whole=self.whole)


async def judged(
    *lines: tuple[str, str], params: FlyLogs = CLEAN, whole: bool = True, age: timedelta = timedelta(minutes=5)
) -> Verdict:
    return await answer(Wrote(lines, whole), params, now=SINCE + age)


async def answer(logs: Logs, params: FlyLogs = CLEAN, *, since: datetime | None = SINCE, now: datetime) -> Verdict:
    return await LogChecks(logs, Redactor(("hunter2hunter2",)), Stopped(now))(Check(params, since=since))


async def test_a_log_without_lines_of_these_levels_passes_with_what_was_counted() -> None:
    verdict = await judged(READY, ("info", "GET / 200"), ("warning", "slow"))

    assert (verdict.outcome, verdict.reason) == (
        Outcome.PASSED,
        "no line of level error or fatal among the 3 of drop-app since 01:14 UTC",
    )
    assert verdict.evidence["levels"] == {"info": 2, "warning": 1}


async def test_one_line_too_many_fails_and_the_first_is_quoted() -> None:
    verdict = await judged(READY, ("error", "ECONNRESET"), ("FATAL", "out of memory"))

    assert (verdict.outcome, verdict.reason) == (
        Outcome.FAILED,
        "drop-app wrote 2 lines of level error or fatal since 01:14 UTC, at most 0 may be: “ECONNRESET”",
    )


@pytest.mark.parametrize(("most", "outcome"), [(1, Outcome.FAILED), (2, Outcome.PASSED)])
async def test_as_many_as_the_checklist_says_may_be(most: int, outcome: Outcome) -> None:
    verdict = await judged(("error", "a"), ("error", "b"), params=CLEAN.model_copy(update={"max": most}))

    assert verdict.outcome is outcome


async def test_a_line_that_is_allowed_counts_for_nothing_and_its_like_does() -> None:
    allowed = CLEAN.model_copy(update={"allow": ("*ECONNRESET*",)})

    verdict = await judged(("error", "read ECONNRESET by peer"), ("error", "read EPIPE"), params=allowed)

    assert verdict.outcome is Outcome.FAILED
    assert verdict.evidence["first"] == ["read EPIPE"]


async def test_nothing_secret_or_personal_is_quoted_wherever_the_line_is_cut() -> None:
    kari = "user kari@nordmann.no, +47 912 34 567, born 01019912345, token hunter2hunter2"
    long = f"{'x' * 90}hunter2hunter2"

    verdict = await judged(("error", kari), ("error", long))

    told = verdict.reason + json.dumps(verdict.evidence)
    assert [part for part in ("kari", "912", "0101991", "hunter", "nordmann") if part in told] == []


async def test_the_evidence_quotes_the_first_lines_that_differ() -> None:
    lines: Iterable[tuple[str, str]] = [("error", f"failure {number // 2}") for number in range(20)]

    verdict = await judged(*lines)

    assert verdict.evidence["first"] == [f"failure {number}" for number in range(5)]
    assert verdict.evidence["unwanted"] == 20


async def test_silence_proves_nothing() -> None:
    verdict = await judged()

    assert (verdict.outcome, verdict.reason) == (
        Outcome.INCONCLUSIVE,
        "the log of drop-app is empty since 01:14 UTC, which proves nothing",
    )


async def test_a_log_that_was_not_read_to_its_end_passes_nothing_and_may_fail() -> None:
    clean, bad = await judged(READY, whole=False), await judged(("error", "no"), whole=False)

    assert (clean.outcome, bad.outcome) == (Outcome.INCONCLUSIVE, Outcome.FAILED)
    assert clean.reason == "drop-app wrote more than the 1 lines that were read since 01:14 UTC"


async def test_what_fly_no_longer_keeps_passes_nothing() -> None:
    verdict = await judged(READY, age=timedelta(days=8))

    assert verdict.outcome is Outcome.INCONCLUSIVE


async def test_before_the_step_is_done_nobody_knows_since_when_to_read() -> None:
    verdict = await answer(Wrote((READY,)), since=None, now=SINCE)

    assert (verdict.outcome, verdict.reason) == (
        Outcome.INCONCLUSIVE,
        "deploy-trigger is not done, or nobody knows when it was",
    )


async def test_without_a_token_that_may_read_logs_nothing_passes_and_the_way_out_is_named() -> None:
    verdict = await answer(NoLogs(), now=SINCE)

    assert verdict.outcome is Outcome.INCONCLUSIVE
    assert "set FLY_READ_TOKEN" in verdict.reason


async def test_the_app_s_own_lines_are_read_from_fly_and_its_errors_fail(fly: Fly) -> None:
    began = fly.clock.now()
    await fly.http.get(f"{fly.base}/production/api/health")
    clean = await answer(fly.logs, since=began, now=fly.clock.now())
    fly.faults.switch("errors-in-log", on=True)
    await fly.http.get(f"{fly.base}/production/api/health")

    bad = await answer(fly.logs, since=began, now=fly.clock.now())

    assert (clean.outcome, clean.evidence["levels"]) == (Outcome.PASSED, {"info": 1})
    assert (bad.outcome, bad.evidence["unwanted"]) == (Outcome.FAILED, 1)
    assert "too many connections" in bad.reason
    assert seed.DATABASE_LOGIN not in bad.reason + json.dumps(bad.evidence)


async def test_what_was_written_before_is_not_counted(fly: Fly) -> None:
    fly.faults.switch("errors-in-log", on=True)
    await fly.http.get(f"{fly.base}/production/api/health")
    fly.faults.switch("errors-in-log", on=False)
    fly.clock.move(1)
    began = fly.clock.now()
    await fly.http.get(f"{fly.base}/production/api/health")

    verdict = await answer(fly.logs, since=began, now=fly.clock.now())

    assert (verdict.outcome, verdict.evidence["levels"]) == (Outcome.PASSED, {"info": 1})


async def test_with_fly_s_logs_away_nothing_passes_and_nothing_fails(fly: Fly) -> None:
    fly.faults.switch("fly-down", on=True)

    verdict = await answer(fly.logs, now=fly.clock.now())

    assert verdict.outcome is Outcome.INCONCLUSIVE
