"""Inputs: what someone enters into them, as the state that Slack sends, and what its client refuses at once."""

from collections.abc import Iterator
from http import HTTPStatus

from sandbox.slack.blocks import elements_of
from sandbox.slack.wire import Object, Refused

_REQUIRED = "Please complete this required field."

# The key under which each kind of element reports a single choice, and what it starts with.
_SINGLE = {
    "users_select": ("selected_user", "initial_user"),
    "conversations_select": ("selected_conversation", "initial_conversation"),
    "channels_select": ("selected_channel", "initial_channel"),
    "datepicker": ("selected_date", "initial_date"),
    "timepicker": ("selected_time", "initial_time"),
    "datetimepicker": ("selected_date_time", "initial_date_time"),
    "plain_text_input": ("value", "initial_value"),
    "number_input": ("value", "initial_value"),
    "email_text_input": ("value", "initial_value"),
    "url_text_input": ("value", "initial_value"),
}
_SEVERAL = {
    "multi_users_select": ("selected_users", "initial_users"),
    "multi_conversations_select": ("selected_conversations", "initial_conversations"),
    "multi_channels_select": ("selected_channels", "initial_channels"),
}
_ONE_OPTION = ("static_select", "external_select", "radio_buttons", "overflow")
_OPTIONS = ("multi_static_select", "multi_external_select", "checkboxes")
BUTTONS = ("button", "workflow_button", "icon_button", "feedback_buttons")
_STATELESS = (*BUTTONS, "overflow", "image")


def misuse(problem: str) -> Refused:
    """Someone asks for what a person at the screen could not do."""
    return Refused(problem, status=HTTPStatus.BAD_REQUEST)


def stateful(blocks: list[Object]) -> Iterator[tuple[Object, Object]]:
    """Each element that holds a value, with its block."""
    for block in blocks:
        for element in elements_of(block):
            if element["type"] not in _STATELESS:
                yield block, element


def held_state(blocks: list[Object], held: Object) -> Object:
    """The state as {block_id: {action_id: entry}}: what someone entered before, and else what was preset."""
    state: Object = {}
    for block, element in stateful(blocks):
        name, action = block["block_id"], element["action_id"]
        state.setdefault(name, {})[action] = held.get(name, {}).get(action) or _initial(element)
    return state


def filled(blocks: list[Object], held: Object, values: Object) -> Object:
    """The state after someone entered values, {block_id: text | option value | [values]}."""
    state = held_state(blocks, held)
    known = {block["block_id"]: element for block, element in stateful(blocks)}
    for name, value in values.items():
        if name not in known:
            raise misuse(f"no_such_input: {name}")
        state[name][known[name]["action_id"]] = entered(known[name], value)
    return state


def entered(element: Object, value: object) -> Object:
    """What an element reports after someone entered or chose a value."""
    kind = element["type"]
    if kind in _ONE_OPTION:
        chosen = None if value in (None, "") else _option(element, value)
        return {"type": kind, "selected_option": chosen}
    if kind in _OPTIONS:
        return {"type": kind, "selected_options": [_option(element, one) for one in _list(value)]}
    if kind in _SEVERAL:
        return {"type": kind, _SEVERAL[kind][0]: _list(value)}
    if kind not in _SINGLE:
        raise misuse(f"cannot fill in a {kind}")
    return {"type": kind, _SINGLE[kind][0]: value if value != "" else None}


def refusals(blocks: list[Object], state: Object) -> dict[str, str]:
    """What Slack's client says below the inputs before it sends anything: {block_id: words}."""
    found: dict[str, str] = {}
    for block in blocks:
        if block["type"] == "input":
            entry = state[block["block_id"]][block["element"]["action_id"]]
            words = _refusal(block, block["element"], _value(entry))
            found |= {block["block_id"]: words} if words else {}
    return found


def options(element: Object) -> list[Object]:
    """All options that an element offers."""
    groups = element.get("option_groups") or [{"options": element.get("options") or []}]
    return [option for group in groups for option in group["options"]]


def _initial(element: Object) -> Object:
    kind = element["type"]
    if kind in _ONE_OPTION:
        return {"type": kind, "selected_option": element.get("initial_option")}
    if kind in _OPTIONS:
        return {"type": kind, "selected_options": element.get("initial_options") or []}
    if kind in _SEVERAL:
        key, start = _SEVERAL[kind]
        return {"type": kind, key: element.get(start) or []}
    key, start = _SINGLE.get(kind, ("value", "initial_value"))
    return {"type": kind, key: element.get(start)}


def _option(element: Object, value: object) -> Object:
    for option in options(element):
        if option["value"] == value:
            return option
    raise misuse(f"no_such_option: {value}")


def _list(value: object) -> list[object]:
    return value if isinstance(value, list) else [value]


def _value(entry: Object) -> object:
    return next(value for name, value in entry.items() if name != "type")


def _refusal(block: Object, element: Object, value: object) -> str | None:
    if value in (None, []):
        return None if block.get("optional") else _REQUIRED
    if element["type"] == "number_input":
        return None if _is_number(value) else "Please enter a number."
    if element["type"] == "plain_text_input":
        return _too_short_or_long(element, str(value))
    return None


def _too_short_or_long(element: Object, text: str) -> str | None:
    least, most = element.get("min_length") or 0, element.get("max_length") or 3000
    if len(text) < least:
        return f"Please enter at least {least} characters."
    if len(text) > most:
        return f"Please enter at most {most} characters."
    return None


def _is_number(value: object) -> bool:
    try:
        float(str(value))
    except ValueError:
        return False
    return True
