"""The bot dies around each word with Slack; in the end Slack shows what is so, and each thing once."""

import ast
import inspect
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
from slack_sdk.web.async_client import AsyncWebClient

from checklist.moves import Status
from tests.crashes.moments import POINTS, moment
from tests.crashes.passages import Left
from tests.crashes.telling import LOOKS, ROWS, tells

ROOT = Path(__file__).parent.parent.parent
POST = "chat.postMessage"
OF_NO_DEPLOYMENT = {"apps.connections.open"}  # each process opens a socket of its own, and says nothing by it


@cache
def undisturbed() -> list[str]:
    """What goes out when nobody dies."""
    return tells().events[0]


def which(call: str) -> range:
    """Each time that the passage makes the call."""
    return range(1, undisturbed().count(f"before {call}") + 1)


CELLS = [(call, nth, point) for call in ROWS for nth in which(call) for point in POINTS]


def name(cell: tuple[str, int, str]) -> str:
    call, nth, point = cell
    return f"{call}-{nth}-{point}"


def holds(left: Left) -> None:
    assert left.violations == []
    assert left.end.status is Status.APPROVED
    assert len(left.events) > 1


@pytest.mark.parametrize("cell", CELLS, ids=name)
def test_a_word_with_slack_survives_a_crash(cell: tuple[str, int, str]) -> None:
    holds(tells(moment(undisturbed(), *cell)))


@pytest.mark.parametrize("nth", which(POST))
def test_looking_for_what_may_have_been_posted_survives_a_crash(nth: int) -> None:
    first = moment(undisturbed(), POST, nth, "in-flight")
    heir = tells(first).events[1]
    looks = [event for event in heir if event.removeprefix("before ") in LOOKS]

    assert len(looks) == 1
    for side in ("before", "after"):
        holds(tells(first, heir.index(looks[0].replace("before", side)) + 1))


def test_it_is_looked_for_in_the_channel_and_in_a_thread() -> None:
    heirs = [tells(moment(undisturbed(), POST, nth, "in-flight")).events[1] for nth in which(POST)]

    assert {look for look in LOOKS for heir in heirs if f"before {look}" in heir} == set(LOOKS)


def test_a_record_in_sqlite_tells_the_same() -> None:
    assert tells(in_sqlite=True).events == [undisturbed()]


def test_the_table_holds_every_call_that_the_bot_can_make_and_the_passage_makes_it() -> None:
    assert all(which(call) for call in ROWS)
    assert set(methods()) == {*ROWS, *LOOKS, *OF_NO_DEPLOYMENT}


def methods() -> Iterator[str]:
    """Slack's methods that the bot's code calls, `chat_postMessage` as chat.postMessage."""
    for path in (ROOT / "bot").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Attribute) and _is_method(node):
                yield node.attr.replace("_", ".")


def _is_method(node: ast.Attribute) -> bool:
    of_client = ast.unparse(node.value).endswith("client")
    return of_client and inspect.iscoroutinefunction(getattr(AsyncWebClient, node.attr, None))
