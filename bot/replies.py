"""What a typed verb is answered with. Clicks need no words: the card is redrawn."""

from collections.abc import Sequence

from bot.refusals import why_closed
from bot.views.deployment import Card, approval_card, headline
from bot.views.drift import drifted
from bot.views.history import chronicle, past
from bot.views.text import MARK_SIGNS, escape
from checklist.definition import Checklist
from checklist.deployment import Deployment
from checklist.policy import who
from commands.history import Chronicle, Past
from commands.looks import Overview, Whoami, Windows
from commands.usage import Verb


def reply(verb: str, result: object, checklist: Checklist, *, clock_moved: bool) -> Card:
    """The answer to a typed verb, seen by the person alone."""
    if isinstance(result, Overview):
        return _overview(verb, result, checklist, clock_moved=clock_moved)
    if isinstance(result, Deployment):
        return _deployment(verb, result, checklist, clock_moved=clock_moved)
    if isinstance(result, Past):
        return Card(text=past(result.passages, checklist.team), blocks=[])
    if isinstance(result, Chronicle):
        return Card(text=chronicle(result.deployment, result.entries, result.earlier, checklist.team), blocks=[])
    if isinstance(result, Windows):
        return Card(text=_windows(result), blocks=[])
    if isinstance(result, Whoami):
        return Card(text=_whoami(result), blocks=[])
    if isinstance(result, tuple):
        return Card(text=_help(result), blocks=[])
    return Card(text="Done.", blocks=[])


def _overview(verb: str, overview: Overview, checklist: Checklist, *, clock_moved: bool) -> Card:
    changed = f":warning: {drifted(overview.drift)}" if overview.drift else ""
    if overview.deployment is None:
        return Card(text=changed, blocks=[])
    card = _deployment(verb, overview.deployment, checklist, clock_moved=clock_moved)
    return card if card.blocks or not changed else Card(text=f"{card.text}\n{changed}", blocks=[])


def _deployment(verb: str, deployment: Deployment, checklist: Checklist, *, clock_moved: bool) -> Card:
    if verb == "checklist":
        return Card(text=_items(deployment, checklist), blocks=[])
    if verb == "plan":
        return approval_card(deployment, checklist, clock_moved=clock_moved)
    return Card(text=headline(deployment, checklist), blocks=[])


def _items(deployment: Deployment, checklist: Checklist) -> str:
    """Every section in one line each item; short enough for one message."""
    lines = [f"*{headline(deployment, checklist)}*"]
    for section in checklist.sections:
        marks = [(item, deployment.marks[item.id]) for item in section.items if item.id in deployment.marks]
        if marks:
            signs = " ".join(f"{MARK_SIGNS[mark.state]} `{item.id}`" for item, mark in marks)
            lines.append(f"*{section.title}*\n{signs}")
    return "\n".join(lines)[:3900]


def _windows(windows: Windows) -> str:
    now = windows.now
    state = f"Open now: {now.window.label}." if now.open and now.window else why_closed(now)
    late = " It is late in the window: verification may end outside it." if now.late else ""
    return f"{state}{late}\nNext:\n" + "\n".join(f"• {window.label}" for window in windows.next)


def _whoami(who: Whoami) -> str:
    roles = ", ".join(who.roles) or "no role"
    return f"You are {escape(who.person.name)}, {who.person.kind}: {roles}."


def _help(verbs: Sequence[Verb]) -> str:
    return "\n".join(
        f"`/drop {verb.name} {verb.takes}`".replace(" `", "`") + f" — {verb.does}{_who(verb)}" for verb in verbs
    )


def _who(verb: Verb) -> str:
    return f" ({who(verb.move)})" if verb.move else ""
