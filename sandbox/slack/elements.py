"""The limits of Block Kit's parts: texts, options, confirm dialogs and elements (Slack: Block Kit reference)."""

from collections.abc import Iterator
from dataclasses import dataclass

from sandbox.slack.wire import Object

PLAIN = ("plain_text",)
ANY_TEXT = ("plain_text", "mrkdwn")

SELECTS = {"static_select", "external_select", "users_select", "conversations_select", "channels_select"}
MULTI_SELECTS = {"multi_" + name for name in SELECTS}
CHOICES = {"checkboxes", "radio_buttons"}
PICKERS = {"datepicker", "timepicker", "datetimepicker"}
TEXT_INPUTS = {"plain_text_input", "number_input", "email_text_input", "url_text_input"}

IN_ACTIONS = {"button", "workflow_button", "overflow"} | SELECTS | CHOICES | PICKERS
IN_SECTION = IN_ACTIONS | MULTI_SELECTS | {"image"}
IN_INPUT = SELECTS | MULTI_SELECTS | CHOICES | PICKERS | TEXT_INPUTS | {"rich_text_input", "file_input"}

_OPTIONS = {"static_select": 100, "multi_static_select": 100, "overflow": 5, "checkboxes": 10, "radio_buttons": 10}
_OPTION_VALUE = 150


@dataclass(frozen=True, slots=True)
class Place:
    """Where in the JSON we are, as the pointer in Slack's messages."""

    path: str = ""

    def __truediv__(self, part: str | int) -> "Place":
        return Place(f"{self.path}/{part}")

    def says(self, problem: str) -> str:
        """The line that Slack lists for a problem here."""
        return f"[ERROR] {problem} [json-pointer:{self.path}]"


def text(value: object, place: Place, *, longest: int, kinds: tuple[str, ...] = ANY_TEXT) -> Iterator[str]:
    """A text object of at least one and at most `longest` characters."""
    if not isinstance(value, dict):
        yield place.says("must provide an object")
    elif value.get("type") not in kinds:
        yield (place / "type").says(f"unsupported type: {value.get('type')}")
    elif not isinstance(value.get("text"), str):
        yield (place / "text").says("missing required field: text")
    else:
        yield from length(value["text"], place / "text", longest=longest)


def length(value: object, place: Place, *, longest: int, shortest: int = 1) -> Iterator[str]:
    """A string between two lengths."""
    if not isinstance(value, str):
        yield place.says("must provide a string")
    elif len(value) < shortest:
        yield place.says(f"must be more than {shortest - 1} characters")
    elif len(value) > longest:
        yield place.says(f"must be less than {longest + 1} characters")


def optional(part: Object, name: str, place: Place, *, longest: int) -> Iterator[str]:
    """A string that may be left out."""
    if part.get(name) is not None:
        yield from length(part[name], place / name, longest=longest, shortest=0)


def count(values: object, place: Place, *, most: int) -> Iterator[str]:
    """A list of at least one and at most `most` things."""
    if not isinstance(values, list) or not values:
        yield place.says("must provide at least 1 item")
    elif len(values) > most:
        yield place.says(f"no more than {most} items allowed")


def element(part: object, place: Place, *, allowed: set[str]) -> Iterator[str]:
    """An interactive element, or an image beside a text."""
    if not isinstance(part, dict) or part.get("type") not in allowed:
        kind = part.get("type") if isinstance(part, dict) else part
        yield (place / "type").says(f"unsupported type: {kind}")
        return
    yield from optional(part, "action_id", place, longest=255)
    yield from _confirm(part, place)
    yield from _own(part, place)


def _own(part: Object, place: Place) -> Iterator[str]:
    kind = part["type"]
    if kind == "button":
        yield from _button(part, place)
    elif kind == "image":
        yield from image(part, place)
    elif kind in _OPTIONS:
        yield from _options(part, place, most=_OPTIONS[kind])
    if part.get("placeholder") is not None:
        yield from text(part["placeholder"], place / "placeholder", longest=150, kinds=PLAIN)


def _button(part: Object, place: Place) -> Iterator[str]:
    yield from text(part.get("text"), place / "text", longest=75, kinds=PLAIN)
    yield from optional(part, "value", place, longest=2000)
    yield from optional(part, "url", place, longest=3000)
    yield from optional(part, "accessibility_label", place, longest=75)
    if part.get("style") not in (None, "primary", "danger"):
        yield (place / "style").says("must be a valid enum value")


def image(part: Object, place: Place) -> Iterator[str]:
    """An image by its address, with words for those who do not see it."""
    if part.get("slack_file") is None:
        yield from length(part.get("image_url"), place / "image_url", longest=3000)
    yield from length(part.get("alt_text"), place / "alt_text", longest=2000)


def _options(part: Object, place: Place, *, most: int) -> Iterator[str]:
    groups = part.get("option_groups")
    if groups is None:
        yield from _option_list(part.get("options"), place / "options", most=most, kind=part["type"])
        return
    yield from count(groups, place / "option_groups", most=100)
    for number, group in _objects(groups):
        inside = place / "option_groups" / number
        yield from text(group.get("label"), inside / "label", longest=75, kinds=PLAIN)
        yield from _option_list(group.get("options"), inside / "options", most=most, kind=part["type"])


def _option_list(options: object, place: Place, *, most: int, kind: str) -> Iterator[str]:
    yield from count(options, place, most=most)
    kinds = ANY_TEXT if kind in CHOICES else PLAIN
    for number, option in _objects(options):
        yield from text(option.get("text"), place / number / "text", longest=75, kinds=kinds)
        yield from length(option.get("value"), place / number / "value", longest=_OPTION_VALUE)
        if option.get("description") is not None:
            yield from text(option["description"], place / number / "description", longest=75, kinds=kinds)


def _objects(values: object) -> Iterator[tuple[int, Object]]:
    """The objects of a list by their place; anything else in it is without any of the parts that it needs."""
    for number, value in enumerate(values if isinstance(values, list) else []):
        yield number, value if isinstance(value, dict) else {}


def _confirm(part: Object, place: Place) -> Iterator[str]:
    dialog = part.get("confirm")
    if dialog is None:
        return
    inside = place / "confirm"
    if not isinstance(dialog, dict):
        yield inside.says("must provide an object")
        return
    yield from text(dialog.get("title"), inside / "title", longest=100, kinds=PLAIN)
    yield from text(dialog.get("text"), inside / "text", longest=300)
    yield from text(dialog.get("confirm"), inside / "confirm", longest=30, kinds=PLAIN)
    yield from text(dialog.get("deny"), inside / "deny", longest=30, kinds=PLAIN)
