"""The log: each event is one line of JSON, whoever logs it, with its request's id, and no secret in it."""

import asyncio
import io
import json
import logging
import sys
import warnings
from collections.abc import Callable, Iterator
from typing import Any  # a line holds whatever its event says

import pytest
import structlog
from hypothesis import given
from hypothesis import strategies as st
from slack_bolt.async_app import AsyncBoltRequest
from slack_sdk.web.async_client import AsyncWebClient
from structlog.contextvars import bound_contextvars

from bot.connection import app_for
from bot.logs import write_logs
from checklist.redaction import HIDDEN, Redactor
from tests.bot.scene import Scene

SECRET = "s3cr3t-of-this-bot"
Lines = Callable[[], list[dict[str, Any]]]


@pytest.fixture
def written() -> Iterator[io.StringIO]:
    """What is logged, as it is written. Afterwards everything that logs is as it was."""
    root = logging.getLogger()
    before, hook, level = list(root.handlers), sys.excepthook, root.level
    stream = io.StringIO()
    write_logs(Redactor((SECRET,)), to=stream)
    yield stream
    logging.captureWarnings(False)
    structlog.reset_defaults()
    root.handlers[:], sys.excepthook = before, hook
    root.setLevel(level)


@pytest.fixture
def lines(written: io.StringIO) -> Lines:
    return lambda: [json.loads(line) for line in written.getvalue().splitlines()]


def test_a_line_says_what_happened_when_and_how_bad_it_is(lines: Lines) -> None:
    structlog.get_logger().warning("slack cannot be reached", advice="wait")

    (line,) = lines()
    assert (line["event"], line["level"], line["advice"]) == ("slack cannot be reached", "warning", "wait")
    assert line["timestamp"].endswith("Z")


@pytest.mark.parametrize("library", ["slack_bolt", "slack_sdk", "uvicorn.error", "dbos", "asyncio", "alembic"])
def test_what_a_library_logs_becomes_such_a_line_too(library: str, lines: Lines) -> None:
    logging.getLogger(library).error("it broke: %s", SECRET)

    (line,) = lines()
    assert (line["event"], line["level"], line["logger"]) == (f"it broke: {HIDDEN}", "error", library)


def test_a_warning_of_python_s_becomes_such_a_line_too(lines: Lines) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        logging.captureWarnings(True)
        warnings.warn(f"deprecated: {SECRET}", stacklevel=1)

    (line,) = lines()
    assert HIDDEN in line["event"]


def test_bolt_s_own_warnings_which_repeat_what_people_sent_are_not_logged(written: io.StringIO) -> None:
    bolt = logging.getLogger("slack_bolt.AsyncApp")
    bolt.setLevel(logging.WARNING)  # as Bolt does
    bolt.warning("Unhandled request ({'text': 'private'})")

    assert written.getvalue() == ""


@pytest.mark.parametrize(
    "value",
    [SECRET, [SECRET], {"deep": {"deeper": SECRET}}, {SECRET: 1}, ValueError(SECRET), SECRET.encode(), (SECRET, 1.5)],
)
def test_a_secret_is_in_no_line_whatever_it_stands_in(value: object, written: io.StringIO) -> None:
    structlog.get_logger().error("event", value=value)

    assert SECRET not in written.getvalue()
    assert HIDDEN in written.getvalue()


def test_a_traceback_is_logged_without_the_secret_that_its_error_names(lines: Lines) -> None:
    try:
        _refuses_the_connection()
    except ConnectionError:
        structlog.get_logger().exception("bug")

    (line,) = lines()
    assert line["exception"].startswith("Traceback (most recent call last):\n")
    assert line["exception"].endswith(f"ConnectionError: postgresql://{HIDDEN}@db/drop refused {HIDDEN}")
    assert "test_logs.py" in line["exception"]


def _refuses_the_connection() -> None:
    raise ConnectionError(f"postgresql://drop:pw@db/drop refused {SECRET}")


def test_an_error_that_ends_the_process_is_logged_like_any_other(lines: Lines) -> None:
    error = RuntimeError(f"no way on with {SECRET}")

    sys.excepthook(type(error), error, None)

    (line,) = lines()
    assert line["level"] == "critical"
    assert line["exception"] == f"RuntimeError: no way on with {HIDDEN}"


@given(st.text(), st.text())
def test_nothing_that_is_logged_can_begin_a_line_or_colour_the_terminal(event: str, value: str) -> None:
    stream = io.StringIO()
    handlers, hook = list(logging.getLogger().handlers), sys.excepthook
    write_logs(Redactor(), to=stream)

    structlog.get_logger().warning(event, value=value)
    logging.getLogger("library").warning("%s", value)

    logging.getLogger().handlers[:], sys.excepthook = handlers, hook
    structlog.reset_defaults()
    logging.captureWarnings(False)
    written = stream.getvalue()
    assert written.count("\n") == 2
    assert all(" " <= letter <= "~" for letter in written.replace("\n", ""))


async def test_every_line_of_a_request_carries_its_id_and_none_carries_its_words(scene: Scene, lines: Lines) -> None:
    client = AsyncWebClient(token="xoxb-unused", base_url="http://127.0.0.1:9/")
    app = app_for(client, scene.house.desk, scene.house.settings)
    body = {"command": "/drop", "text": "approve CR-404 wordsofmine", "team_id": "T0ALAI", "user_id": "U0ALEM"}

    await asyncio.gather(*(_dispatched(app, {**body, "trigger_id": f"{n}"}) for n in range(2)))

    ids = [line["request"] for line in lines() if line["event"] in {"refused", "answered"}]
    assert len(ids) == 4
    assert sorted(ids.count(one) for one in set(ids)) == [2, 2]
    assert "wordsofmine" not in json.dumps(lines())


async def _dispatched(app: Any, body: dict[str, str]) -> None:
    response = await app.async_dispatch(AsyncBoltRequest(mode="socket_mode", body={**body, "response_url": "http://x"}))
    assert response.status == 200


def test_the_id_of_a_request_reaches_the_lines_of_libraries(lines: Lines) -> None:
    with bound_contextvars(request="abc"):
        logging.getLogger("slack_sdk").error("it broke")

    assert lines()[0]["request"] == "abc"
