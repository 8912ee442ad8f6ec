"""What people read off the screen: pure questions to a state of the sandbox."""

import re
from collections.abc import Iterator

from sandbox import seed
from sandbox.slack.wire import Object

_MARKED = re.compile(r"(:\w+:) `([\w-]+)`")


def said(state: Object) -> list[str]:
    """Every message in the deploy channel and its threads, as its text reads now."""
    return [str(message["text"]) for message in _messages(state)]


def heard(state: Object) -> list[str]:
    """What only the person of this state was told."""
    return [str(message["text"]) for message in _messages(state) if message["ephemeral"]]


def headline(state: Object, handle: str) -> str:
    """The text of the deployment's root card; empty before there is one."""
    return next((text for text in (str(m["text"]) for m in roots(state)) if text.startswith(f"{handle} · ")), "")


def roots(state: Object) -> Iterator[Object]:
    """What stands in the channel itself, not in a thread, and is there for everyone."""
    for message in _messages(state):
        if not message["ephemeral"] and message.get("thread_ts", message["ts"]) == message["ts"]:
            yield message


def replies(state: Object) -> Iterator[Object]:
    """What stands in the threads."""
    for message in _messages(state):
        if message.get("thread_ts", message["ts"]) != message["ts"]:
            yield message


def button(state: Object, label: str, block: str, *, private: bool = False) -> Object | None:
    """Where a button is, as a click wants to know it; `block` is how its block's id begins."""
    kind = "im" if private else "channel"
    for talk in (talk["id"] for talk in state["channels"] if talk["kind"] == kind):
        for message in reversed(state["messages"][talk]):
            for found in message["blocks"]:
                if str(found.get("block_id")).startswith(block) and label in _labels(found):
                    return {"ts": message["ts"], "block_id": found["block_id"]}
    return None


def cards(state: Object) -> list[str]:
    """All the words of each message that this person has in direct messages."""
    talks = [talk["id"] for talk in state["channels"] if talk["kind"] == "im"]
    messages = [message for talk in talks for message in state["messages"][talk]]
    return ["\n".join(_words(block) for block in message["blocks"]) for message in messages]


def _words(block: Object) -> str:
    texts = [block.get("text") or {}, *block.get("fields", []), *block.get("elements", [])]
    return "\n".join(str(text.get("text")) for text in texts if isinstance(text.get("text"), str))


def line(state: Object, item: str) -> str:
    """What an item's line says on its section's card; empty before there is one."""
    blocks = (block for message in replies(state) for block in message["blocks"])
    found = [block for block in blocks if f"/{item}/" in str(block.get("block_id"))]
    return str(found[-1]["text"]["text"]) if found else ""


def marks(reply: str) -> dict[str, str]:
    """The sign of each item in the answer to `/drop checklist`."""
    return {item: sign for sign, item in _MARKED.findall(reply)}


def choices(view: Object, block: str) -> list[str]:
    """The values that an input of a modal offers."""
    element = next(found["element"] for found in view["blocks"] if found["block_id"] == block)
    return [str(option["value"]) for option in element["options"]]


def production(state: Object) -> list[Object]:
    """The machines of the production app."""
    machines: list[Object] = state["machines"][seed.PRODUCTION_APP]
    return machines


def all_run(state: Object, tag: str) -> bool:
    """Whether every production machine runs this version and is healthy."""
    return all(machine["tag"] == tag and is_healthy(machine) for machine in production(state))


def is_healthy(machine: Object) -> bool:
    return machine["state"] == "started" and all(check["status"] == "passing" for check in machine["checks"])


def _labels(block: Object) -> list[str]:
    elements = [*block.get("elements", []), block.get("accessory") or {}]
    return [str((element.get("text") or {}).get("text")) for element in elements if element.get("type") == "button"]


def _messages(state: Object) -> list[Object]:
    messages: list[Object] = state["messages"][seed.CHANNEL_ID]
    return messages
