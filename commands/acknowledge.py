"""/drop acknowledge: somebody says who changed production outside of Drop, and why; from then on it counts as known."""

from checklist import notices
from checklist.drift import Drift
from checklist.errors import BadField, Drifted, DriftedOn, NothingDrifted
from checklist.moves import Move
from checklist.policy import permit
from checklist.ports import Work
from checklist.record import Fact, Json
from commands.deps import LEAST, Ask, Deps


def acknowledge(ask: Ask, deps: Deps) -> Drift:
    """What was seen last is the known state from now on. Raises NotAllowed, BadField, NothingDrifted, DriftedOn."""
    words = (ask.fields.get("words") or ask.words).strip()
    permit(Move.ACKNOWLEDGE, ask.by, deps.checklist.team)
    if len(words) < LEAST:
        raise BadField("words", f"this needs at least {LEAST} characters", "who changed production, and why")
    with deps.decision(ask) as work:
        drift = to_acknowledge(ask, deps, work)
        work.production.keep(drift.app, drift.found)
        work.production.acknowledge(drift, by=ask.by.id, at=deps.now())
        body: dict[str, Json] = {"app": drift.app, "drift": drift.number, "state": drift.key, "words": words}
        work.journal.append(Fact(kind="drift.acknowledged", at=deps.now(), by=ask.by.id, body=body))
        work.outbox.put(notices.acknowledged(drift, ask.by.name, words))
        shown_anew(work)
        work.commit()
    return drift


def to_acknowledge(ask: Ask, deps: Deps, work: Work) -> Drift:
    """The drift that is spoken of. Raises NothingDrifted, or DriftedOn when the button was drawn for an earlier one."""
    drift = work.production.drift(deps.checklist.production.name)
    if drift is None:
        raise NothingDrifted
    if ask.shown and ask.shown != drift.key:
        raise DriftedOn(drift)
    return drift


def refuse_drift(app: str, work: Work) -> None:
    """To be asked before anything goes forward. Raises Drifted while production is not as it is known."""
    drift = work.production.drift(app)
    if drift is not None:
        raise Drifted(drift)


def shown_anew(work: Work) -> None:
    """The cards of the open deployment tell of a drift too, so they are behind when there is news of one."""
    found = work.deployments.open()
    if found is not None:
        work.deployments.save(found)
