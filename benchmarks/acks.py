"""How long a payload waits for its ack, through the whole of Bolt and all that the ack stands for."""

import itertools
import time
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any

from slack_bolt.async_app import AsyncApp
from slack_bolt.request.async_request import AsyncBoltRequest
from slack_bolt.response import BoltResponse

from benchmarks.figures import Figures
from benchmarks.workplace import FEW, MANY, Bench, Ours
from checklist.definition import Item
from checklist.deployment import CHANGE_APPROVED
from checklist.marks import BOT, Mark, MarkState
from checklist.words import Phase, Proof
from sandbox import seed

ROUNDS, WARM = 300, 30
BARE_STATUS, BARE_CLICK = "bare Bolt app: /drop status", "bare Bolt app: Confirm, 50 blocks"
STATUS_FEW, STATUS_MANY = f"ours: /drop status, {FEW} past", f"ours: /drop status, {MANY:,} past"
CONFIRM = "ours: Confirm, durable, 50 blocks"
BLOCKS = 50  # the most that a message may have (Slack: Block Kit reference)

Payload = dict[str, Any]  # Slack's JSON
Sample = Callable[[], Awaitable[float]]


async def measured_acks(bench: Bench, clicks: "Clicks") -> dict[str, Figures]:
    """One sample of each in turn, so that whatever else the machine does is shared by all."""
    turns = itertools.count()
    samples: dict[str, Sample] = {
        BARE_STATUS: lambda: _answered(bench.bare),
        f"{BARE_STATUS}, process_before_response": lambda: _answered(bench.bare_before_response),
        STATUS_FEW: lambda: _answered(bench.few.app),
        STATUS_MANY: lambda: _answered(bench.many.app),
        BARE_CLICK: lambda: _taken(bench.bare, next(turns)),
        f"{BARE_CLICK}, process_before_response": lambda: _taken(bench.bare_before_response, next(turns)),
        CONFIRM: clicks.sample,
    }
    seconds: dict[str, list[float]] = {name: [] for name in samples}
    for _ in range(WARM + ROUNDS):
        for name, sample in samples.items():
            seconds[name].append(await sample())
    return {name: Figures(taken[WARM:]) for name, taken in seconds.items()}


async def _answered(app: AsyncApp) -> float:
    response, seconds = await dispatched(app, _status())
    assert "CR-" in response.body, response.body
    return seconds


async def _taken(app: AsyncApp, turn: int) -> float:
    """A click that the bare app only acks."""
    _, seconds = await dispatched(app, click("CR-001", "anything", by=seed.ALEM.id, turn=turn))
    return seconds


async def dispatched(app: AsyncApp, payload: Payload) -> tuple[BoltResponse, float]:
    """The app's response, and the seconds until it was there."""
    begun = time.perf_counter()
    response = await app.async_dispatch(AsyncBoltRequest(mode="socket_mode", body=payload))
    seconds = time.perf_counter() - begun
    assert response is not None
    assert response.status == 200
    return response, seconds


class Clicks:
    """Clicks on Confirm: each is written down before it is acked, and taken back before the next."""

    def __init__(self, ours: Ours) -> None:
        self._ours = ours
        self._turn = itertools.count()
        self.items = tuple(item for item in ours.house.ground.checklist.items(Phase.PRE) if _is_confirmed(item))

    async def sample(self) -> float:
        """The seconds of one click."""
        self.take_back()
        return await self.confirm(self.items[0])

    async def confirm(self, item: Item) -> float:
        """Click, and see that it was written down."""
        by = self._ours.house.ground.checklist.team.holders(item.role)[0].slack[0]
        payload = click(self._ours.deployment, item.id, by=by, turn=next(self._turn))
        _, seconds = await dispatched(self._ours.app, payload)
        return seconds

    def take_back(self) -> None:
        """Every item that people confirm waits for its click again."""
        waiting = {item.id: Mark(state=_before(item), by=BOT) for item in self.items}
        with self._ours.house.ground.record.work() as work:
            found = work.deployments.get(self._ours.deployment)
            work.deployments.save(replace(found, marks={**found.marks, **waiting}))
            work.commit()

    def settled(self) -> int:
        """How many of them the record says are settled."""
        with self._ours.house.ground.record.look() as work:
            found = work.deployments.get(self._ours.deployment)
        return sum(found.mark(item.id).settles(item) for item in self.items)


def _is_confirmed(item: Item) -> bool:
    free = not item.distinct_from and item.id != CHANGE_APPROVED
    return free and item.proof in {Proof.ACKNOWLEDGE, Proof.AUTO_CONFIRM}


def _before(item: Item) -> MarkState:
    return MarkState.PASSED if item.proof is Proof.AUTO_CONFIRM else MarkState.OPEN


def click(deployment: str, item: str, *, by: str, turn: int) -> Payload:
    """A click on Confirm in a message that is as long as Slack allows."""
    button = {"type": "button", "action_id": "confirm", "block_id": f"{deployment}/{item}/1", "value": "1"}
    return {
        "type": "block_actions",
        "team": {"id": seed.TEAM_ID, "domain": seed.TEAM_DOMAIN},
        "user": {"id": by, "team_id": seed.TEAM_ID},
        "api_app_id": seed.APP_ID,
        "trigger_id": f"trigger-{turn}",
        "container": {"type": "message", "message_ts": "1.000001", "channel_id": seed.CHANNEL_ID},
        "channel": {"id": seed.CHANNEL_ID, "name": seed.CHANNEL_NAME},
        "message": {"ts": "1.000001", "text": "CR-001", "blocks": _blocks()},
        "response_url": "http://127.0.0.1/unused",
        "actions": [{**button, "text": _plain("Confirm"), "action_ts": f"2.{turn:06}"}],
    }


def _status() -> Payload:
    return {
        "command": "/drop",
        "text": "status",
        "team_id": seed.TEAM_ID,
        "user_id": seed.JOHN.id,
        "channel_id": seed.CHANNEL_ID,
        "api_app_id": seed.APP_ID,
        "trigger_id": "trigger",
        "response_url": "http://127.0.0.1/unused",
    }


def _blocks() -> list[Payload]:
    """A card as long as Slack allows."""
    text = {
        "type": "mrkdwn",
        "text": ":white_circle: An item, with as many words as an item of the checklist has.\n" * 3,
    }
    return [{"type": "section", "block_id": f"CR-001/item-{n}/1", "text": text} for n in range(BLOCKS)]


def _plain(text: str) -> Payload:
    return {"type": "plain_text", "text": text, "emoji": True}
