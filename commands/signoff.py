"""/drop signoff: put one's name under one of the sign-offs."""

from checklist.definition import SignOff
from checklist.deployment import Deployment
from checklist.errors import NoSuchSignOff
from commands.completion import note_completion
from commands.deps import Ask, Deps, asked_for


def signoff(ask: Ask, deps: Deps) -> Deployment:
    """Sign; unnamed, the first that still lacks this person. Raises NoSuchSignOff, WrongRole, AlreadyDone."""
    with deps.decision(ask) as work:
        deployment = asked_for(ask, work)
        chosen = _chosen(ask, deps, deployment)
        deployment = deployment.signed_off(chosen, by=ask.by, at=deps.now(), team=deps.checklist.team)
        deployment = work.deployments.save(deployment.completed_if_settled(deps.checklist, at=deps.now()))
        work.journal.append(deps.fact("deployment.signed_off", ask, deployment, sign_off=chosen.id))
        note_completion(deployment, work, by=ask.by.id, product=deps.checklist.product)
        work.commit()
    return deployment


def _chosen(ask: Ask, deps: Deps, deployment: Deployment) -> SignOff:
    offered = deps.checklist.sign_offs
    wanted = ask.target or ask.shown  # a button is drawn for one of them: pressed twice it signs no other
    named = [s for s in offered if s.id == wanted]
    if wanted and not named:
        raise NoSuchSignOff(wanted, tuple(s.id for s in offered))
    mine = [s for s in offered if deps.checklist.team.holds_any(ask.by.id, s.roles)]
    lacking = [s for s in mine if (s.id, ask.by.id) not in {(x.sign_off, x.by) for x in deployment.signatures}]
    return (named or lacking or mine or list(offered))[0]
