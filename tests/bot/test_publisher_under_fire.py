"""However badly Slack behaves, however often the bot is killed: each notice once, in order, and the cards right."""

import contextlib
from collections.abc import AsyncIterator, Callable, Iterator, MutableMapping
from datetime import timedelta
from pathlib import Path
from typing import Any, TypeVar

import pytest
from slack_sdk.web.async_client import AsyncWebClient
from sqlalchemy import Engine, event
from structlog.testing import capture_logs

from bot.slack import slack_session
from checklist.definition import Checklist
from checklist.loading import load
from sandbox import seed
from sandbox.client import Control
from sandbox.server import Sandbox
from sandbox.slack.rates import PACES, Rates
from storage.engine import record_engine
from storage.work import SqlRecord
from tests.at_rest import upgraded_file
from tests.bot.press import CR, Night, Press, reasoned
from tests.conftest import ROOT
from tests.storage.examples import opened, submitted

T = TypeVar("T")
HOUR = 3600.0
ALEM = seed.ALEM.id
THREE = ("first", "second", "third")


class Killed(BaseException):
    """What a process is told that is killed: nothing it could catch."""


@pytest.fixture(scope="module")
def checklist() -> Checklist:
    return load(ROOT / "checklist.yml")


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    engine = record_engine(upgraded_file(tmp_path / "drop.db"))
    yield engine
    engine.dispose()


@pytest.fixture
async def press(tmp_path: Path, engine: Engine, checklist: Checklist) -> AsyncIterator[Press]:
    night = Night()
    async with Sandbox(tmp_path) as sandbox, Control(sandbox.base_url) as people, slack_session() as session:
        sandbox.world.workspace.rates = Rates(night.monotonic)
        yield Press(
            sandbox=sandbox,
            people=people,
            record=SqlRecord(engine, lambda session, run: None, night.now),
            checklist=checklist,
            client=AsyncWebClient(
                token=seed.CREDENTIALS["SLACK_BOT_TOKEN"],
                base_url=sandbox.environment()["SLACK_API_URL"],
                session=session,
                retry_handlers=[],
            ),
            night=night,
        )


@pytest.fixture(autouse=True)
def logs() -> Iterator[list[MutableMapping[str, Any]]]:
    with capture_logs() as entries:
        yield entries


def times(text: str, said: list[str]) -> int:
    return sum(text in one for one in said)


async def test_after_an_hour_without_slack_all_is_said_once_and_in_order_with_its_true_time(press: Press) -> None:
    await press.people.faults("slack-down")
    press.queues("Deploying Drop")
    await press.passes(600)
    press.queues("Deployment complete")
    await press.passes(HOUR, step=5)
    press.queues("CR-001 completed")

    tried = len(press.calls())
    await press.people.faults("slack-down", on=False)
    await press.passes(90)

    assert press.said() == [
        "Deploying Drop (this was at Thu 26 Nov 02:13 CET; Slack did not take it then)",
        "Deployment complete (this was at Thu 26 Nov 02:23 CET; Slack did not take it then)",
        "CR-001 completed",
    ]
    assert HOUR / 60 < tried < HOUR / 20


async def test_cards_show_the_newest_state_after_an_hour_without_slack(press: Press) -> None:
    press.opens(opened())
    await press.passes(60)
    await press.people.faults("slack-down")
    for _ in range(5):
        press.changes(reasoned)
        await press.passes(HOUR / 5, step=5)
    press.abandons()

    await press.people.faults("slack-down", on=False)
    await press.passes(120)

    assert [card["text"] for card in press.cards("Drop v")] == [
        "CR-001 · Drop v0.5.0 · abandoned · nothing, production was not touched"
    ]
    assert press.at_rest()


async def test_being_woken_does_not_make_the_publisher_impatient(press: Press) -> None:
    await press.people.faults("slack-down")
    press.queues(*THREE)
    await press.passes(30)
    tried = len(press.calls())

    for _ in range(200):
        press.publisher.wake()
        await press.publisher.tick()

    assert len(press.calls()) == tried


async def test_when_slack_is_heard_from_what_waited_is_said_at_once(press: Press) -> None:
    await press.people.faults("slack-down")
    press.queues("first")
    await press.passes(HOUR, step=5)
    await press.people.faults("slack-down", on=False)

    press.publisher.reached()
    await press.publisher.tick()

    assert times("first", press.said()) == 1


FAULTS = [
    "post-then-timeout",
    "post-then-500",
    "slack-500",
    "slack-reset",
    "slack-garbage",
    "slack-ratelimited",
    "slack-down",
]


