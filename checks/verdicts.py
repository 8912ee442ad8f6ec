"""The three verdicts in short, how an outage becomes one of them, and machines as they are counted in their words."""

from collections.abc import Mapping, Sized

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


def counted(machines: Sized) -> str:
    """`1 machine`, `2 machines`."""
    return f"{len(machines)} machine{'s' if len(machines) != 1 else ''}"
