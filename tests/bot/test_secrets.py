"""A secret that the bot comes across stays where it was: it goes into no evidence, no note, no message."""

from dataclasses import replace
from pathlib import Path

import pytest

from bot.views.blocks import section
from checklist.kinds import Check
from checklist.marks import Outcome, Verdict
from checklist.record import Json
from checklist.redaction import HIDDEN
from runs.conduct import Conductor
from sandbox import seed
from sandbox.canaries import dumped
from tests.bot.scene import CR, JOHN, WORDS, Scene

pytestmark = pytest.mark.journey

SECRET = "ghp_thisWasInTheAnswer"


async def leaky(check: Check) -> Verdict:
    """A check whose answer held what it should not."""
    seen: dict[str, Json] = {"body": f"token={SECRET}", "lines": [{SECRET: SECRET}]}
    return Verdict(outcome=Outcome.FAILED, reason=f"answered {SECRET}", evidence=seen)


def sent(scene: Scene) -> str:
    """What the bot said to Slack."""
    return repr([entry for entry in scene.sandbox.world.workspace.log if entry["kind"] == "api"])


async def test_what_a_check_reads_is_kept_and_shown_without_its_secrets(scene: Scene, tmp_path: Path) -> None:
    assert await scene.opens() == {}
    await scene.is_read()
    conductor = Conductor(replace(scene.house.conductor.deps, checkers={}, unconnected=leaky))

    await conductor.check(CR)
    await scene.quiet()

    marks = [mark for mark in scene.deployment().marks.values() if mark.state == "failed"]
    assert marks
    assert {mark.evidence["body"] for mark in marks} == {f"token={HIDDEN}"}
    assert SECRET not in dumped(tmp_path / "drop.db") + sent(scene)


async def test_a_secret_that_somebody_pastes_into_a_statement_is_kept_and_shown_without_it(
    scene: Scene, tmp_path: Path
) -> None:
    assert await scene.opens() == {}
    await scene.is_read()
    item = next(i for i in scene.house.ground.checklist.items() if scene.deployment().mark(i.id).awaits_statement(i))

    await scene.says(scene.holder(item.role), f"/drop attest {CR} {item.id} {WORDS}, by {SECRET}")
    await scene.says(JOHN, f"/drop rollback {SECRET}")
    await scene.quiet()

    assert scene.deployment().mark(item.id).note == f"{WORDS}, by {HIDDEN}"
    assert SECRET not in dumped(tmp_path / "drop.db") + sent(scene)


async def test_what_is_said_in_slack_is_said_without_secrets(scene: Scene) -> None:
    slack, text = scene.house.publisher.poster.slack, f"it says {SECRET}"

    await slack.post("CR-001/leak", seed.CHANNEL_ID, text=text, blocks=[section(text)], thread=None)

    assert SECRET not in sent(scene)
    assert f"it says {HIDDEN}" in await scene.channel()
