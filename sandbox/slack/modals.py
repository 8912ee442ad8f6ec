"""Modals and Home tabs: their limits, and what is open in front of whom (Slack: views)."""

import secrets
from collections.abc import Callable, Iterator

from sandbox import seed
from sandbox.slack import elements
from sandbox.slack.blocks import Surface, problems, with_ids
from sandbox.slack.elements import PLAIN, Place
from sandbox.slack.wire import Object, Refused, invalid

_MOST_STACKED = 3
_STATE_SIZE = 3000


def checked_view(given: object) -> Object:
    """A view as the developer sent it, or the refusal that Slack would answer."""
    if not isinstance(given, dict):
        raise invalid("invalid_arguments", ["[ERROR] missing required field: view"])
    found = list(_problems(given, Place("/view")))
    if found:
        raise invalid("invalid_arguments", found)
    return given


class Modals:
    """What is open: a stack of modals for each user, and their Home tab."""

    def __init__(self, time: Callable[[], float]) -> None:
        self._time = time
        self._stacks: dict[str, list[Object]] = {}
        self.homes: dict[str, Object] = {}
        self.errors: dict[str, dict[str, str]] = {}  # by view id, of its last submission

    def top(self, user: str) -> Object | None:
        """The modal in front of the user."""
        stack = self._stacks.get(user)
        return stack[-1] if stack else None

    def open(self, user: str, given: Object) -> Object:
        """Put a new modal in front of the user, in place of whatever was open."""
        self._stacks[user] = []
        return self.push(user, given)

    def push(self, user: str, given: Object) -> Object:
        """Put a modal on top of the open ones; three is the most."""
        stack = self._stacks.setdefault(user, [])
        if len(stack) >= _MOST_STACKED:
            raise Refused("push_limit_reached")
        view = self._made(given, "V0" + secrets.token_hex(5).upper())
        view["previous_view_id"] = stack[-1]["id"] if stack else None
        view["root_view_id"] = stack[0]["id"] if stack else view["id"]
        stack.append(view)
        return view

    def update(
        self, given: Object, *, view_id: object = None, external_id: object = None, seen: object = None
    ) -> Object:
        """Replace an open modal's contents; `seen` is the hash of the view that the caller looked at."""
        stack, number = self._place(view_id, external_id)
        old = stack[number]
        if seen is not None and seen != old["hash"]:
            raise Refused("hash_conflict")
        kept = {name: old[name] for name in ("root_view_id", "previous_view_id", "state")}
        stack[number] = self._made(given, old["id"]) | kept
        self.errors.pop(old["id"], None)
        return stack[number]

    def publish(self, user: str, given: Object, seen: object = None) -> Object:
        """Replace the user's Home tab."""
        old = self.homes.get(user)
        if seen is not None and (old is None or seen != old["hash"]):
            raise Refused("hash_conflict")
        view_id = old["id"] if old else "V0" + secrets.token_hex(5).upper()
        self.homes[user] = self._made(given, view_id) | {"root_view_id": view_id, "previous_view_id": None}
        return self.homes[user]

    def close(self, user: str) -> Object | None:
        """Take the top modal away and return it."""
        stack = self._stacks.get(user)
        if not stack:
            return None
        self.errors.pop(stack[-1]["id"], None)
        return stack.pop()

    def clear(self, user: str) -> None:
        """Close all of the user's modals."""
        self._stacks[user] = []

    def _place(self, view_id: object, external_id: object) -> tuple[list[Object], int]:
        for stack in self._stacks.values():
            for number, view in enumerate(stack):
                if view["id"] == view_id or (external_id and view["external_id"] == external_id):
                    return stack, number
        raise Refused("not_found")

    def _made(self, given: Object, view_id: str) -> Object:
        return {
            "id": view_id,
            "team_id": seed.TEAM_ID,
            "type": given["type"],
            "blocks": with_ids(given["blocks"]),
            "private_metadata": given.get("private_metadata") or "",
            "callback_id": given.get("callback_id") or "",
            "state": {"values": {}},
            "hash": f"{int(self._time())}.{secrets.token_hex(4)}",
            "title": given.get("title"),
            "clear_on_close": bool(given.get("clear_on_close")),
            "notify_on_close": bool(given.get("notify_on_close")),
            "close": given.get("close"),
            "submit": given.get("submit"),
            "external_id": given.get("external_id") or "",
            "app_id": seed.APP_ID,
            "app_installed_team_id": seed.TEAM_ID,
            "bot_id": seed.BOT_ID,
        }


def _problems(view: Object, place: Place) -> Iterator[str]:
    if view.get("type") not in ("modal", "home"):
        yield (place / "type").says(f"unsupported type: {view.get('type')}")
        return
    if view["type"] == "modal":
        yield from _frame(view, place)
    if not isinstance(view.get("blocks"), list):
        yield (place / "blocks").says("missing required field: blocks")
        return
    yield from elements.optional(view, "private_metadata", place, longest=_STATE_SIZE)
    yield from elements.optional(view, "callback_id", place, longest=255)
    yield from problems(view["blocks"], place / "blocks", Surface(view["type"]))


def _frame(view: Object, place: Place) -> Iterator[str]:
    yield from elements.text(view.get("title"), place / "title", longest=24, kinds=PLAIN)
    for name in ("submit", "close"):
        if view.get(name) is not None:
            yield from elements.text(view[name], place / name, longest=24, kinds=PLAIN)
    if view.get("submit") is None and any(
        isinstance(block, dict) and block.get("type") == "input" for block in view.get("blocks") or []
    ):
        yield place.says("missing required field: submit")
