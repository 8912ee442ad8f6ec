"""The three verdicts in short, and how an outage becomes one of them."""

from collections.abc import Mapping

from checklist.errors import Outage
from checklist.marks import Outcome, Verdict
from checklist.record import Json

Evidence = Mapping[str, Json]


def passed(reason: str, evidence: Evidence) -> Verdict:
    return Verdict(outcome=Outcome.PASSED, reason=reason, evidence=evidence)


def failed(reason: str, evidence: Evidence) -> Verdict:
    return Verdict(outcome=Outcome.FAILED, reason=reason, evidence=evidence)


def inconclusive(reason: str, evidence: Evidence | None = None) -> Verdict:
    return Verdict(outcome=Outcome.INCONCLUSIVE, reason=reason, evidence=evidence or {})


def could_not_tell(outage: Outage) -> Verdict:
    """No data is never a pass, and no failure either."""
    return inconclusive(f"{outage.system}: {outage.advice}", {"system": outage.system})
