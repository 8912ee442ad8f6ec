"""What the bot answers from its own record: a figure that was measured, and what a check that acts had found."""

from dataclasses import replace
from datetime import timedelta

import pytest

from checklist.deployment import Deployment
from checklist.kinds import BotMeasured
from checklist.marks import BOT, Mark, MarkState, Outcome
from checklist.record import Json
from runs.own import ACTED_AT, as_found, measured
from tests.checklist.builders import INSIDE, OPENED, item, opened

REHEARSED, UNDER_5M = item("rollback-rehearsed"), item("rollback-under-5m")
UNDER = BotMeasured(source="rollback-rehearsed", metric="seconds_to_healthy", max=300)


def rehearsed(state: MarkState = MarkState.PASSED, **evidence: Json) -> Deployment:
    mark = Mark(state=state, by=BOT, at=INSIDE, note="there and back", evidence=evidence)
    return replace(opened(), marks={REHEARSED.id: mark})


@pytest.mark.parametrize(
    ("seconds", "outcome"), [(299.9, Outcome.PASSED), (300, Outcome.PASSED), (300.1, Outcome.FAILED)]
)
def test_a_measured_figure_passes_up_to_its_limit(seconds: float, outcome: Outcome) -> None:
    verdict = measured(rehearsed(seconds_to_healthy=seconds), UNDER_5M, UNDER, INSIDE)

    assert verdict.outcome is outcome
    assert verdict.evidence == {"seconds_to_healthy": seconds, "source": "rollback-rehearsed"}


@pytest.mark.parametrize(
    "deployment",
    [opened(), rehearsed(), rehearsed(MarkState.FAILED, seconds_to_healthy=12), rehearsed(seconds_to_healthy="12")],
    ids=["not measured", "no figure", "it failed", "no number"],
)
def test_without_a_figure_nobody_can_tell_whether_it_is_small_enough(deployment: Deployment) -> None:
    verdict = measured(deployment, UNDER_5M, UNDER, INSIDE)

    assert verdict.outcome is Outcome.INCONCLUSIVE
    assert verdict.reason == "rollback-rehearsed has measured no seconds_to_healthy yet"


def test_what_a_check_that_acts_had_found_stands_for_its_time_to_live() -> None:
    deployment = rehearsed(acted_at=OPENED.isoformat(), seconds_to_healthy=12)
    assert REHEARSED.check
    assert REHEARSED.ttl == timedelta(hours=72)

    fresh = as_found(deployment, REHEARSED, REHEARSED.check.params, OPENED + timedelta(hours=72))
    old = as_found(deployment, REHEARSED, REHEARSED.check.params, OPENED + timedelta(hours=80))

    assert (fresh.outcome, fresh.reason) == (Outcome.PASSED, "there and back")
    assert fresh.evidence[ACTED_AT] == OPENED.isoformat()
    assert (old.outcome, old.reason) == (
        Outcome.INCONCLUSIVE,
        "done 80 h ago, and counts for 72 h: ask for it again",
    )


def test_what_was_never_carried_out_proves_nothing() -> None:
    assert REHEARSED.check

    verdict = as_found(opened(), REHEARSED, REHEARSED.check.params, INSIDE)

    assert verdict.outcome is Outcome.INCONCLUSIVE
