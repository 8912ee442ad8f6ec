"""Who may: roles as data, independence on persons, and no agent ever approves."""

from collections.abc import Callable, Mapping
from dataclasses import replace

import pytest

from checklist.deployment import Deployment
from checklist.errors import AgentsMayNot, NotAllowed, NotIndependent
from checklist.moves import Move, Status
from checklist.people import Person, Team
from checklist.policy import WHO_MAY, permit
from checklist.words import Kind, Role
from tests.checklist.builders import (
    INSIDE,
    OPENED,
    awaiting,
    crew,
    in_status,
    member,
    night,
    opened,
    person,
    plan_for,
    refusal,
    shipped,
    stranger,
)

# What the design says, in persons of the shipped checklist. Whoever is not named may not.
ALLOWED: Mapping[Move, set[str]] = {
    Move.OPEN: {"john"},
    Move.SUBMIT: {"john"},
    Move.START: {"john"},
    Move.RETRY: {"john"},
    Move.APPROVE: {"alem"},
    Move.REJECT: {"alem"},
    Move.ABANDON: {"john", "alem"},
    Move.ROLL_BACK: {"john", "alem"},
}

EVERYBODY = (*(member(id) for id in ("john", "alem", "validator")), stranger())
EVERY_PAIR = [(move, by) for move in Move for by in EVERYBODY]

# The same question put to a deployment whose status allows the move.
DEEDS: Mapping[Move, tuple[Status, Callable[[Deployment, Person], Deployment]]] = {
    Move.SUBMIT: (Status.PREPARING, lambda d, by: d.submitted(plan_for(d), by=by, checklist=shipped())),
    Move.APPROVE: (
        Status.AWAITING_APPROVAL,
        lambda d, by: d.approved(by=by, plan=d.plan.digest if d.plan else "", at=OPENED, team=shipped().team),
    ),
    Move.REJECT: (Status.AWAITING_APPROVAL, lambda d, by: d.rejected(by=by, reason="no", team=shipped().team)),
    Move.START: (
        Status.APPROVED,
        lambda d, by: d.started(by=by, at=INSIDE, checklist=shipped(), window=night(INSIDE)),
    ),
    Move.RETRY: (
        Status.HALTED,
        lambda d, by: d.retried(by=by, at=INSIDE, team=shipped().team, window=night(INSIDE)),
    ),
    Move.ABANDON: (
        Status.PREPARING,
        lambda d, by: d.abandoned(by=by, at=OPENED, reason="no", team=shipped().team),
    ),
    Move.ROLL_BACK: (
        Status.VERIFYING,
        lambda d, by: d.rolling_back(by=by, at=INSIDE, reason="no", checklist=shipped()),
    ),
}


@pytest.mark.parametrize(("move", "by"), EVERY_PAIR, ids=[f"{move}-{by.id}" for move, by in EVERY_PAIR])
def test_a_move_is_for_the_roles_that_the_policy_names_and_for_nobody_else(move: Move, by: Person) -> None:
    refused = refusal(lambda: permit(move, by, shipped().team))

    assert (refused is None) == (by.id in ALLOWED.get(move, set()))
    assert refused is None or isinstance(refused, NotAllowed)


@pytest.mark.parametrize(("move", "by"), [(move, by) for move in DEEDS for by in EVERYBODY])
def test_the_deployment_itself_asks_who_it_is(move: Move, by: Person) -> None:
    status, deed = DEEDS[move]

    refused = refusal(lambda: deed(in_status(status), by))

    assert (refused is None) == (by.id in ALLOWED[move])
    assert refused is None or isinstance(refused, NotAllowed)


def test_every_move_with_roles_is_tried_here() -> None:
    assert set(WHO_MAY) == set(ALLOWED) == set(DEEDS) | {Move.OPEN}


# The same in roles, each held by somebody who holds no other.
ROLES: Mapping[Move, set[Role]] = {
    Move.OPEN: {Role.DEPLOY_ENGINEER},
    Move.SUBMIT: {Role.DEPLOY_ENGINEER},
    Move.START: {Role.DEPLOY_ENGINEER},
    Move.RETRY: {Role.DEPLOY_ENGINEER},
    Move.APPROVE: {Role.APPROVER},
    Move.REJECT: {Role.APPROVER},
    Move.ABANDON: {Role.DEPLOY_ENGINEER, Role.APPROVER},
    Move.ROLL_BACK: {Role.DEPLOY_ENGINEER, Role.ROLLBACK_OWNER, Role.ON_CALL, Role.APPROVER},
}


@pytest.mark.parametrize("move", Move)
@pytest.mark.parametrize("role", Role)
def test_one_role_alone_is_enough_where_the_policy_names_it(move: Move, role: Role) -> None:
    someone = person("someone")
    team = Team(people={someone.id: someone}, roles={role: (someone.id,)})

    refused = refusal(lambda: permit(move, someone, team))

    assert (refused is None) == (role in ROLES.get(move, set()))


@pytest.mark.parametrize("move", [Move.APPROVE, Move.REJECT])
def test_an_agent_never_approves_or_rejects_whatever_role_it_holds(move: Move) -> None:
    robot = member("robot", crew())

    refused = refusal(lambda: permit(move, robot, crew().team))

    assert isinstance(refused, AgentsMayNot)


def test_an_approving_agent_leaves_the_deployment_unsigned() -> None:
    deployment = awaiting(opened(crew()), crew())
    assert deployment.plan is not None
    digest, robot = deployment.plan.digest, member("robot", crew())

    with pytest.raises(AgentsMayNot):
        deployment.approved(by=robot, plan=digest, at=OPENED, team=crew().team)

    assert deployment.approval is None


PARTS = [("eva", "john"), ("john", "eva")]  # requester and engineer


@pytest.mark.parametrize(("requester", "engineer"), PARTS)
@pytest.mark.parametrize("account", ["U0EVA", "U0EVAPHONE"])
def test_the_requester_and_the_engineer_never_approve_not_even_from_a_second_account(
    requester: str, engineer: str, account: str
) -> None:
    deployment = awaiting(opened(crew(), requester=requester, engineer=engineer), crew())
    eva, plan = crew().team.by_slack(account), deployment.plan
    assert eva is not None
    assert plan is not None

    refused = refusal(lambda: deployment.approved(by=eva, plan=plan.digest, at=OPENED, team=crew().team))

    assert isinstance(refused, NotIndependent)
    assert refused.by == "eva"


@pytest.mark.parametrize(("requester", "engineer"), PARTS)
def test_nor_do_they_reject(requester: str, engineer: str) -> None:
    deployment = awaiting(opened(crew(), requester=requester, engineer=engineer), crew())

    refused = refusal(lambda: deployment.rejected(by=member("eva", crew()), reason="no", team=crew().team))

    assert isinstance(refused, NotIndependent)


def test_a_second_approver_without_a_part_may_sign() -> None:
    deployment = awaiting(opened(crew()), crew())
    assert deployment.plan is not None

    signed = deployment.approved(by=member("eva", crew()), plan=deployment.plan.digest, at=OPENED, team=crew().team)

    assert signed.approval is not None
    assert signed.approval.by == "eva"


def test_the_requester_may_abandon_even_without_a_role() -> None:
    requester = person("marta", Kind.HUMAN)
    deployment = replace(opened(), requester=requester.id)

    after = deployment.abandoned(by=requester, at=OPENED, reason="a mistake", team=shipped().team)

    assert after.status is Status.ABANDONED


def test_a_foreign_account_belongs_to_nobody() -> None:
    assert shipped().team.by_slack("U0STRANGER") is None
    assert shipped().team.by_slack("") is None
