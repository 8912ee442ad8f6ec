"""However many machines there are, what is shown before a way back fits into Slack's blocks."""

from dataclasses import replace

import pytest

from bot.views.deployment import deployment_card
from bot.views.way_back import rollback_modal
from checklist.deployment import Deployment
from checklist.standings import MachineStanding, Standings
from checklist.words import MachineId
from sandbox.slack.blocks import checked_message
from sandbox.slack.modals import checked_view
from tests.checklist.builders import INSIDE, halted_at, shipped


def halted_with(many: int, differs: tuple[str, ...]) -> Deployment:
    machines = tuple(
        MachineStanding(
            id=MachineId(f"148e{number:010d}"),
            instance_id=f"01HV{number:06d}",
            version="v0.5.0",
            state="started",
            passing=1,
            checks=2,
            changed=True,
            differs=differs,
        )
        for number in range(many)
    )
    return replace(halted_at("deploy-trigger"), standings=Standings(at=INSIDE, machines=machines))


@pytest.mark.parametrize("many", [1, 10, 50, 200])
def test_a_card_and_a_form_of_many_machines_are_taken_by_slack(many: int) -> None:
    found = halted_with(many, tuple(f"/env/NAME_{number}" for number in range(40)))

    card = deployment_card(found, shipped(), clock_moved=False)
    blocks = [block.to_dict() for block in card.blocks]
    form = rollback_modal(found, "1", kept=True).to_dict()

    assert checked_message(blocks)
    assert checked_view(form)
    shown = "\n".join(block["text"]["text"] for block in blocks if block["type"] == "section" and "text" in block)
    listed = sum(line.startswith("• `148e") and "checks pass" in line for line in shown.splitlines())
    assert listed >= min(many, 10)
    assert (f"… and {many - listed} more machines" in shown) == (listed < many)


def test_the_same_difference_is_told_once_with_its_machines() -> None:
    form = str(rollback_modal(halted_with(3, ("/env/LOG_LEVEL",)), "1", kept=True).to_dict())

    assert form.count("env LOG_LEVEL") == 1
    assert "`148e0000000000`, `148e0000000001`, `148e0000000002`: `env LOG_LEVEL`" in form


def test_without_kept_configs_the_form_says_so_and_offers_no_choice() -> None:
    form = rollback_modal(halted_with(1, ()), "1", kept=False).to_dict()

    assert [block.get("block_id") for block in form["blocks"]] == [None, "reason"]
    assert "No configuration was kept" in str(form)
