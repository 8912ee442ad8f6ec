"""The ways back as people see them before they choose: machine by machine what runs, and what each way leaves."""

from itertools import accumulate

from slack_sdk.models.blocks import Block, InputBlock, Option, PlainTextObject, RadioButtonsElement
from slack_sdk.models.views import View

from bot.views.blocks import section, spoken
from bot.views.modals import reason_modal
from bot.views.text import clock, escape
from checklist.deployment import Deployment
from checklist.kept import spelled
from checklist.not_brought_back import not_brought_back
from checklist.standings import MachineStanding
from checklist.words import MachineId, Restores

KEYS = 12  # that are named of one machine, or machines of which the same is so
ROOM = 6_000  # characters for the machines of a card: a message as a whole holds twice as many
CHOICES = (
    (Restores.IMAGE, "The image alone", "The configuration stays as it is now"),
    (Restores.CONFIG, "The image and the kept configuration", "Every changed machine as it was before"),
)


def machines_now(deployment: Deployment) -> list[Block]:
    """Machine by machine what ran when the run stopped."""
    seen = deployment.standings
    if seen is None:
        return []
    if seen.trouble:
        return [section(f"*Nobody knows what the machines run:* {escape(seen.trouble)} (asked {clock(seen.at)})")]
    lines = [f"• {_machine(machine)}" for machine in seen.machines]
    fits = sum(total <= ROOM for total in accumulate(len(line) + 1 for line in lines))
    more = [f"… and {len(lines) - fits} more machines, which Fly.io shows"] if fits < len(lines) else []
    return spoken("\n".join([f"*Machine by machine, read {clock(seen.at)}*", *lines[:fits], *more]))


def ways_back(deployment: Deployment) -> str:
    """What Undo does that Roll back does not, and what neither does."""
    rest = not_brought_back(deployment, Restores.CONFIG)
    neither = f"\n*Neither brings back:* {escape('; '.join(rest), 1000)}" if rest else ""
    return f"*Undo* brings back what *Roll back* leaves: {_difference(deployment)}{neither}"


def rollback_modal(deployment: Deployment, shown: str, *, kept: bool) -> View:
    """The choice between the image alone and the kept configuration, with the difference; the reason is optional."""
    if not kept:
        told = section("No configuration was kept for this deployment: the image alone goes back.")
        return reason_modal("rollback", "Roll back", deployment.id, shown=shown, before=[told], optional=True)
    before = [*_difference_blocks(deployment), _choice()]
    return reason_modal("rollback", "Roll back", deployment.id, shown=shown, before=before, optional=True)


def undo_modal(deployment: Deployment, shown: str) -> View:
    """What comes back beyond the image; the reason is optional."""
    before = _difference_blocks(deployment)
    return reason_modal("undo", "Undo", deployment.id, shown=shown, before=before, optional=True)


def _difference_blocks(deployment: Deployment) -> list[Block]:
    return [section(ways_back(deployment))]


def _choice() -> InputBlock:
    options = [
        Option(value=value, text=PlainTextObject(text=text), description=PlainTextObject(text=more))
        for value, text, more in CHOICES
    ]
    element = RadioButtonsElement(action_id="restores", options=options, initial_option=options[0])
    return InputBlock(block_id="restores", label=PlainTextObject(text="What is restored?"), element=element)


def _difference(deployment: Deployment) -> str:
    """Per machine the keys of which the kept configuration is another; values are never shown."""
    seen = deployment.standings
    if seen is None or seen.trouble:
        return "the configuration of each changed machine. Which keys differ was not read."
    if not seen.kept_back:
        return f"nothing, by what was read {clock(seen.at)}."
    return "".join(f"\n• {_ids(machines)} {_keys(pointers)}" for pointers, machines in seen.kept_back.items())


def _machine(machine: MachineStanding) -> str:
    if not machine.instance_id:
        return f"`{machine.id}` is not listed by Fly any more"
    passing = f"{machine.passing}/{machine.checks} checks pass" if machine.checks else "no checks"
    runs = f"`{machine.id}` `…{machine.instance_id[-6:]}` *{escape(machine.version, 40)}* {escape(machine.state, 40)}"
    if not machine.changed:
        return f"{runs}, {passing} · as before the deployment"
    keys = f", also in {_keys(machine.differs)}" if machine.differs else ""
    return f"{runs}, {passing} · changed{keys}"


def _ids(machines: tuple[MachineId, ...]) -> str:
    more = f" and {len(machines) - KEYS} more" if len(machines) > KEYS else ""
    return ", ".join(f"`{machine}`" for machine in machines[:KEYS]) + more + ":"


def _keys(pointers: tuple[str, ...]) -> str:
    more = f" and {len(pointers) - KEYS} more" if len(pointers) > KEYS else ""
    return ", ".join(f"`{escape(spelled(pointer), 80)}`" for pointer in pointers[:KEYS]) + more
