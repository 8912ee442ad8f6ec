"""The Web API is as strict as Slack's: tokens, scopes, Block Kit's limits, rates, and what comes back."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from sandbox import seed
from sandbox.client import Control
from sandbox.server import Sandbox

Body = dict[str, Any]  # JSON of an outside protocol
CHANNEL = seed.CHANNEL_ID

MANIFEST = """
display_information: {name: Drop}
features:
  app_home: {home_tab_enabled: false, messages_tab_enabled: false}
  slash_commands: [{command: /drop}]
oauth_config: {scopes: {bot: [commands, chat:write, im:write, users:read]}}
settings: {interactivity: {is_enabled: true}, event_subscriptions: {bot_events: [user_change]}}
"""


def section(text: str = "words", **more: object) -> Body:
    return {"type": "section", "text": {"type": "mrkdwn", "text": text}, **more}


def plain(text: str) -> Body:
    return {"type": "plain_text", "text": text}


def pressable(**more: object) -> Body:
    return {"type": "button", "text": plain("Approve"), "action_id": "approve", **more}


def actions(*elements: Body) -> Body:
    return {"type": "actions", "elements": list(elements)}


def select(count: int = 2, text: str = "No") -> Body:
    options = [{"text": plain(text), "value": str(number)} for number in range(count)]
    return {"type": "static_select", "action_id": "choice", "options": options}


def dialog(**other: str) -> Body:
    words = {"title": "Sure?", "text": "Really?", "confirm": "Yes", "deny": "No"} | other
    return {name: plain(text) for name, text in words.items()}


def modal(**other: object) -> Body:
    return {"type": "modal", "title": plain("Deploy"), "blocks": [section()], **other}


@pytest.fixture
async def installed(tmp_path: Path) -> AsyncIterator[Sandbox]:
    """A sandbox whose app was installed from a manifest."""
    manifest = tmp_path / "manifest.yml"
    manifest.write_text(MANIFEST, encoding="utf-8")
    async with Sandbox(tmp_path / "world", manifest=manifest) as running:
        yield running


async def call(sandbox: Sandbox, method: str, *, token: str | None = None, **arguments: object) -> Body:
    credential = seed.CREDENTIALS["SLACK_BOT_TOKEN"] if token is None else token
    headers = {"Authorization": f"Bearer {credential}"} if credential else {}
    url = sandbox.environment()["SLACK_API_URL"] + method
    async with (
        aiohttp.ClientSession(headers=headers) as session,
        session.post(url, json=arguments) as response,
    ):
        body: Body = await response.json()
        return body | {"status": response.status, "retry_after": response.headers.get("Retry-After")}


async def posted(sandbox: Sandbox, *blocks: Body) -> Body:
    return await call(sandbox, "chat.postMessage", channel=CHANNEL, text="card", blocks=list(blocks))


async def test_each_kind_of_token_opens_its_own_methods(sandbox: Sandbox) -> None:
    assert (await call(sandbox, "auth.test"))["team_id"] == seed.TEAM_ID
    assert (await call(sandbox, "auth.test", token=""))["error"] == "not_authed"
    assert (await call(sandbox, "auth.test", token="xoxb-real"))["error"] == "invalid_auth"
    assert (await call(sandbox, "auth.test", token=seed.CREDENTIALS["SLACK_APP_TOKEN"]))[
        "error"
    ] == "not_allowed_token_type"
    assert (await call(sandbox, "apps.connections.open"))["error"] == "not_allowed_token_type"


async def test_an_unknown_method_is_said_to_be_unknown(sandbox: Sandbox) -> None:
    assert (await call(sandbox, "chat.sing"))["error"] == "unknown_method"


async def test_what_the_manifest_does_not_ask_for_is_refused(installed: Sandbox) -> None:
    refused = await call(installed, "conversations.history", channel=CHANNEL)

    assert refused["error"] == "missing_scope"
    assert refused["needed"] == "channels:history"
    assert refused["provided"] == "chat:write,commands,im:write,users:read"
    assert "email" not in (await call(installed, "users.info", user="U0JOHN"))["user"]["profile"]
    assert (await call(installed, "chat.postMessage", channel="U0ALEM", text="x"))["error"] == "messages_tab_disabled"


async def test_only_a_declared_command_is_delivered(installed: Sandbox) -> None:
    async with Control(installed.base_url) as people:
        assert (await people.says("john", "/deploy"))["error"] == "unknown_command"
        assert (await people.says("john", "/drop"))["error"] == "dispatch_failed"


@pytest.mark.parametrize(
    ("blocks", "problem"),
    [
        ([section()] * 51, "no more than 50 items allowed [json-pointer:/blocks]"),
        ([section("x" * 3001)], "must be less than 3001 characters [json-pointer:/blocks/0/text/text]"),
        ([section("")], "must be more than 0 characters [json-pointer:/blocks/0/text/text]"),
        ([section(fields=[plain("x")] * 11)], "no more than 10 items allowed [json-pointer:/blocks/0/fields]"),
        ([section(fields=[plain("x" * 2001)])], "must be less than 2001 characters"),
        ([{"type": "header", "text": plain("x" * 151)}], "must be less than 151 characters"),
        ([{"type": "header", "text": {"type": "mrkdwn", "text": "x"}}], "unsupported type: mrkdwn"),
        ([{"type": "context", "elements": [plain("x")] * 11}], "no more than 10 items allowed"),
        ([actions(*[pressable(action_id=str(n)) for n in range(26)])], "no more than 25 items allowed"),
        ([actions(pressable(text=plain("x" * 76)))], "must be less than 76 characters"),
        ([actions(pressable(value="x" * 2001))], "must be less than 2001 characters"),
        ([actions(pressable(style="loud"))], "must be a valid enum value"),
        ([actions(pressable(), pressable())], "`action_id` already exists in block: approve"),
        ([actions(select(text="x" * 76))], "must be less than 76 characters"),
        ([actions(select(count=101))], "no more than 100 items allowed"),
        ([actions(pressable(confirm=dialog(title="x" * 101)))], "must be less than 101 characters"),
        ([actions(pressable(confirm=dialog(text="x" * 301)))], "must be less than 301 characters"),
        ([actions(pressable(confirm=dialog(deny="x" * 31)))], "must be less than 31 characters"),
        ([section(block_id="a"), section(block_id="a")], "`block_id` already exists in message: a"),
        ([section(block_id="x" * 256)], "must be less than 256 characters"),
        ([{"type": "banner"}], "unsupported type: banner [json-pointer:/blocks/0/type]"),
        ([section(accessory={"type": "plain_text_input"})], "unsupported type: plain_text_input"),
    ],
)
async def test_blocks_beyond_the_limits_are_refused(sandbox: Sandbox, blocks: list[Body], problem: str) -> None:
    refused = await posted(sandbox, *blocks)

    assert refused["error"] == "invalid_blocks"
    assert any(problem in message for message in refused["response_metadata"]["messages"])


async def test_a_message_may_be_full_but_not_overfull(sandbox: Sandbox) -> None:
    assert (await posted(sandbox, *[section("x" * 200)] * 50))["ok"]
    assert (await posted(sandbox, *[section("x" * 2999)] * 5))["error"] == "msg_blocks_too_long"


@pytest.mark.parametrize(
    ("view", "problem"),
    [
        (modal(title=plain("x" * 25)), "must be less than 25 characters [json-pointer:/view/title/text]"),
        (modal(blocks=[section()] * 101), "no more than 100 items allowed [json-pointer:/view/blocks]"),
        (modal(private_metadata="x" * 3001), "must be less than 3001 characters"),
        (modal(blocks=[{"type": "table", "rows": []}]), "unsupported type: table"),
        (
            modal(blocks=[{"type": "input", "label": plain("Version"), "element": {"type": "plain_text_input"}}]),
            "missing required field: submit",
        ),
    ],
)
async def test_a_modal_beyond_the_limits_is_refused(sandbox: Sandbox, view: Body, problem: str) -> None:
    refused = await call(sandbox, "views.open", trigger_id="any", view=view)

    assert refused["error"] == "invalid_arguments"
    assert any(problem in message for message in refused["response_metadata"]["messages"])


async def test_a_view_that_has_changed_since_is_not_overwritten(sandbox: Sandbox) -> None:
    trigger = sandbox.world.workspace.tickets.trigger("U0JOHN")
    opened = (await call(sandbox, "views.open", trigger_id=trigger, view=modal()))["view"]

    first = await call(sandbox, "views.update", view_id=opened["id"], hash=opened["hash"], view=modal())
    second = await call(sandbox, "views.update", view_id=opened["id"], hash=opened["hash"], view=modal())

    assert first["ok"]
    assert second["error"] == "hash_conflict"


async def test_a_channel_takes_a_burst_of_four_messages_and_then_one_a_second(sandbox: Sandbox) -> None:
    answers = [await call(sandbox, "chat.postMessage", channel=CHANNEL, text="x") for _ in range(5)]

    assert [answer["status"] for answer in answers] == [200, 200, 200, 200, 429]
    assert answers[-1]["error"] == "ratelimited"
    assert answers[-1]["retry_after"] == "1"
    assert (await call(sandbox, "chat.postMessage", channel="U0ALEM", text="another channel"))["ok"]


async def test_a_card_is_edited_twenty_times_at_once_and_then_paced(sandbox: Sandbox) -> None:
    card = await posted(sandbox, section())

    answers = [await call(sandbox, "chat.update", channel=CHANNEL, ts=card["ts"], text=str(n)) for n in range(21)]

    assert [answer["status"] for answer in answers] == [200] * 20 + [429]


async def test_an_edit_replaces_text_and_blocks_and_keeps_the_metadata(slack: AsyncWebClient) -> None:
    metadata = {"event_type": "notice", "event_payload": {"id": "N-1"}}
    card = await slack.chat_postMessage(channel=CHANNEL, text="old", blocks=[section()], metadata=metadata)

    edited = await slack.chat_update(channel=CHANNEL, ts=str(card["ts"]), text="new")

    assert edited["message"]["text"] == "new"
    assert "blocks" not in edited["message"]
    history = await slack.conversations_history(channel=CHANNEL, include_all_metadata=True)
    assert history["messages"][0]["metadata"] == metadata


async def test_metadata_is_shown_only_to_those_who_ask(slack: AsyncWebClient) -> None:
    metadata = {"event_type": "notice", "event_payload": {"id": "N-1"}}
    await slack.chat_postMessage(channel=CHANNEL, text="said", metadata=metadata)

    history = await slack.conversations_history(channel=CHANNEL)

    assert "metadata" not in history["messages"][0]


async def test_someone_elses_message_cannot_be_edited(people: Control, slack: AsyncWebClient) -> None:
    said = await people.says("john", "hello", channel=CHANNEL)

    with pytest.raises(SlackApiError) as refused:
        await slack.chat_update(channel=CHANNEL, ts=said["ts"], text="changed")

    assert refused.value.response["error"] == "cant_update_message"


async def test_a_thread_is_read_oldest_first_with_its_root(slack: AsyncWebClient) -> None:
    root = str((await slack.chat_postMessage(channel=CHANNEL, text="root"))["ts"])
    for text in ("one", "two"):
        await slack.chat_postMessage(channel=CHANNEL, text=text, thread_ts=root)

    replies = await slack.conversations_replies(channel=CHANNEL, ts=root)
    history = await slack.conversations_history(channel=CHANNEL)

    assert [message["text"] for message in replies["messages"]] == ["root", "one", "two"]
    assert [message["text"] for message in history["messages"]] == ["root"]
    assert history["messages"][0]["reply_count"] == 2


async def test_long_lists_come_in_pages(slack: AsyncWebClient) -> None:
    names = []
    async for answer in await slack.users_list(limit=2):
        names += [member["name"] for member in answer["members"]]

    assert names == ["slackbot", "john", "alem", "validator", "stranger", "drop"]


async def test_an_ephemeral_message_is_for_one_person_and_leaves_no_trace(
    people: Control, slack: AsyncWebClient
) -> None:
    await slack.chat_postEphemeral(channel=CHANNEL, user="U0ALEM", text="only you")

    assert [m["text"] for m in (await people.state("alem"))["messages"][CHANNEL]] == ["only you"]
    assert (await people.state("john"))["messages"][CHANNEL] == []
    assert (await slack.conversations_history(channel=CHANNEL))["messages"] == []


async def test_the_answer_to_a_post_can_be_lost_after_it_was_posted(people: Control, slack: AsyncWebClient) -> None:
    await people.faults("post-then-timeout")

    with pytest.raises(aiohttp.ClientError):
        await slack.chat_postMessage(channel=CHANNEL, text="said once")

    history = await slack.conversations_history(channel=CHANNEL)
    assert [message["text"] for message in history["messages"]] == ["said once"]


@pytest.mark.parametrize(
    ("fault", "said"),
    [("post-then-500", 1), ("slack-garbage", 1), ("slack-500", 0), ("slack-reset", 0)],
)
async def test_a_post_can_fail_in_more_ways_than_it_can_be_done(
    people: Control, slack: AsyncWebClient, fault: str, said: int
) -> None:
    await people.faults(fault, times=1)

    with pytest.raises((aiohttp.ClientError, SlackApiError, AttributeError)):  # the client stumbles over a page
        await slack.chat_postMessage(channel=CHANNEL, text="said once")

    history = await slack.conversations_history(channel=CHANNEL)
    assert [message["text"] for message in history["messages"]] == ["said once"] * said


@pytest.mark.parametrize(
    ("fault", "method", "error"),
    [
        ("channel-archived", "chat.postMessage", "is_archived"),
        ("token-revoked", "auth.test", "token_revoked"),
        ("edit-refused", "chat.update", "invalid_blocks"),
    ],
)
async def test_slack_says_why_it_takes_nothing(
    sandbox: Sandbox, people: Control, fault: str, method: str, error: str
) -> None:
    await people.faults(fault)

    answer = await call(sandbox, method, channel=CHANNEL, text="x")

    assert answer["error"] == error


async def test_a_channel_that_is_archived_says_so(sandbox: Sandbox, people: Control) -> None:
    before = await call(sandbox, "conversations.info", channel=CHANNEL)
    await people.faults("channel-archived")
    after = await call(sandbox, "conversations.info", channel=CHANNEL)

    assert [answer["channel"]["is_archived"] for answer in (before, after)] == [False, True]


async def test_nobody_opens_a_direct_message_with_somebody_who_left(sandbox: Sandbox, people: Control) -> None:
    await people.changes("alem", deleted=True)

    answer = await call(sandbox, "conversations.open", users=seed.ALEM.id)

    assert answer["error"] == "user_disabled"


async def test_slack_can_be_down_or_busy(sandbox: Sandbox, people: Control) -> None:
    await people.faults("slack-down")
    down = await call(sandbox, "auth.test")
    await people.faults("slack-down", on=False)
    await people.faults("slack-ratelimited")
    busy = [await call(sandbox, "chat.postMessage", channel=CHANNEL, text="x") for _ in range(4)]

    assert down["status"] == 503
    assert [answer["status"] for answer in busy] == [429, 429, 429, 200]
    assert busy[0]["retry_after"] == "2"


async def test_a_form_carries_blocks_as_a_string(sandbox: Sandbox) -> None:
    form = {"token": seed.CREDENTIALS["SLACK_BOT_TOKEN"], "channel": "#drop-deploy", "blocks": '[{"type": "divider"}]'}
    async with (
        aiohttp.ClientSession() as session,
        session.post(sandbox.environment()["SLACK_API_URL"] + "chat.postMessage", data=form) as response,
    ):
        answer = await response.json()

    assert answer["message"]["blocks"][0]["type"] == "divider"
    assert answer["message"]["blocks"][0]["block_id"]
