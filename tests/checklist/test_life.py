"""Whatever anybody does in whatever order: nothing is deployed that was not proved, signed by somebody independent,
and started inside its window; and a refused move changes nothing."""

import copy
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from checklist.books import deploy_book
from checklist.calendar import Window
from checklist.deployment import Deployment
from checklist.errors import Refusal
from checklist.marks import MarkState, Verdict
from checklist.moves import OVER, Status
from checklist.people import Person
from checklist.plan import Plan, Survey
from checklist.steps import Book, StepState
from checklist.words import ItemId, NeededFor
from tests.checklist.builders import (
    FAILED,
    INCONCLUSIVE,
    NEW,
    NEXT_NIGHT,
    OPENED,
    PASSED,
    WINDOW,
    alem,
    crew,
    item,
    john,
    marked,
    member,
    night,
    opened,
    plan_for,
    release,
    settle_needed,
    stranger,
    survey,
    validator,
)

Ask = Callable[[Deployment], Deployment]

PARTIES = st.sampled_from([("john", "john"), ("john", "eva"), ("eva", "john")])  # requester and engineer
PEOPLE = st.sampled_from([john(), alem(), validator(), member("eva", crew()), member("robot", crew()), stranger()])
ITEMS = st.sampled_from([line.id for line in crew().items() if line.needed_for in {NeededFor.SUBMIT, NeededFor.START}])
VERDICTS = st.sampled_from([PASSED, PASSED, FAILED, INCONCLUSIVE])
WALL = st.sampled_from(
    [OPENED, WINDOW.opens, WINDOW.opens + timedelta(hours=1), WINDOW.closes, NEXT_NIGHT, NEXT_NIGHT + timedelta(days=5)]
)
MOMENTS = st.sampled_from([NeededFor.SUBMIT, NeededFor.START])
STATES = st.sampled_from([StepState.DONE, StepState.DONE, StepState.WAITING, StepState.FAILED, StepState.UNKNOWN])
WORLDS = st.sampled_from([survey(), survey(), replace(survey(), running=NEW), replace(survey(), secrets={})])


class Life(RuleBasedStateMachine):
    """One deployment, and people who ask for anything at any time."""

    @initialize(parties=PARTIES, window=st.sampled_from([WINDOW, WINDOW, None]), plain=st.booleans())
    def opens(self, parties: tuple[str, str], window: Window | None, plain: bool) -> None:
        self.now, self.world = OPENED, survey()
        what = release(migrations=not plain, maintenance=not plain)
        requester, engineer = parties
        self.begins(opened(crew(), what=what, requester=requester, engineer=engineer, window=window))

    def begins(self, deployment: Deployment) -> None:
        self.deployment = deployment

    @property
    def plan(self) -> Plan:
        """What would be asked for now, the world being as it is."""
        plan = plan_for(self.deployment, crew())
        return replace(plan, secrets=self.world.secrets, rollback=self.world.running)

    def ask(self, move: Ask) -> None:
        """Ask; a refusal must leave everything as it was. Whatever begins to deploy is looked at before it goes on."""
        before = copy.deepcopy(self.deployment)
        try:
            after = move(self.deployment)
        except Refusal:
            assert self.deployment == before
            return
        assert self.deployment == before
        if after.status is Status.DEPLOYING and before.status is not Status.DEPLOYING:
            self.may_deploy(before, after)
        self.deployment = after

    def may_deploy(self, before: Deployment, after: Deployment) -> None:
        assert before.plan is not None
        assert before.plan == after.plan
        assert after.approval is not None
        rolls_on = any(step.id == "deploy-trigger" and not step.is_over for step in after.steps)
        if rolls_on:
            assert after.approval.ends is None or self.now < after.approval.ends
            assert night(self.now).open
            assert after.window is None or after.window.contains(self.now)
        if before.status is Status.APPROVED:
            assert before.open_items(crew(), NeededFor.SUBMIT, NeededFor.START) == ()

    @invariant()
    def what_is_deployed_was_signed_by_somebody_independent(self) -> None:
        deployment = self.deployment
        if deployment.status not in {Status.APPROVED, Status.DEPLOYING, Status.HALTED, Status.VERIFYING}:
            return
        assert deployment.approval is not None
        assert deployment.plan is not None
        assert deployment.approval.plan == deployment.plan.digest
        assert deployment.approval.by in {"alem", "eva"}
        assert deployment.approval.by not in {deployment.requester, deployment.engineer}

    @invariant()
    def nothing_is_signed_in_preparation(self) -> None:
        if self.deployment.status is Status.PREPARING:
            assert (self.deployment.plan, self.deployment.approval) == (None, None)

    # The world

    @rule(at=WALL, minutes=st.integers(min_value=0, max_value=90))
    def the_clock_moves(self, at: datetime, minutes: int) -> None:
        self.now = at + timedelta(minutes=minutes)

    @rule(world=WORLDS)
    def the_world_changes(self, world: Survey) -> None:
        self.world = world

    # Anything, by anybody

    @rule(deed=st.sampled_from(["judged", "checking", "confirmed", "attested"]), id=ITEMS, by=PEOPLE, verdict=VERDICTS)
    def an_item_is_touched(self, deed: str, id: ItemId, by: Person, verdict: Verdict) -> None:
        line, team = item(id, crew()), crew().team
        deeds: dict[str, Ask] = {
            "judged": lambda d: d.judged(line, verdict, at=self.now),
            "checking": lambda d: d.checking([line], at=self.now),
            "confirmed": lambda d: d.confirmed(line, by=by, at=self.now, note="", team=team),
            "attested": lambda d: d.attested(line, by=by, at=self.now, words="…", link="", team=team),
        }
        self.ask(deeds[deed])

    @rule(move=st.sampled_from(["submit", "reject", "void", "start", "retry", "roll back", "abandon"]), by=PEOPLE)
    def somebody_asks(self, move: str, by: Person) -> None:
        team, now = crew().team, self.now
        moves: dict[str, Ask] = {
            "submit": lambda d: d.submitted(self.plan, by=by, checklist=crew()),
            "reject": lambda d: d.rejected(by=by, reason="no", team=team),
            "void": lambda d: d.voided("the plan changed"),
            "start": lambda d: d.started(by=by, at=now, checklist=crew(), window=night(now)),
            "retry": lambda d: d.retried(by=by, at=now, checklist=crew(), window=night(now)),
            "roll back": lambda d: d.rolling_back(by=by, at=now, reason="", checklist=crew()),
            "abandon": lambda d: d.abandoned(by=by, at=now, reason="", team=team),
        }
        self.ask(moves[move])

    @rule(by=PEOPLE, digits=st.sampled_from([7, 8, 64]), drawn_now=st.booleans())
    def somebody_approves(self, by: Person, digits: int, drawn_now: bool) -> None:
        plan = self.plan if drawn_now else self.deployment.plan
        shown = plan.digest[:digits] if plan else "0" * 64
        self.ask(lambda d: d.approved(by=by, plan=shown, at=self.now, team=crew().team))

    @rule(state=STATES, by=PEOPLE)
    def the_run_goes_on(self, state: StepState, by: Person) -> None:
        waiting = next((step for step in self.deployment.steps if step.state is StepState.WAITING), None)
        if waiting:
            self.ask(lambda d: d.step_attested(waiting, by=by, at=self.now, words="…", team=crew().team))
        elif self.deployment.status is Status.DEPLOYING:
            self.ask(lambda d: _one_step(d, state, self.now))

    # What should come next, by those who should do it: without this, chance alone would never reach a deployment

    @rule(moment=MOMENTS)
    def everybody_does_their_part(self, moment: NeededFor) -> None:
        self.ask(lambda d: settle_needed(d, moment, crew()))

    @rule(moment=MOMENTS)
    def it_goes_as_it_should(self, moment: NeededFor) -> None:
        self.everybody_does_their_part(moment)
        if self.deployment.status is Status.PREPARING:
            self.somebody_asks("submit", john())
        elif self.deployment.status is Status.AWAITING_APPROVAL:
            self.somebody_approves(alem(), 64, drawn_now=False)
        elif self.deployment.status is Status.APPROVED:
            self.the_clock_moves(WINDOW.opens, 30)
            self.somebody_asks("start", john())
        elif self.deployment.status in OVER:
            self.begins(opened(crew()))


