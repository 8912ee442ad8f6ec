"""all_of: several checks that count as one."""

import asyncio
from collections.abc import Mapping

from checklist.kinds import AllOf, Check, CheckKind
from checklist.marks import Outcome, Verdict
from checklist.ports import Checker
from checklist.record import Json
from checks.unconnected import unconnected
from checks.verdicts import failed, inconclusive, passed


class Together:
    """Asks every part at once. Failed if one failed; else inconclusive if one could not tell; else passed."""

    def __init__(self, checkers: Mapping[CheckKind, Checker]) -> None:
        self._checkers = checkers

    async def __call__(self, check: Check) -> Verdict:
        if not isinstance(check.params, AllOf):
            raise TypeError(f"{check.kind} has no parts")
        verdicts = await asyncio.gather(*(self._answer(part) for part in check.params.parts))
        return together([*verdicts, *_results_of(check.params)], [part.kind for part in check.params.parts])

    async def _answer(self, part: Check) -> Verdict:
        if part.kind is CheckKind.ALL_OF:
            return await self(part)
        return await self._checkers.get(part.kind, unconnected)(part)


def together(verdicts: list[Verdict], kinds: list[CheckKind]) -> Verdict:
    """One verdict of many. Nothing to look at is no pass. The evidence keeps every part under its kind, in order."""
    evidence: dict[str, Json] = {
        f"{number} {kind}": {"outcome": str(verdict.outcome), "reason": verdict.reason, **verdict.evidence}
        for number, (kind, verdict) in enumerate(zip(kinds, verdicts, strict=False), start=1)
    }
    broke, unsure = (
        "; ".join(verdict.reason for verdict in verdicts if verdict.outcome is outcome)
        for outcome in (Outcome.FAILED, Outcome.INCONCLUSIVE)
    )
    if broke:
        return failed(broke, evidence)
    if unsure or not verdicts:
        return inconclusive(unsure or "nothing was asked", evidence)
    return passed("; ".join(verdict.reason for verdict in verdicts), evidence)


def _results_of(params: AllOf) -> list[Verdict]:
    """The results of other items are the record's, which no check reads."""
    items = ", ".join(params.items)
    return [inconclusive(f"not read here: the results of {items}")] if items else []
