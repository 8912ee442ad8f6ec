"""The few blocks that every card is made of."""

from collections.abc import Sequence

from slack_sdk.models.blocks import (
    ActionsBlock,
    Block,
    ButtonElement,
    ConfirmObject,
    ContextBlock,
    HeaderBlock,
    MarkdownTextObject,
    PlainTextObject,
    SectionBlock,
)

LONGEST = 3000  # characters of a section's text (Slack: Block Kit reference)


def header(text: str) -> HeaderBlock:
    return HeaderBlock(text=PlainTextObject(text=text[:150], emoji=True))


def section(text: str, *, block_id: str | None = None, accessory: ButtonElement | None = None) -> SectionBlock:
    return SectionBlock(
        text=MarkdownTextObject(text=text[:LONGEST], verbatim=True), block_id=block_id, accessory=accessory
    )


def spoken(text: str) -> list[Block]:
    """Words to one person, as blocks: there, unlike in a message's `text`, no address becomes a link."""
    lines, parts = text.split("\n"), [""]
    for line in lines:
        if len(parts[-1]) + len(line) >= LONGEST:
            parts.append("")
        parts[-1] += f"{line[:LONGEST]}\n"
    return [section(part.rstrip("\n")) for part in parts if part.strip()]


def fields(*pairs: tuple[str, str]) -> SectionBlock:
    return SectionBlock(
        fields=[MarkdownTextObject(text=f"*{name}*\n{value}"[:2000], verbatim=True) for name, value in pairs]
    )


def context(*lines: str) -> ContextBlock:
    return ContextBlock(elements=[MarkdownTextObject(text=line[:2000], verbatim=True) for line in lines[:10]])


def button(label: str, verb: str, value: str, *, style: str | None = None, ask: str = "") -> ButtonElement:
    """A button whose action_id is its verb. `ask` makes Slack ask once more before it counts."""
    confirm = ConfirmObject(title=label, text=PlainTextObject(text=ask), confirm=label, deny="Not now") if ask else None
    return ButtonElement(text=PlainTextObject(text=label), action_id=verb, value=value, style=style, confirm=confirm)


def actions(block_id: str, buttons: Sequence[ButtonElement]) -> list[Block]:
    """A row of buttons, or nothing at all for none."""
    return [ActionsBlock(block_id=block_id, elements=list(buttons))] if buttons else []
