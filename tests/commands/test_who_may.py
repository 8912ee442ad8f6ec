"""Every action by every kind of person in every status, generated from the policy and the table of moves.

Allowed exactly where the two say so; anywhere else refused with the right "no", in words, with an entry, and with
nothing changed.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cache

import pytest

from checklist.deployment import Deployment
from checklist.marks import Mark, MarkState
from checklist.moves import MOVES, Move, Status
from checklist.people import Person, Team
from checklist.policy import WHO_MAY, Part
from checklist.steps import Book, StepState
from checklist.words import ItemId, Kind, Role
from tests.checklist.builders import AFTER, INSIDE, halted_at, in_status, person, shipped
from tests.commands.office import Office

REASON = "the customers wait for it, and the risk is small"


@dataclass(frozen=True, slots=True, kw_only=True)
class Actor:
    """One kind of person: what they hold, and what they are to the deployment."""

    name: str
    roles: frozenset[Role] = frozenset()
    parts: frozenset[Part] = frozenset()
    kind: Kind = Kind.HUMAN

    @property
    def person(self) -> Person:
        return person(self.name.replace(" ", "-"), self.kind)


APPROVER = frozenset({Role.APPROVER})
ALONE = [Actor(name=f"a {role}", roles=frozenset({role})) for role in Role]
PARTED = [
    Actor(name="somebody without a role"),
    Actor(name="the requester", parts=frozenset({Part.REQUESTER})),
    Actor(name="the engineer", parts=frozenset({Part.ENGINEER})),
    Actor(name="the signer", roles=APPROVER, parts=frozenset({Part.SIGNER})),
]
CONFLICTED = [
    Actor(name="an approver who is the requester", roles=APPROVER, parts=frozenset({Part.REQUESTER})),
    Actor(name="an approver who is the engineer", roles=APPROVER, parts=frozenset({Part.ENGINEER})),
    Actor(name="an approving agent", roles=APPROVER, kind=Kind.AGENT),
]
PLAIN = (*ALONE, *PARTED)
ACTORS = (*PLAIN, *CONFLICTED)


@cache
def team() -> Team:
    """Everyone above, and nobody else."""
    roles = {role: tuple(actor.person.id for actor in ACTORS if role in actor.roles) for role in Role}
    return Team(people={actor.person.id: actor.person for actor in ACTORS}, roles=roles)


def cast(deployment: Deployment, actors: Sequence[Actor]) -> Deployment:
    """The deployment with these people in its parts; a part that none of them has stays with whoever has no role."""
    taken = {part: actor.person.id for actor in (*PARTED, *actors) for part in actor.parts}
    signed = replace(deployment.approval, by=taken[Part.SIGNER]) if deployment.approval else None
    return replace(deployment, requester=taken[Part.REQUESTER], engineer=taken[Part.ENGINEER], approval=signed)


# What is done, and how a deployment is made ready for it where its status allows it


Prepare = Callable[[Deployment], Deployment]


@dataclass(frozen=True, slots=True, kw_only=True)
class Action:
    """Something that is typed: the move it asks for, and the role to which what it names belongs."""

    move: Move
    text: str
    owner: Role | None = None
    ready: Prepare = lambda deployment: deployment
    halted_at: str = "deploy-trigger"
    at: datetime = INSIDE


def mark(item: str, state: MarkState) -> Prepare:
    id = ItemId(item)
    return lambda deployment: replace(
        deployment, marks={**deployment.marks, id: Mark(state=state, by="bot", at=INSIDE)}
    )


def waits(deployment: Deployment) -> Deployment:
    """The step that the validator answers for waits."""
    book = Book.ROLLBACK if deployment.status is Status.ROLLING_BACK else Book.DEPLOY
    for step in deployment.steps_of(book):
        if step.role is Role.VALIDATOR:
            return deployment.with_step(replace(step, state=StepState.WAITING))
    return deployment


def smoke(deployment: Deployment) -> str:
    return "rb-verify-smoke" if deployment.status is Status.ROLLING_BACK else "prod-smoke"


def not_touched(deployment: Deployment) -> Deployment:
    return replace(deployment, mutated=False)


ACTIONS: Mapping[str, Action] = {
    "check": Action(move=Move.CHECK, text="/drop check {id} staging"),
    "confirm": Action(
        move=Move.SETTLE,
        text="/drop confirm {id} rollback-owner here I am",
        owner=Role.ROLLBACK_OWNER,
        ready=mark("rollback-owner", MarkState.OPEN),
    ),
    "attest": Action(
        move=Move.SETTLE,
        text=f"/drop attest {{id}} staging-qa {REASON}",
        owner=Role.VALIDATOR,
        ready=mark("staging-qa", MarkState.OPEN),
    ),
    "attest a step": Action(
        move=Move.ANSWER, text=f"/drop attest {{id}} {{step}} {REASON}", owner=Role.VALIDATOR, ready=waits
    ),
    "call an item not OK": Action(
        move=Move.FAIL, text="/drop fail {id} rollback-owner I am away", owner=Role.ROLLBACK_OWNER
    ),
    "call a step not OK": Action(
        move=Move.ANSWER, text="/drop fail {id} {step} two tests are red", owner=Role.VALIDATOR, ready=waits
    ),
    "waive": Action(
        move=Move.WAIVE, text=f"/drop waive {{id}} lint {REASON}", ready=mark("lint", MarkState.INCONCLUSIVE)
    ),
    "submit": Action(move=Move.SUBMIT, text="/drop submit {id}"),
    "approve": Action(move=Move.APPROVE, text="/drop approve {id} {plan}"),
    "reject": Action(move=Move.REJECT, text="/drop reject {id} not this week"),
    "withdraw": Action(move=Move.WITHDRAW, text="/drop withdraw {id} not this week", ready=not_touched),
    "start": Action(move=Move.START, text="/drop start {id}"),
    "retry": Action(move=Move.RETRY, text="/drop retry {id}"),
    "skip": Action(move=Move.SKIP, text=f"/drop skip {{id}} prod-health {REASON}", halted_at="prod-health"),
    "finish": Action(move=Move.FINISH, text=f"/drop finish {{id}} {REASON}", at=AFTER),
    "sign off": Action(move=Move.SIGN_OFF, text="/drop signoff {id} signoff-pre", owner=Role.DEPLOY_ENGINEER),
    "abandon": Action(move=Move.ABANDON, text="/drop abandon {id} not this week", ready=not_touched),
    "undo": Action(move=Move.UNDO, text="/drop undo {id} errors"),
    "roll back": Action(move=Move.ROLL_BACK, text="/drop rollback {id} errors"),
}


def laid_out(action: Action, status: Status, actors: Sequence[Actor]) -> Deployment:
    found = halted_at(action.halted_at) if status is Status.HALTED else in_status(status)
    return action.ready(cast(found, actors))


def typed(action: Action, deployment: Deployment) -> str:
    plan = deployment.plan.digest[:8] if deployment.plan else "0" * 8
    return action.text.format(id=deployment.id, plan=plan, step=smoke(deployment))


# What should come of it, by the data alone


LATE = frozenset({"NotNow", "AlreadyDone", "NotForHand"})  # "not now", in the words that fit


def expected(action: Action, status: Status, actor: Actor) -> frozenset[str]:
    """The names of the refusals that fit; "done" where it is allowed."""
    rule = WHO_MAY[action.move]
    unsigned = action.move is Move.WITHDRAW and in_status(status).approval is None
    owns = Part.OWNER in rule.parts and action.owner in actor.roles
    if unsigned:
        return frozenset({"NotNow"})
    if not (actor.roles & set(rule.roles) or actor.parts & set(rule.parts) or owns):
        return frozenset({"WrongRole" if Part.OWNER in rule.parts else "NotAllowed"})
    if rule.humans_only and actor.kind is Kind.AGENT:
        return frozenset({"AgentsMayNot"})
    if actor.parts & set(rule.never):
        return frozenset({"NotIndependent"})
    return frozenset({"done"}) if status in MOVES[action.move] else LATE


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    """One record for all of it: each deployment has its own handle and its own app."""
    opened = Office(tmp_path_factory.mktemp("office"), checklist=replace(shipped(), team=team()))
    yield opened
    opened.closes()


@pytest.mark.parametrize("status", Status)
@pytest.mark.parametrize("name", ACTIONS)
async def test_is_done_by_exactly_those_who_may_and_refused_to_all_others(
    office: Office, name: str, status: Status
) -> None:
    action, wrong, done, refused = ACTIONS[name], {}, set(), []
    office.clock.at = action.at

    for actors in (PLAIN, CONFLICTED):
        untouched = office.puts(laid_out(action, status, actors))
        text = typed(action, untouched)
        for actor in actors:
            told = await office.says(actor.person, text)
            if told.kind not in expected(action, status, actor):
                wrong[actor.name] = told.kind
            if told.refusal is None:
                done.add(actor.name)
                untouched = office.puts(laid_out(action, status, actors))
                text = typed(action, untouched)
            else:
                refused.append((actor.person.id, told.kind))
                assert len(told.words) > 20
        assert office.deployment(untouched.id) == untouched

    assert wrong == {}
    assert bool(done) == (status in MOVES[action.move])
    assert refused == [(fact.by, fact.body["refusal"]) for fact in office.news() if fact.kind == "ask.refused"]


def test_every_action_that_a_person_may_ask_of_a_deployment_is_tried() -> None:
    assert {action.move for action in ACTIONS.values()} == set(WHO_MAY) - {Move.OPEN, Move.ACKNOWLEDGE}


@pytest.mark.parametrize("actor", ACTORS, ids=lambda actor: actor.name)
async def test_a_deployment_is_opened_by_exactly_those_who_may(office: Office, actor: Actor) -> None:
    office.clock.at = INSIDE

    told = await office.says(actor.person, "/drop deploy 0.5.0", version="x")

    assert told.kind == ("BadFields" if actor.roles & set(WHO_MAY[Move.OPEN].roles) else "NotAllowed")


@pytest.mark.parametrize("actor", ACTORS, ids=lambda actor: actor.name)
async def test_a_change_outside_of_drop_is_acknowledged_by_exactly_those_who_may(office: Office, actor: Actor) -> None:
    told = await office.says(actor.person, f"/drop acknowledge {REASON}")

    may = actor.roles & set(WHO_MAY[Move.ACKNOWLEDGE].roles)
    assert told.kind == ("NothingDrifted" if may else "NotAllowed")