@pytest.mark.parametrize("where", [seed.CHANNEL_ID, seed.ALEM.im], ids=["in the channel", "in a direct message"])
@pytest.mark.parametrize("fault", FAULTS)
async def test_whatever_slack_answers_each_notice_is_said_once_and_in_order(
    press: Press, fault: str, where: str
) -> None:
    press.queues("before", to=None if where == seed.CHANNEL_ID else ALEM)
    await press.passes(2)
    await press.people.faults(fault)
    press.queues(*THREE, to=None if where == seed.CHANNEL_ID else ALEM)
    await press.passes(20)

    await press.people.faults(fault, on=False)
    await press.passes(120)

    assert [text.split(" (")[0] for text in press.said(where)] == ["before", *THREE]


@pytest.mark.parametrize("fault", FAULTS)
async def test_whatever_slack_answers_each_card_stands_there_once(press: Press, fault: str) -> None:
    press.opens(opened())
    await press.people.faults(fault)
    await press.passes(20)

    await press.people.faults(fault, on=False)
    await press.passes(120)

    sections = len(press.cards("/"))
    assert len(press.cards("Drop v0.5.0")) == 1
    assert len({card["text"] for card in press.cards("/")}) == sections > 5
    assert press.at_rest()


async def test_a_message_in_doubt_is_found_however_much_was_said_since(press: Press) -> None:
    press.queues("first")
    press.is_in_doubt("first", posted=True)
    talk = press.sandbox.world.workspace.conversations[seed.CHANNEL_ID]
    for number in range(450):
        press.sandbox.world.workspace.say(talk, seed.JOHN.id, f"chatter {number}")

    await press.passes(10)

    assert times("first", press.said()) == 1
    assert press.row(f"{CR}/first").state == "sent"


async def test_nothing_is_said_before_what_is_in_doubt_and_cannot_be_looked_for_yet(press: Press) -> None:
    press.queues("first", "second")
    press.is_in_doubt("first", posted=False)
    while not press.sandbox.world.workspace.rates.take("conversations.history", PACES["conversations.history"]):
        pass

    await press.publisher.tick()

    assert press.said() == []
    await press.passes(30)
    assert press.said() == ["first", "second"]


async def test_a_limit_on_posts_is_obeyed_and_edits_go_on_meanwhile(press: Press) -> None:
    press.opens(opened())
    await press.passes(60)
    press.queues("first")
    await press.people.faults("slack-ratelimited", times=1)
    await press.publisher.tick()
    refused = len(press.calls("chat.postMessage"))

    press.abandons()
    await press.publisher.tick()

    assert press.cards("Drop v")[0]["text"].startswith("CR-001 · Drop v0.5.0 · abandoned")
    assert len(press.calls("chat.postMessage")) == refused
    assert press.said() == []
    await press.passes(10)
    assert press.said() == ["first"]


async def test_a_root_card_that_somebody_deleted_is_posted_anew_once_with_its_thread(press: Press) -> None:
    press.opens(opened())
    await press.passes(60)
    (root,), sections = press.cards("Drop v"), press.cards("/")
    press.deletes(root)

    press.abandons()
    await press.passes(120)

    (anew,) = press.cards("Drop v")
    assert "abandoned" in anew["text"]
    assert len(press.cards("/")) == len(sections) > 5
    assert {card["thread_ts"] for card in press.cards("/")} == {anew["ts"]}


async def test_a_section_that_somebody_deleted_is_posted_anew_alone(press: Press) -> None:
    press.opens(opened())
    await press.passes(60)
    (root,), sections = press.cards("Drop v"), press.cards("/")
    lost = press.cards("Code quality gates")[0]
    press.deletes(lost)

    press.passes_check("unit-tests")
    await press.passes(120)

    (back,) = press.cards("Code quality gates")
    assert (back["thread_ts"], back["ts"] == lost["ts"]) == (root["ts"], False)
    assert len(press.cards("/")) == len(sections)
    assert press.cards("Drop v")[0]["ts"] == root["ts"]


async def test_while_the_channel_is_archived_direct_messages_go_on_and_nothing_is_lost(press: Press) -> None:
    await press.people.faults("channel-archived")
    press.queues(*THREE)
    press.queues("your approval is asked for", to=ALEM)

    await press.passes(HOUR, step=5)

    tried = len(press.calls())
    assert press.said(seed.ALEM.im) == ["your approval is asked for"]
    assert press.publisher.trouble == "is_archived"
    assert tried < HOUR / 15
    await press.people.faults("channel-archived", on=False)
    await press.passes(120)
    assert [text.split(" (")[0] for text in press.said()] == list(THREE)
    assert press.publisher.trouble == ""


