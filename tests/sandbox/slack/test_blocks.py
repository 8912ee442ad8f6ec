"""Whatever is sent as blocks, the workspace says yes or no to it, and never stumbles."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from sandbox.slack.blocks import checked_message, elements_of
from sandbox.slack.forms import held_state
from sandbox.slack.modals import checked_view
from sandbox.slack.wire import Refused

_TYPES = ["section", "actions", "context", "input", "header", "image", "divider", "context_actions", "button"]
_TYPES += ["static_select", "checkboxes", "overflow", "plain_text_input", "plain_text", "mrkdwn", "modal", "home"]
_NAMES = ["text", "fields", "accessory", "elements", "element", "label", "options", "option_groups", "confirm", "value"]
_NAMES += ["title", "block_id", "action_id", "deny", "style", "placeholder", "hint", "blocks", "submit", "description"]

_LEAVES = st.none() | st.booleans() | st.integers() | st.text(max_size=3)
JSON = st.recursive(
    _LEAVES,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.builds(
            lambda kind, parts: {"type": kind, **parts},
            st.sampled_from(_TYPES),
            st.dictionaries(st.sampled_from(_NAMES), inner, max_size=5),
        )
    ),
    max_leaves=12,
)


@given(st.lists(JSON, max_size=4))
def test_any_blocks_are_taken_or_refused(blocks: list[Any]) -> None:
    try:
        taken = checked_message(blocks)
    except Refused:
        return

    assert all(block["block_id"] for block in taken)
    assert held_state(taken, {}) is not None
    assert all(element.get("action_id") != "" for block in taken for element in elements_of(block))


@given(JSON)
def test_any_view_is_taken_or_refused(view: object) -> None:
    try:
        taken = checked_view(view)
    except Refused:
        return

    assert taken["type"] in ("modal", "home")