def _one_step(deployment: Deployment, state: StepState, at: datetime) -> Deployment:
    """What the run does next: one step, and what follows from how it went."""
    step = deployment.next_step(Book.DEPLOY)
    if step is None:
        return deployment.proceeded(crew(), at=at)
    if state is StepState.WAITING:
        return deployment.with_step(step.waiting("for a person"))
    after = deployment.with_step(step.ended(state, at=at, note="")).touched()
    return after if state is StepState.DONE else after.halted(f"{step.id}: {state}")


Life.TestCase.settings = settings(
    deadline=None, max_examples=60, stateful_step_count=40, suppress_health_check=list(HealthCheck)
)
TestLife = Life.TestCase


def at_the_door() -> Life:
    """A life in which everything is proved and signed, and the window is open."""
    life = Life()
    life.opens(parties=("john", "john"), window=WINDOW, plain=True)
    life.it_goes_as_it_should(NeededFor.SUBMIT)
    life.it_goes_as_it_should(NeededFor.START)
    life.the_clock_moves(WINDOW.opens, 0)
    return life


def test_the_way_that_it_should_go_leads_to_a_deployment() -> None:
    life = at_the_door()

    life.somebody_asks("start", john())

    assert life.deployment.status is Status.DEPLOYING


FLAWS: dict[str, Callable[[Life], None]] = {
    "unsettled": lambda life: life.ask(lambda d: replace(marked(d, item("lint"), MarkState.FAILED))),
    "another plan": lambda life: life.ask(lambda d: replace(d, plan=replace(life.plan, version="0.5.1"))),
    "another night": lambda life: life.the_clock_moves(NEXT_NIGHT, 0),
    "no window": lambda life: life.the_clock_moves(WINDOW.closes, 0),
    "not independent": lambda life: life.ask(lambda d: replace(d, requester=alem().id)),
    "nobody": lambda life: life.ask(lambda d: replace(d, approval=None)),
}


def by_force(life: Life) -> None:
    """Deploy without asking the domain, as a domain with a hole in it would."""
    life.ask(lambda d: replace(d, status=Status.DEPLOYING, steps=deploy_book(d.release, crew())))
    life.what_is_deployed_was_signed_by_somebody_independent()


@pytest.mark.parametrize("flaw", FLAWS)
def test_what_the_lives_are_watched_for_would_be_noticed(flaw: str) -> None:
    life = at_the_door()

    FLAWS[flaw](life)

    with pytest.raises(AssertionError):
        by_force(life)
