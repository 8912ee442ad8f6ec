"""Who may: roles as data, independence on persons, and no agent ever approves."""

from collections.abc import Mapping
from dataclasses import replace
from functools import partial

import pytest

from checklist.errors import AgentsMayNot, NotAllowed, NotIndependent
from checklist.moves import Move, Status
from checklist.people import Team
from checklist.policy import WHO_MAY, Part, Rule, permit, who
from checklist.words import Kind, Role
from tests.checklist.builders import (
    OPENED,
    alem,
    awaiting,
    crew,
    member,
    opened,
    person,
    refusal,
    shipped,
)

# What the design says, in its own words. `|` is "or"; after `not` stands who may not whatever they hold.
DESIGN: Mapping[Move, str] = {
    Move.OPEN: "deploy-engineer",
    Move.CHECK: " | ".join(Role),
    Move.SETTLE: "@owner",
    Move.FAIL: "@owner",
    Move.WAIVE: "human approver not requester",
    Move.SUBMIT: "deploy-engineer",
    Move.APPROVE: "human approver not requester | deploy engineer",
    Move.REJECT: "human approver not requester | deploy engineer",
    Move.WITHDRAW: "@signer",
    Move.START: "deploy-engineer",
    Move.ANSWER: "@owner",
    Move.RETRY: "deploy-engineer",
    Move.SKIP: "human approver not requester",
    Move.FINISH: "human approver not requester",
    Move.SIGN_OFF: "@owner",
    Move.ABANDON: "deploy-engineer | approver | @requester | @deploy engineer",
    Move.ACKNOWLEDGE: "deploy-engineer | on-call | approver",
    Move.ROLL_BACK: "deploy-engineer | rollback-owner | on-call | approver",
    Move.UNDO: "deploy-engineer | rollback-owner | on-call | approver",
}


def rule(words: str) -> Rule:
    may, _, never = words.partition(" not ")
    named = may.removeprefix("human ").split(" | ")
    return Rule(
        roles=tuple(Role(name) for name in named if not name.startswith("@")),
        parts=tuple(Part(name[1:]) for name in named if name.startswith("@")),
        never=tuple(Part(name) for name in never.split(" | ") if name),
        humans_only=may.startswith("human "),
    )


@pytest.mark.parametrize("move", DESIGN)
def test_who_may_is_what_the_design_says(move: Move) -> None:
    assert WHO_MAY[move] == rule(DESIGN[move])


def test_whatever_the_design_does_not_name_is_nobodys() -> None:
    alone = {Move.VOID, Move.HALT, Move.PROCEED, Move.COMPLETE, Move.ROLLED_BACK, Move.ROLLBACK_FAILED}

    assert set(WHO_MAY) == set(DESIGN) == set(Move) - alone
    refused = [refusal(partial(permit, move, alem(), shipped().team)) for move in alone]
    assert [type(each) for each in refused] == [NotAllowed] * len(alone)


def test_the_help_says_who_may_in_a_few_words() -> None:
    assert who(Move.WAIVE) == "approver, not the requester"
    assert who(Move.APPROVE) == "approver, not the requester or the deploy engineer"
    assert who(Move.WITHDRAW) == "the signer"
    assert who(Move.SETTLE) == "the item's role"
    assert who(Move.CHECK) == "any role"
    assert who(Move.ABANDON) == "deploy-engineer, approver, the requester, the deploy engineer"


@pytest.mark.parametrize("move", WHO_MAY)
@pytest.mark.parametrize("role", Role)
def test_one_role_alone_is_enough_where_the_policy_names_it(move: Move, role: Role) -> None:
    someone = person("someone")
    team = Team(people={someone.id: someone}, roles={role: (someone.id,)})

    refused = refusal(lambda: permit(move, someone, team))

    assert (refused is None) == (role in WHO_MAY[move].roles)
    assert refused is None or isinstance(refused, NotAllowed)


@pytest.mark.parametrize("move", [Move.APPROVE, Move.REJECT, Move.WAIVE, Move.SKIP, Move.FINISH])
def test_an_agent_never_decides_whatever_role_it_holds(move: Move) -> None:
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
