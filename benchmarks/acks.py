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
from checklist.marks import Mark
from sandbox import seed

ROUNDS, WARM = 300, 30
BLOCKS = 50  # the most that a message may have (Slack: Block Kit reference)

Payload = dict[str, Any]  # Slack's JSON
Sample = Callable[[], Awaitable[float]]


async def measured_acks(bench: Bench) -> dict[str, Figures]:
    """One sample of each in turn, so that whatever else the machine does is shared by all."""
    clicks = Clicks(bench.few)
    samples: dict[str, Sample] = {
        "bare Bolt app, default": lambda: _answered(bench.bare),
        "bare Bolt app, process_before_response": lambda: _answered(bench.bare_before_response),
        f"ours: /drop status, {FEW} past": lambda: _answered(bench.few.app),
        f"ours: /drop status, {MANY:,} past": lambda: _answered(bench.many.app),
        "ours: Confirm, durable, 50 blocks": clicks.sample,
    }
    seconds: dict[str, list[float]] = {name: [] for name in samples}
    for _ in range(WARM + ROUNDS):
        for name, sample in samples.items():
            seconds[name].append(await sample())
    return {name: Figures(taken[WARM:]) for name, taken in seconds.items()}


async def _answered(app: AsyncApp) -> float:
    response, seconds = await _dispatched(app, _status())
    assert "CR-" in response.body, response.body
    return seconds


async def _dispatched(app: AsyncApp, payload: Payload) -> tuple[BoltResponse, float]:
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
        self._item = self._confirmable()
        self._turn = itertools.count()

    async def sample(self) -> float:
        self._take_back()
        _, seconds = await _dispatched(self._ours.app, self._click())
        assert self._mark().settles(self._item), self._mark()
        return seconds

    def _confirmable(self) -> Item:
        deps = self._ours.house.desk.deps
        with deps.record.look() as work:
            found = work.deployments.get(self._ours.deployment)
        waiting = (item for item in deps.checklist.items() if item.id in found.marks)
        return next(item for item in waiting if found.mark(item.id).awaits_confirmation(item))

    def _take_back(self) -> None:
        with self._ours.house.ground.record.work() as work:
            found = work.deployments.get(self._ours.deployment)
            work.deployments.save(replace(found, marks={**found.marks, self._item.id: Mark()}))
            work.commit()

    def _mark(self) -> Mark:
        with self._ours.house.ground.record.look() as work:
            return work.deployments.get(self._ours.deployment).mark(self._item.id)

    def _click(self) -> Payload:
        holders = self._ours.house.ground.checklist.team.holders(self._item.role)
        turn = next(self._turn)
        button = {
            "type": "button",
            "action_id": "confirm",
            "block_id": f"{self._ours.deployment}/{self._item.id}/1",
            "value": "1",
        }
        return {
            "type": "block_actions",
            "team": {"id": seed.TEAM_ID, "domain": seed.TEAM_DOMAIN},
            "user": {"id": holders[0].slack[0], "team_id": seed.TEAM_ID},
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
