"""Who answers which kind of check, and what all_of makes of its parts."""

from collections.abc import Mapping
from datetime import UTC, datetime

import pytest

from checklist.calendar import Calendar
from checklist.kinds import (
    AllOf,
    AnyParams,
    Attest,
    BotAck,
    CalendarOpen,
    Check,
    CheckKind,
    FlyEnvDiff,
    FlyEnvNames,
    FlyMachineChecks,
    FlySecretsPresent,
    GithubCheckRun,
    HttpProbe,
    SlackChannel,
)
from checklist.marks import Outcome, Verdict
from checklist.ports import Checker
from checklist.redaction import Redactor
from checklist.words import Role
from checks.catalogue import connected
from checks.together import together
from checks.unconnected import unconnected
from checks.verdicts import failed, inconclusive, passed
from tests.checks.test_calendar import RULE, Stopped
from tests.checks.test_slack import CHANNEL, OneChannel
from tests.fly.servers import Fly

HEALTHY = FlyMachineChecks(app="drop-app", min_machines=2)
UNHEALTHY = FlyMachineChecks(app="drop-app", min_machines=9)
UNREAD = GithubCheckRun(ref="main", check="ci")


@pytest.fixture
def checkers(fly: Fly) -> Mapping[CheckKind, Checker]:
    return connected(
        fleet=fly.fleet,
        jobs=fly.jobs,
        logs=fly.logs,
        redactor=Redactor(),
        registry=fly.registry,
        workspace=OneChannel(CHANNEL),
        calendar=Calendar(RULE),
        clock=Stopped(datetime(2026, 11, 25, 1, 10, tzinfo=UTC)),
        http=fly.http,
        origins=[f"{fly.base}/production"],
        sizes={"drop-app": 2, "drop-staging": 1},
    )


async def test_every_connected_kind_answers_its_own_parameters(fly: Fly, checkers: Mapping[CheckKind, Checker]) -> None:
    asked = [
        HEALTHY,
        FlySecretsPresent(app="drop-app", names=("JWT_SECRET",)),
        FlyEnvNames(app="drop-app", present=("APP_ENV",)),
        FlyEnvDiff(left="drop-staging", right="drop-app", allow=("APP_*",)),
        HttpProbe(url=f"{fly.base}/production/api/health"),
        CalendarOpen(),
        SlackChannel(channel="C0DROPDEPLOY", team="T0ALAI"),
    ]

    verdicts = [await checkers[params.kind](Check(params)) for params in asked]

    assert [verdict.outcome for verdict in verdicts] == [Outcome.PASSED] * len(asked)


async def test_parameters_of_another_kind_are_a_mistake_and_not_an_answer(
    checkers: Mapping[CheckKind, Checker],
) -> None:
    for kind, answer in checkers.items():
        with pytest.raises(TypeError):
            await answer(Check(Attest() if kind is not CheckKind.ATTEST else CalendarOpen()))


@pytest.mark.parametrize(
    ("check", "reason"),
    [
        (Check(UNREAD), "not connected: github.check_run; the item's role attests"),
        (Check(BotAck(role=Role.ON_CALL)), "not connected: bot.ack; on-call attests"),
    ],
)
async def test_a_kind_that_is_not_connected_is_inconclusive_and_left_to_a_person(check: Check, reason: str) -> None:
    verdict = await unconnected(check)

    assert (verdict.outcome, verdict.reason) == (Outcome.INCONCLUSIVE, reason)


@pytest.mark.parametrize(
    ("parts", "outcome"),
    [
        ((HEALTHY, CalendarOpen()), Outcome.PASSED),
        ((HEALTHY, UNREAD), Outcome.INCONCLUSIVE),
        ((UNHEALTHY, UNREAD), Outcome.FAILED),
        ((HEALTHY, AllOf(checks=(UNREAD,))), Outcome.INCONCLUSIVE),
        ((HEALTHY, AllOf(checks=(CalendarOpen(),))), Outcome.PASSED),
        ((), Outcome.INCONCLUSIVE),
    ],
)
async def test_all_of_passes_only_when_every_part_does(
    checkers: Mapping[CheckKind, Checker], parts: tuple[AnyParams, ...], outcome: Outcome
) -> None:
    verdict = await checkers[CheckKind.ALL_OF](Check(AllOf(checks=parts)))

    assert verdict.outcome is outcome


async def test_all_of_does_not_pass_on_results_that_it_cannot_read(checkers: Mapping[CheckKind, Checker]) -> None:
    verdict = await checkers[CheckKind.ALL_OF](Check(AllOf(checks=(HEALTHY,), items=("staging-health",))))

    assert verdict.outcome is Outcome.INCONCLUSIVE
    assert verdict.reason == "not read here: the results of staging-health"


def test_the_evidence_of_all_of_keeps_every_part() -> None:
    verdicts = [passed("well", {"a": 1}), failed("ill", {}), inconclusive("who knows")]

    verdict = together(verdicts, [CheckKind.HTTP_PROBE, CheckKind.HTTP_PROBE, CheckKind.CALENDAR])

    assert verdict == Verdict(
        outcome=Outcome.FAILED,
        reason="ill",
        evidence={
            "1 http.probe": {"outcome": "passed", "reason": "well", "a": 1},
            "2 http.probe": {"outcome": "failed", "reason": "ill"},
            "3 calendar": {"outcome": "inconclusive", "reason": "who knows"},
        },
    )
