"""Who may make which move: roles as data, independence on persons."""

from collections.abc import Mapping

from checklist.errors import AgentsMayNot, NotAllowed
from checklist.moves import Move
from checklist.people import Person, Team
from checklist.words import Role

# A move that is not here is made by the bot alone, or is guarded by the role of its item or sign-off.
WHO_MAY: Mapping[Move, tuple[Role, ...]] = {
    Move.OPEN: (Role.DEPLOY_ENGINEER,),
    Move.SUBMIT: (Role.DEPLOY_ENGINEER,),
    Move.START: (Role.DEPLOY_ENGINEER,),
    Move.RETRY: (Role.DEPLOY_ENGINEER,),
    Move.APPROVE: (Role.APPROVER,),
    Move.REJECT: (Role.APPROVER,),
    Move.ABANDON: (Role.DEPLOY_ENGINEER, Role.APPROVER),
    Move.ROLL_BACK: (Role.DEPLOY_ENGINEER, Role.ROLLBACK_OWNER, Role.ON_CALL, Role.APPROVER),
}

# What stops a deployment or takes it back: one person of the named roles, at any hour, whatever else is broken.
STOPPING = frozenset({Move.REJECT, Move.ABANDON, Move.ROLL_BACK})

# What never waits behind others, and is not counted when somebody asks for too much.
URGENT = STOPPING | {Move.APPROVE}

HUMANS_ONLY = frozenset({Move.APPROVE, Move.REJECT})


def permit(move: Move, by: Person, team: Team) -> None:
    """Raises NotAllowed, or AgentsMayNot, unless the person may make the move. A move without roles is nobody's."""
    roles = WHO_MAY.get(move, ())
    if not team.holds_any(by.id, roles):
        raise NotAllowed(move, by.id, roles)
    if move in HUMANS_ONLY and not by.is_human:
        raise AgentsMayNot(move, by.id)
