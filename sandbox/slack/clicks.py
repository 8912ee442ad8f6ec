"""Finding what someone clicks, the way people do: by its label, the newest first."""

from collections.abc import Iterator
from dataclasses import dataclass

from sandbox.slack.blocks import elements_of
from sandbox.slack.forms import BUTTONS, entered, misuse, options
from sandbox.slack.messages import Message
from sandbox.slack.wire import Object
from sandbox.slack.workspace import Workspace

_ECHOED = ("text", "value", "style", "url", "confirm", "placeholder")
_WHERE = {"label", "action_id", "block_id", "channel", "ts", "thread_ts", "view_id"}
_ON_MESSAGES = {"channel", "ts", "thread_ts"}


@dataclass(frozen=True, slots=True)
class Target:
    """An element that can be used: where it is, and the option that was meant, if one was."""

    place: Message | Object  # an Object is a view
    block: Object
    element: Object
    value: object = None

    @property
    def is_button(self) -> bool:
        """Whether it is pressed, not filled in."""
        return self.element["type"] in BUTTONS

    def choice(self, value: object) -> Object:
        """What the element reports: for a button nothing, else what is chosen now."""
        return {} if self.is_button else entered(self.element, value)

    def action(self, action_ts: str, choice: Object) -> Object:
        """What the payload says about the use."""
        echoed = {name: self.element[name] for name in _ECHOED if name in self.element}
        about = {"type": self.element["type"], "action_id": self.element["action_id"]}
        return echoed | about | {"block_id": self.block["block_id"], "action_ts": action_ts} | choice


def find_target(workspace: Workspace, user: str, where: Object) -> Target | None:
    """The element meant by `where`: label or action_id, and perhaps block_id, channel, ts, thread_ts, view_id."""
    where = {name: value for name, value in where.items() if value is not None}
    if not set(where) <= _WHERE or not {"label", "action_id"} & set(where):
        raise misuse("say what is clicked by its label or its action_id")
    for place, blocks in _places(workspace, user, where):
        for target in _targets(place, blocks):
            if _meant(target, where):
                return Target(place, target.block, target.element, _option_labelled(target.element, where.get("label")))
    return None


def _places(workspace: Workspace, user: str, where: Object) -> Iterator[tuple[Message | Object, list[Object]]]:
    view = workspace.modals.top(user)
    if view is not None and not _ON_MESSAGES & set(where) and where.get("view_id") in (None, view["id"]):
        yield view, view["blocks"]
    if "view_id" in where:
        return
    channel = workspace.conversation(where["channel"]).id if "channel" in where else None
    for message in workspace.visible_to(user):
        if channel in (None, message.channel) and _is_asked(message, where):
            yield message, message.blocks or []


def _is_asked(message: Message, where: Object) -> bool:
    in_thread = where.get("thread_ts") in (None, message.thread_ts, message.ts)
    return in_thread and where.get("ts") in (None, message.ts)


def _targets(place: Message | Object, blocks: list[Object]) -> Iterator[Target]:
    for block in blocks:
        for element in elements_of(block):
            if element.get("action_id") is not None:
                yield Target(place, block, element)


def _meant(target: Target, where: Object) -> bool:
    label = where.get("label")
    return (
        where.get("action_id") in (None, target.element["action_id"])
        and where.get("block_id") in (None, target.block["block_id"])
        and (label is None or label in _labels(target.element))
    )


def _labels(element: Object) -> Iterator[str]:
    """What people read on an element: its text, its placeholder, and its options."""
    for name in ("text", "placeholder"):
        if isinstance(element.get(name), dict):
            yield element[name]["text"]
    for option in options(element):
        yield option["text"]["text"]


def _option_labelled(element: Object, label: object) -> object:
    """The value of the option that carries the label; None when the label is the element's own."""
    values = [option["value"] for option in options(element) if option["text"]["text"] == label]
    return values[0] if values else None
