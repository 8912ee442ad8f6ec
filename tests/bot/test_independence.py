"""Whoever asks for a deployment never approves it, whatever roles they hold; and an agent never decides."""

from pathlib import Path

import pytest
import yaml

from checklist.moves import Status
from tests.bot.scene import ALEM, CR, JOHN, VALIDATOR, Scene

pytestmark = pytest.mark.journey


@pytest.fixture
def brisk_checklist(brisk_checklist: Path, tmp_path: Path) -> Path:
    """A small workplace: the CEO deploys too, and the validating agent was given the approver's role."""
    document = yaml.safe_load(brisk_checklist.read_text(encoding="utf-8"))
    document["roles"]["deploy-engineer"] = ["john", "alem"]
    document["roles"]["approver"] = ["alem", "validator"]
    copy = tmp_path / "small.yml"
    copy.write_text(yaml.safe_dump(document, sort_keys=False, allow_unicode=True), encoding="utf-8")
    return copy


async def test_the_requester_cannot_approve_though_he_is_the_ceo(scene: Scene) -> None:
    deployment = await scene.asks_for_approval(ALEM, engineer=JOHN)
    await scene.sees_button(ALEM, "Approve")
    assert deployment.plan

    clicked = await scene.clicks(ALEM, "Approve")
    typed = await scene.says(ALEM, f"/drop approve {CR} {deployment.plan.digest[:8]}")

    assert (
        clicked == typed == "You are the requester of CR-001, so this must be done by somebody else. Nothing was done."
    )
    assert scene.deployment() == deployment


async def test_the_deploy_engineer_cannot_approve_and_an_agent_cannot_either(scene: Scene) -> None:
    await scene.asks_for_approval(JOHN, engineer=ALEM)
    await scene.sees_button(ALEM, "Approve")

    by_engineer = await scene.clicks(ALEM, "Approve")
    by_agent = await scene.clicks(VALIDATOR, "Approve")

    assert "You are the deploy engineer of CR-001" in by_engineer
    assert "Approve needs a human. An agent may request and attest, never decide." in by_agent
    assert scene.deployment().status is Status.AWAITING_APPROVAL
    assert scene.refusals() == ["NotIndependent", "AgentsMayNot"]
