"""Answers in pages: `limit` and `cursor` (Slack: pagination)."""

import base64
import binascii
from collections.abc import Sequence

from sandbox.slack.wire import Object, Refused, invalid

_MOST = 1000


def page(items: Sequence[object], name: str, arguments: Object, *, usual: int = 100) -> Object:
    """One page of items under `name`, and the cursor of the next; an empty cursor is the end."""
    start = _start(arguments.get("cursor"))
    end = start + _limit(arguments.get("limit"), usual)
    more = end < len(items)
    cursor = base64.b64encode(f"next:{end}".encode()).decode() if more else ""
    return {"ok": True, name: list(items[start:end]), "response_metadata": {"next_cursor": cursor}}


def _limit(given: object, usual: int) -> int:
    if given in (None, "", 0, "0"):
        return usual
    try:
        limit = int(str(given))
    except ValueError as error:
        raise invalid("invalid_arguments", ["[ERROR] must be an integer: limit"]) from error
    if not 0 < limit <= _MOST:
        raise Refused("invalid_limit")
    return limit


def _start(cursor: object) -> int:
    if not cursor:
        return 0
    try:
        word, _, number = base64.b64decode(str(cursor), validate=True).decode().partition(":")
        if word == "next":
            return int(number)
    except (binascii.Error, ValueError) as error:
        raise Refused("invalid_cursor") from error
    raise Refused("invalid_cursor")
