"""The modals. An input's block_id is its action_id; private_metadata says what the answer is about."""

import json
from collections.abc import Sequence
from textwrap import shorten

from slack_sdk.models.blocks import (
    Block,
    CheckboxesElement,
    InputBlock,
    MarkdownTextObject,
    Option,
    PlainTextInputElement,
    PlainTextObject,
    StaticMultiSelectElement,
    StaticSelectElement,
)
from slack_sdk.models.views import View

from bot.views.blocks import section
from bot.views.text import escape
from checklist.calendar import Window
from checklist.definition import Checklist, Item
from checklist.rollout import FORWARD
from checklist.words import Role

YES_NO = (("yes", "Yes"), ("no", "No"))


def about(*, deployment: str = "", target: str = "", shown: str = "") -> str:
    """What a modal is about, as private_metadata carries it."""
    return json.dumps({"deployment": deployment, "target": target, "shown": shown})


def deploy_modal(checklist: Checklist, windows: Sequence[Window], version: str) -> View:
    """Everything that must be known, and written down, before a deployment is opened."""
    app = checklist.production.name
    engineers = [(person.id, person.name) for person in checklist.team.holders(Role.DEPLOY_ENGINEER)]
    return _modal(
        "deploy",
        "Open a deployment",
        "Open",
        about(),
        _text("version", "Version", hint="like 0.5.0", initial=version),
        _text("image", "Image", hint=f"empty means registry.fly.io/{app}:v<version>", optional=True),
        _text("commit", "Commit", hint="7 to 40 hex digits"),
        _text("customers", "What will customers notice?", lines=True),
        _text("risk", "What is the risk?", lines=True),
        _text("security", "What is the impact on security?", lines=True),
        _text("outcome", "What is the expected outcome?", lines=True),
        _select("migrations", "Does it migrate the database?", YES_NO, initial="no"),
        _select("maintenance", "Does it need maintenance mode?", YES_NO, initial="no"),
        _select("strategy", "Strategy", tuple(FORWARD.items()), initial=checklist.production.strategy),
        _select(
            "window", "Window", [(w.opens.isoformat(), w.label) for w in windows], initial=windows[0].opens.isoformat()
        ),
        _select("engineer", "Deploy engineer", engineers, initial=engineers[0][0]),
    )


def attest_modal(deployment: str, items: Sequence[Item], *, step: str = "", step_text: str = "") -> View:
    """One statement for one or several items of a section, or for the step that waits."""
    inputs: list[Block] = [section(f"*{escape(step_text)}*")] if step else [_items(items)]
    return _modal(
        "attest",
        "Attest",
        "Attest",
        about(deployment=deployment, target=step),
        *inputs,
        _text(
            "words",
            "What did you do, and what did you see?",
            lines=True,
            hint="at least 20 characters; the record keeps it",
        ),
        _text("link", "Link", hint="https://…", optional=True),
    )


def items_modal(verb: str, title: str, deployment: str, items: Sequence[Item], question: str) -> View:
    """One reason for one or several items: not OK, or waived."""
    reason = _text("reason", question, lines=True, hint="the record keeps it, and the channel reads it")
    return _modal(verb, title, title, about(deployment=deployment), _items(items), reason)


def reason_modal(
    verb: str,
    title: str,
    deployment: str,
    *,
    shown: str = "",
    target: str = "",
    about_what: str = "",
    before: Sequence[Block] = (),
    optional: bool = False,
) -> View:
    """One reason, for what is done to the deployment as a whole or to one step; `before` it what is to be weighed."""
    what: list[Block] = [section(f"*{escape(about_what)}*")] if about_what else [*before]
    question = _text("reason", "Why?", lines=True, optional=optional)
    return _modal(verb, title, title, about(deployment=deployment, target=target, shown=shown), *what, question)


def acknowledge_modal(shown: str, changes: str) -> View:
    """Who changed production outside of Drop, and why: as long as a statement."""
    question = _text(
        "words", "Who changed it, and why?", lines=True, hint="at least 20 characters; the channel reads it"
    )
    return _modal("acknowledge", "Acknowledge", "Acknowledge", about(shown=shown), section(changes), question)


def window_modal(deployment: str, windows: Sequence[Window]) -> View:
    """Another window, since the old one is over."""
    choice = _select("window", "Window", [(w.id, w.words) for w in windows], initial=windows[0].id)
    words = section("The window is over, and an approval ends with its window. For which one do you ask?")
    return _modal("submit", "Request approval", "Request approval", about(deployment=deployment), words, choice)


def _modal(callback: str, title: str, submit: str, metadata: str, *blocks: Block) -> View:
    return View(
        type="modal",
        callback_id=callback,
        title=PlainTextObject(text=title[:24]),
        submit=PlainTextObject(text=submit[:24]),
        close=PlainTextObject(text="Cancel"),
        private_metadata=metadata,
        blocks=list(blocks),
    )


def _text(
    name: str, label: str, *, hint: str = "", initial: str = "", lines: bool = False, optional: bool = False
) -> InputBlock:
    element = PlainTextInputElement(
        action_id=name, multiline=lines, initial_value=initial or None, max_length=2000, placeholder=None
    )
    return InputBlock(
        block_id=name,
        label=PlainTextObject(text=label),
        element=element,
        hint=PlainTextObject(text=hint) if hint else None,
        optional=optional,
    )


def _select(name: str, label: str, choices: Sequence[tuple[str, str]], *, initial: str) -> InputBlock:
    options = [Option(value=value, text=PlainTextObject(text=text[:75])) for value, text in choices]
    chosen = next(option for option in options if option.value == initial)
    element = StaticSelectElement(action_id=name, options=options, initial_option=chosen)
    return InputBlock(block_id=name, label=PlainTextObject(text=label), element=element)


def _items(items: Sequence[Item]) -> InputBlock:
    """Checkboxes hold ten; a longer list is a multi-select."""
    label = PlainTextObject(text="Items")
    if len(items) > 10:
        plain = [Option(value=item.id, text=PlainTextObject(text=item.id)) for item in items]
        return InputBlock(
            block_id="items", label=label, element=StaticMultiSelectElement(action_id="items", options=plain)
        )
    options = [
        Option(
            value=item.id,
            text=MarkdownTextObject(text=f"*{item.id}*"),
            description=shorten(item.text, 75, placeholder="…"),
        )
        for item in items
    ]
    return InputBlock(block_id="items", label=label, element=CheckboxesElement(action_id="items", options=options))
