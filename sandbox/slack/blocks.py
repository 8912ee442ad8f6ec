"""The limits of Block Kit's blocks in messages, modals and the Home tab (Slack: Block Kit reference)."""

import secrets
from collections.abc import Iterator
from enum import StrEnum

from sandbox.slack import elements
from sandbox.slack.elements import PLAIN, Place
from sandbox.slack.wire import Object, Refused, invalid


class Surface(StrEnum):
    """Where blocks are shown; each surface takes its own kinds, and its own number of them."""

    MESSAGE = "message"
    MODAL = "modal"
    HOME = "home"


_EVERYWHERE = {"section", "divider", "image", "actions", "context", "input", "header", "rich_text", "video"}
_ALLOWED = {
    Surface.MESSAGE: _EVERYWHERE
    | {"file", "markdown", "table", "context_actions", "task_card", "plan", "card", "carousel", "container"}
    | {"data_table", "data_visualization"},
    Surface.MODAL: _EVERYWHERE | {"alert"},
    Surface.HOME: _EVERYWHERE,
}
_MOST = {Surface.MESSAGE: 50, Surface.MODAL: 100, Surface.HOME: 100}
_MARKDOWN = 12_000
_WHOLE_MESSAGE = 12_000  # not documented by Slack; from there on others saw msg_blocks_too_long (bolt-js 2509, 2867)


def checked_message(blocks: object) -> list[Object]:
    """The blocks of a message with their ids filled in, or the refusal that Slack would answer."""
    if not isinstance(blocks, list):
        raise Refused("invalid_blocks_format")
    found = list(problems(blocks, Place("/blocks"), Surface.MESSAGE))
    if found:
        raise invalid("invalid_blocks", found)
    if sum(len(words) for words in texts(blocks)) > _WHOLE_MESSAGE:
        raise Refused("msg_blocks_too_long")
    return with_ids(blocks)


def problems(blocks: list[Object], place: Place, surface: Surface) -> Iterator[str]:
    """Everything that Slack would complain about, one line each."""
    if len(blocks) > _MOST[surface]:
        yield place.says(f"no more than {_MOST[surface]} items allowed")
    for number, block in enumerate(blocks):
        if not isinstance(block, dict) or block.get("type") not in _ALLOWED[surface]:
            kind = block.get("type") if isinstance(block, dict) else block
            yield (place / number / "type").says(f"unsupported type: {kind}")
            continue
        yield from elements.optional(block, "block_id", place / number, longest=255)
        yield from _block(block, place / number)
    yield from _repeated_block_ids(blocks, place)
    yield from _long_markdown(blocks, place)


def with_ids(blocks: list[Object]) -> list[Object]:
    """The same blocks with a block_id and action_ids where the sender left them out, as Slack fills them in."""
    return [{**_with_action_ids(block), "block_id": block.get("block_id") or secrets.token_hex(3)} for block in blocks]


def texts(part: object) -> Iterator[str]:
    """All words of text objects inside a block."""
    if isinstance(part, list):
        for inner in part:
            yield from texts(inner)
    elif isinstance(part, dict):
        if isinstance(part.get("text"), str):
            yield part["text"]
        for name, inner in part.items():
            if name != "confirm":  # a dialog is not on the message
                yield from texts(inner)


def elements_of(block: Object) -> list[Object]:
    """The interactive elements of a block, in the order they are shown."""
    if block["type"] in ("actions", "context_actions"):
        return list(block.get("elements") or [])
    if block["type"] == "section" and block.get("accessory"):
        return [block["accessory"]]
    if block["type"] == "input":
        return [block["element"]]
    return []


def _block(block: Object, place: Place) -> Iterator[str]:
    kind = block["type"]
    if kind == "section":
        yield from _section(block, place)
    elif kind == "header":
        yield from elements.text(block.get("text"), place / "text", longest=150, kinds=PLAIN)
    elif kind == "context":
        yield from _context(block, place)
    elif kind == "actions":
        yield from _actions(block, place)
    elif kind == "context_actions":
        yield from _context_actions(block, place)
    elif kind == "input":
        yield from _input(block, place)
    elif kind == "image":
        yield from elements.image(block, place)


