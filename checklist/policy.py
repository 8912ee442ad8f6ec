"""Who may make which move: roles, parts and independence, as data. Nothing of it is decided anywhere else."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from checklist.errors import AgentsMayNot, NotAllowed, NotIndependent, WrongRole
from checklist.moves import Move
from checklist.people import Person, Team
from checklist.words import DeploymentId, ItemId, PersonId, Role


class Part(StrEnum):
    """What a person is to one deployment, whatever roles they hold."""

    REQUESTER = "requester"
    ENGINEER = "deploy engineer"
    SIGNER = "signer"  # of the approval that stands
    OWNER = "owner"  # holds the role of the item, the step or the sign-off that is spoken of


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One of the roles, or one of the parts, is enough; whoever has a part in `never` may not for all that."""

    roles: tuple[Role, ...] = ()
    parts: tuple[Part, ...] = ()
    never: tuple[Part, ...] = ()
    humans_only: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Stake:
    """What one person is to what is asked: their parts, and the item, step or sign-off with its roles."""

    deployment: DeploymentId
    parts: frozenset[Part] = frozenset()
    item: ItemId | None = None
    owners: tuple[Role, ...] = ()


NOBODY = Rule()
EVERY_ROLE = tuple(Role)
DECIDES_FOR_OTHERS = Rule(roles=(Role.APPROVER,), never=(Part.REQUESTER,), humans_only=True)
SIGNS = Rule(roles=(Role.APPROVER,), never=(Part.REQUESTER, Part.ENGINEER), humans_only=True)
ENGINEERS = Rule(roles=(Role.DEPLOY_ENGINEER,))
OWNERS = Rule(parts=(Part.OWNER,))
BRINGS_BACK = Rule(roles=(Role.DEPLOY_ENGINEER, Role.ROLLBACK_OWNER, Role.ON_CALL, Role.APPROVER))

# A move that is not here is made by the bot alone.
WHO_MAY: Mapping[Move, Rule] = {
    Move.OPEN: ENGINEERS,
    Move.CHECK: Rule(roles=EVERY_ROLE),
    Move.SETTLE: OWNERS,
    Move.FAIL: OWNERS,
    Move.WAIVE: DECIDES_FOR_OTHERS,
    Move.SUBMIT: ENGINEERS,
    Move.APPROVE: SIGNS,
    Move.REJECT: SIGNS,
    Move.WITHDRAW: Rule(parts=(Part.SIGNER,)),
    Move.START: ENGINEERS,
    Move.ANSWER: OWNERS,
    Move.RETRY: ENGINEERS,
    Move.SKIP: DECIDES_FOR_OTHERS,
    Move.FINISH: DECIDES_FOR_OTHERS,
    Move.SIGN_OFF: OWNERS,
    Move.ABANDON: Rule(roles=(Role.DEPLOY_ENGINEER, Role.APPROVER), parts=(Part.REQUESTER, Part.ENGINEER)),
    Move.ACKNOWLEDGE: Rule(roles=(Role.DEPLOY_ENGINEER, Role.ON_CALL, Role.APPROVER)),
    Move.ROLL_BACK: BRINGS_BACK,
    Move.UNDO: BRINGS_BACK,
}

# The ways back: open whatever else is broken.
WAYS_BACK = frozenset({Move.ROLL_BACK, Move.UNDO})

# What stops a deployment or takes it back: one person of the named roles, at any hour, whatever else is broken.
STOPPING = WAYS_BACK | {Move.FAIL, Move.REJECT, Move.WITHDRAW, Move.ABANDON}

# What never waits behind others, and is not counted when somebody asks for too much.
URGENT = STOPPING | {Move.APPROVE}


def permit(move: Move, by: Person, team: Team, *, stake: Stake | None = None) -> None:
    """Raises NotAllowed, WrongRole, AgentsMayNot or NotIndependent unless the person may make the move."""
    rule, stake = WHO_MAY.get(move, NOBODY), stake or Stake(deployment=DeploymentId(""))
    if not (team.holds_any(by.id, rule.roles) or stake.parts & set(rule.parts)):
        if stake.item is not None and Part.OWNER in rule.parts:
            raise WrongRole(stake.item, stake.owners, by.id)
        raise NotAllowed(move, by.id, rule.roles, tuple(map(str, rule.parts)))
    if rule.humans_only and not by.is_human:
        raise AgentsMayNot(move, by.id)
    forbidden = next((part for part in rule.never if part in stake.parts), None)
    if forbidden:
        raise NotIndependent(by.id, forbidden, stake.deployment)


def may_ever(move: Move, by: PersonId, team: Team) -> bool:
    """Whether this person may make the move in some deployment; a part in one may fall to whoever holds a role."""
    rule = WHO_MAY.get(move, NOBODY)
    return team.holds_any(by, EVERY_ROLE if rule.parts else rule.roles)


def who(move: Move) -> str:
    """Who may make the move, in a few words: "approver, not the requester"."""
    rule = WHO_MAY.get(move, NOBODY)
    roles = ("any role",) if rule.roles == EVERY_ROLE else rule.roles
    parts = tuple("the item's role" if part is Part.OWNER else f"the {part}" for part in rule.parts)
    never = f", not the {' or the '.join(rule.never)}" if rule.never else ""
    return ", ".join((*roles, *parts)) + never
