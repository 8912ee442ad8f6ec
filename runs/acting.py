"""The checks that act: each is carried out by a run, when somebody has asked for it, and says what came of it."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace

from checklist.definition import Item
from checklist.deployment import Deployment
from checklist.errors import Outage
from checklist.kinds import CheckKind, Params
from checklist.marks import Outcome, Verdict
from runs.deps import RunDeps
from runs.own import ACTED_AT
from runs.rehearsal import rehearse
from runs.snapshot import take_snapshot

Act = Callable[[RunDeps, Deployment, Item, Params], Awaitable[Verdict]]


async def acted(deps: RunDeps, deployment: Deployment, item: Item, params: Params) -> Verdict:
    """Carry it out. The evidence tells when that was, for its time to live counts from then."""
    try:
        verdict = await ACTS[params.kind](deps, deployment, item, params)
    except Outage as outage:
        verdict = Verdict(outcome=Outcome.INCONCLUSIVE, reason=f"{outage.system}: {outage.advice}")
    return deps.safe(replace(verdict, evidence={**verdict.evidence, ACTED_AT: deps.now().isoformat()}))


# Every kind of checklist.kinds.ACTING.
ACTS: Mapping[CheckKind, Act] = {CheckKind.BOT_REHEARSAL: rehearse, CheckKind.FLY_SNAPSHOT: take_snapshot}