def _section(block: Object, place: Place) -> Iterator[str]:
    fields = block.get("fields")
    if block.get("text") is None and fields is None:
        yield place.says("must provide text or fields")
    if block.get("text") is not None:
        yield from elements.text(block["text"], place / "text", longest=3000)
    if fields is not None:
        yield from elements.count(fields, place / "fields", most=10)
    for number, field in enumerate(fields if isinstance(fields, list) else []):
        yield from elements.text(field, place / "fields" / number, longest=2000)
    if block.get("accessory") is not None:
        yield from elements.element(block["accessory"], place / "accessory", allowed=elements.IN_SECTION)


def _context(block: Object, place: Place) -> Iterator[str]:
    parts = block.get("elements")
    yield from elements.count(parts, place / "elements", most=10)
    for number, part in enumerate(parts if isinstance(parts, list) else []):
        inside = place / "elements" / number
        if isinstance(part, dict) and part.get("type") == "image":
            yield from elements.image(part, inside)
        else:
            yield from elements.text(part, inside, longest=3000)


def _actions(block: Object, place: Place) -> Iterator[str]:
    parts = block.get("elements")
    yield from elements.count(parts, place / "elements", most=25)
    seen: set[str] = set()
    for number, part in enumerate(parts if isinstance(parts, list) else []):
        inside = place / "elements" / number
        yield from elements.element(part, inside, allowed=elements.IN_ACTIONS)
        name = part.get("action_id") if isinstance(part, dict) else None
        if name in seen:
            yield (inside / "action_id").says(f"`action_id` already exists in block: {name}")
        seen |= {name} if isinstance(name, str) else set()


def _context_actions(block: Object, place: Place) -> Iterator[str]:
    parts = block.get("elements")
    yield from elements.count(parts, place / "elements", most=5)
    for number, part in enumerate(parts if isinstance(parts, list) else []):
        if not isinstance(part, dict) or part.get("type") not in ("feedback_buttons", "icon_button"):
            yield (place / "elements" / number).says("unsupported type")


def _input(block: Object, place: Place) -> Iterator[str]:
    yield from elements.text(block.get("label"), place / "label", longest=2000, kinds=PLAIN)
    if block.get("hint") is not None:
        yield from elements.text(block["hint"], place / "hint", longest=2000, kinds=PLAIN)
    yield from elements.element(block.get("element"), place / "element", allowed=elements.IN_INPUT)


def _repeated_block_ids(blocks: list[Object], place: Place) -> Iterator[str]:
    seen: set[str] = set()
    for number, block in enumerate(blocks):
        name = block.get("block_id") if isinstance(block, dict) else None
        if isinstance(name, str) and name in seen:
            yield (place / number / "block_id").says(f"`block_id` already exists in message: {name}")
        seen |= {name} if isinstance(name, str) else set()


def _long_markdown(blocks: list[Object], place: Place) -> Iterator[str]:
    marked = [block for block in blocks if isinstance(block, dict) and block.get("type") == "markdown"]
    if sum(len(str(block.get("text", ""))) for block in marked) > _MARKDOWN:
        yield place.says(f"markdown text must be less than {_MARKDOWN + 1} characters")


def _with_action_ids(block: Object) -> Object:
    if block["type"] == "actions":
        return {**block, "elements": [_with_action_id(part) for part in block["elements"]]}
    for name in ("accessory", "element"):
        if isinstance(block.get(name), dict) and block[name].get("type") != "image":
            return {**block, name: _with_action_id(block[name])}
    return block


def _with_action_id(part: Object) -> Object:
    return {**part, "action_id": part.get("action_id") or secrets.token_hex(3)}
