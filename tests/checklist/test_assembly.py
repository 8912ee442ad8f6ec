"""A plan is assembled purely: from the deployment, the newest survey and the checklist, and nothing else."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from checklist.assembly import assemble
from checklist.changes import changes
from checklist.marks import Outcome, Verdict
from checklist.words import NeededFor
from tests.checklist.builders import (
    INCONCLUSIVE,
    INSIDE,
    NEW,
    OLD,
    OPENED,
    PASSED,
    item,
    john,
    opened,
    ready_to_submit,
    release,
    shipped,
    survey,
)


def test_the_plan_says_what_the_deployment_asks_and_what_the_survey_saw() -> None:
    deployment = ready_to_submit()

    plan = assemble(deployment, survey(), shipped())

    assert (plan.deployment, plan.version, plan.app, plan.image) == ("CR-001", "0.5.0", "drop-app", NEW)
    assert (plan.rollback, plan.rollback_version, plan.machines) == (OLD, "v0.4.9", survey().machines)
    assert (plan.requester, plan.engineer, plan.secrets) == ("john", "john", survey().secrets)
    assert plan.window == "2026-11-25T01:00:00+00:00/2026-11-25T05:00:00+00:00"
    assert plan.checklist == shipped().revision


def test_it_names_every_item_needed_for_submit_with_its_result_and_by_whom() -> None:
    deployment = ready_to_submit()

    plan = assemble(deployment, survey(), shipped())

    needed = [line.id for line in shipped().items() if line.needed_for is NeededFor.SUBMIT]
    assert [result.item for result in plan.results] == needed
    by = {result.item: (result.state, result.by) for result in plan.results}
    assert by[item("lint").id] == ("passed", "bot")
    assert by[item("staging-visual").id] == ("passed", "validator")  # who confirmed what the bot had read
    assert by[item("staging-qa").id] == ("attested", "validator")


def test_what_is_not_applicable_is_in_the_plan_too() -> None:
    deployment = opened(what=release(migrations=False))

    plan = assemble(deployment, survey(), shipped())

    states = {result.item: result.state for result in plan.results}
    assert states[item("migration-reviewed").id] == "not_applicable"


@pytest.mark.parametrize("again", [INSIDE, OPENED + timedelta(minutes=1)])
def test_passing_again_is_not_a_change(again: datetime) -> None:
    deployment = ready_to_submit()
    later = Verdict(outcome=Outcome.PASSED, reason="still", evidence={"status": 200, "ms": 71})

    after = deployment.judged(item("lint"), later, at=again)

    assert after != deployment
    assert assemble(after, survey(), shipped()).digest == assemble(deployment, survey(), shipped()).digest


def test_a_later_survey_of_the_same_world_is_not_a_change() -> None:
    deployment = ready_to_submit()

    assert assemble(deployment, survey(at=INSIDE), shipped()) == assemble(deployment, survey(), shipped())


def test_another_hand_under_an_item_is_a_change() -> None:
    deployment = ready_to_submit()
    spoken = replace(deployment, marks={**deployment.marks, item("lint").id: deployment.mark(item("lint").id)})
    spoken = spoken.judged(item("lint"), INCONCLUSIVE, at=INSIDE).attested(
        item("lint"), by=john(), at=INSIDE, words="CI is green", link="", team=shipped().team
    )

    before, after = (assemble(each, survey(), shipped()) for each in (deployment, spoken))

    assert changes(before, after) == ("lint is now attested by john, not passed by bot",)


@pytest.mark.parametrize(("migrations", "commands"), [(True, ("npm run db:migrate",)), (False, ())])
def test_migrations_are_a_command_of_the_plan(migrations: bool, commands: tuple[str, ...]) -> None:
    deployment = opened(what=release(migrations=migrations))

    assert assemble(deployment, survey(), shipped()).commands == commands


def test_an_emergency_has_no_window_in_its_plan() -> None:
    assert assemble(opened(window=None), survey(), shipped()).window is None


def test_an_edited_checklist_is_a_change() -> None:
    deployment = ready_to_submit()
    edited = replace(shipped(), revision="f" * 64)

    before, after = (assemble(deployment, survey(), each) for each in (shipped(), edited))

    (line,) = changes(before, after)
    assert line.startswith("the checklist itself was changed")


def test_what_only_the_start_needs_is_not_part_of_the_plan() -> None:
    deployment = ready_to_submit()

    after = deployment.judged(item("dashboards-open"), PASSED, at=INSIDE)

    assert assemble(after, survey(), shipped()) == assemble(deployment, survey(), shipped())