async def test_a_revoked_token_is_named_and_not_tried_in_a_loop(
    press: Press, logs: list[MutableMapping[str, Any]]
) -> None:
    await press.people.faults("token-revoked")
    press.queues(*THREE)

    await press.passes(HOUR, step=5)

    assert press.publisher.trouble == "token_revoked"
    assert len(press.calls()) < HOUR / 15
    assert {entry["advice"] for entry in logs} == {"token_revoked"}
    await press.people.faults("token-revoked", on=False)
    await press.passes(120)
    assert [text.split(" (")[0] for text in press.said()] == list(THREE)


async def test_a_direct_message_that_nobody_can_get_is_set_aside_and_the_record_says_so(press: Press) -> None:
    press.queues("to nobody", to="U0NOBODY")
    press.queues(*THREE)

    await press.passes(300)

    assert press.said() == list(THREE)
    assert press.row(f"{CR}/to nobody").state == "undelivered"
    assert len(press.calls("conversations.open")) == 5
    (entry,) = press.entries("message.undelivered")
    assert entry.body == {"message": f"{CR}/to nobody", "to": "U0NOBODY", "reason": "user_not_found"}


async def test_a_notice_that_slack_refuses_is_tried_five_times_and_holds_up_the_others_no_longer(press: Press) -> None:
    poison = "x" * 300  # its id is no block's id any more
    press.queues("before", poison, *THREE)

    await press.passes(300)

    assert [text.split(" (")[0] for text in press.said()] == ["before", *THREE]
    assert press.row(f"{CR}/{poison}").attempts == 5
    with press.record.look() as work:
        assert [message.text for message in work.messages.set_aside()] == [poison]


async def test_a_card_that_slack_refuses_keeps_no_other_from_being_drawn_and_may_be_right_again(press: Press) -> None:
    press.opens(opened())
    await press.passes(60)
    await press.people.faults("edit-refused", times=5)

    press.changes(reasoned)
    press.passes_check("unit-tests")
    await press.passes(120)

    assert press.at_rest()
    assert "1/" in press.cards("Code quality gates")[0]["text"]
    assert "preparing" in press.cards("Drop v")[0]["text"]
    assert len(press.entries("message.undelivered")) == 1
    press.abandons()
    await press.passes(30)
    assert "abandoned" in press.cards("Drop v")[0]["text"]


async def test_an_approver_who_left_keeps_no_card_in_the_channel_from_being_drawn(press: Press) -> None:
    await press.people.changes("alem", deleted=True)
    press.opens(submitted())

    await press.passes(300)

    assert press.at_rest()
    assert len(press.cards("Drop v")) == 1
    assert len(press.cards("/")) > 5
    assert press.row(f"{CR}/approval/{ALEM}").state == "undelivered"
    assert len(press.calls("conversations.open")) == 5


async def test_who_waits_for_a_notice_that_was_set_aside_is_told_at_once(press: Press) -> None:
    press.queues("to nobody", to="U0NOBODY")
    await press.passes(300)

    assert await press.publisher.say(f"{CR}/to nobody", within=timedelta(minutes=10)) is None


@pytest.mark.parametrize("fault", ["", "post-then-timeout", "slack-reset"])
async def test_killed_at_any_moment_nothing_is_lost_and_nothing_said_twice(press: Press, fault: str) -> None:
    press.opens(opened())
    press.queues(*THREE)
    kills, survived = 0, False
    while not survived:
        kills += 1
        if fault:
            await press.people.faults(fault)
        press.restarts(aside=dies_after(kills))
        with contextlib.suppress(Killed):
            survived = await press.rests(within=100)

    assert kills > 10
    assert [text.split(" (")[0] for text in press.said()] == list(THREE)
    assert len(press.cards("Drop v")) == 1
    assert len({card["text"] for card in press.cards("/")}) == len(press.cards("/")) > 5


def dies_after(steps: int) -> Any:  # what the publisher takes as its way to the record
    """A way to the record that ends the process instead of the nth piece of work."""
    left = steps

    async def aside(work: Callable[[], T]) -> T:
        nonlocal left
        left -= 1
        if left < 0:
            raise Killed
        return work()

    return aside


@pytest.mark.parametrize("past", [0, 300])
async def test_a_look_without_news_costs_two_reads_however_long_the_history(
    press: Press, engine: Engine, past: int
) -> None:
    for number in range(1, past + 2):
        press.opens(opened(id=type(CR)(f"CR-{number:03d}"), app=f"app-{number}"))
    with press.record.work() as work:
        for id in work.messages.behind()[1:]:
            work.messages.shown(id, 0)
        work.commit()
    await press.passes(120)
    statements: list[str] = []
    event.listen(engine, "before_cursor_execute", lambda *asked: statements.append(asked[2]))

    await press.publisher.tick()

    asked = [statement for statement in statements if statement != "BEGIN"]
    assert len(asked) == 2
    assert all(statement.startswith("SELECT") for statement in asked)
