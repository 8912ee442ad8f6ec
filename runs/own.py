"""What the bot answers from its own record: figures that were measured before, and what a check that acts has found."""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta

from checklist.definition import Item
from checklist.deployment import Deployment
from checklist.kinds import ACTING, BotMeasured, CheckKind, Params
from checklist.marks import MarkState, Outcome, Verdict
from checklist.words import ItemId

ACTED_AT = "acted_at"  # in the evidence of a check that acts: when that was

Answer = Callable[[Deployment, Item, Params, datetime], Verdict]


def measured(deployment: Deployment, item: Item, params: Params, now: datetime) -> Verdict:
    """Whether the figure in the other item's evidence is small enough; without a figure nobody can tell."""
    if not isinstance(params, BotMeasured):
        raise TypeError(f"{params.kind} is no measured figure")
    source = deployment.mark(ItemId(params.source))
    figure = source.evidence.get(params.metric)
    if source.state is not MarkState.PASSED or not isinstance(figure, int | float):
        return Verdict(outcome=Outcome.INCONCLUSIVE, reason=f"{params.source} has measured no {params.metric} yet")
    outcome = Outcome.PASSED if figure <= params.max else Outcome.FAILED
    reason = f"{figure:.1f} {_words(params.metric)}, measured by {params.source}; at most {params.max:g}"
    return Verdict(outcome=outcome, reason=reason, evidence={params.metric: figure, "source": params.source})


def as_found(deployment: Deployment, item: Item, params: Params, now: datetime) -> Verdict:
    """What the check found when it acted. Once its time to live is over that proves nothing any more."""
    mark = deployment.mark(item.id)
    at = mark.evidence.get(ACTED_AT)
    if not isinstance(at, str) or mark.state.value not in set(Outcome):
        return Verdict(outcome=Outcome.INCONCLUSIVE, reason="nobody has asked for it yet")
    age = now - datetime.fromisoformat(at)
    if item.ttl is not None and age > item.ttl:
        reason = f"done {_hours(age)} ago, and counts for {_hours(item.ttl)}: ask for it again"
        return Verdict(outcome=Outcome.INCONCLUSIVE, reason=reason, evidence=mark.evidence)
    return Verdict(outcome=Outcome(mark.state), reason=mark.note, evidence=mark.evidence)


def _hours(age: timedelta) -> str:
    minutes = age // timedelta(minutes=1)
    return f"{minutes // 60} h" if minutes >= 60 else f"{minutes} min"


def _words(metric: str) -> str:
    return metric.replace("_", " ")


OWN: Mapping[CheckKind, Answer] = {CheckKind.BOT_MEASURED: measured, **dict.fromkeys(ACTING, as_found)}
