"""A publisher alone with the sandbox's Slack and a record, on a clock that a test moves: an hour takes no time."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import TypeVar

from slack_sdk.web.async_client import AsyncWebClient

from bot.poster import Poster
from bot.publisher import Publisher
from bot.slack import EVENT, Slack
from checklist.definition import Checklist
from checklist.deployment import Deployment
from checklist.marks import Mark, MarkState
from checklist.ports import Message, Notice
from checklist.record import Fact
from checklist.words import DeploymentId, ItemId, PersonId
from runs.deps import Aside
from sandbox import seed
from sandbox.client import Control
from sandbox.server import Sandbox
from storage.work import SqlRecord
from tests.bot.looks import Seen

T = TypeVar("T")
CR = DeploymentId("CR-001")
TWO = datetime(2026, 11, 26, 1, 13, tzinfo=UTC)  # 02:13 in Oslo


@dataclass
class Night:
    """The time, for everyone at once: the bot's clock, its stopwatch, and that of Slack's rate limits."""

    passed: float = 0.0
    moved: bool = False

    def now(self) -> datetime:
        return TWO + timedelta(seconds=self.passed)

    def monotonic(self) -> float:
        return 1000 + self.passed


async def at_once(work: Callable[[], T]) -> T:
    return work()


@dataclass(kw_only=True)
class Press:
    """The publisher that a test drives tick by tick."""

    sandbox: Sandbox
    people: Control
    record: SqlRecord
    checklist: Checklist
    client: AsyncWebClient
    night: Night
    publisher: Publisher = field(init=False)

    def __post_init__(self) -> None:
        self.restarts()

    def restarts(self, *, aside: Aside = at_once) -> None:
        """A new process: it knows what the record knows."""
        poster = Poster(
            record=self.record,
            aside=aside,
            slack=Slack(self.client),
            channel=seed.CHANNEL_ID,
            monotonic=self.night.monotonic,
        )
        self.publisher = Publisher(
            record=self.record,
            checklist=self.checklist,
            poster=poster,
            clock=self.night,
            aside=aside,
            monotonic=self.night.monotonic,
        )

    async def passes(self, seconds: float, *, step: float = 1.0) -> None:
        """So much time passes, with a look of the publisher each second."""
        end = self.night.passed + seconds
        while self.night.passed < end:
            self.night.passed += step
            await self.publisher.tick()

    async def rests(self, within: float) -> bool:
        """Whether everything is said and drawn before so much time has passed."""
        end = self.night.passed + within
        while not self.at_rest() and self.night.passed < end:
            await self.passes(1)
        return self.at_rest()

    def at_rest(self) -> bool:
        with self.record.look() as work:
            return not work.messages.pending() and not work.messages.behind()

    def queues(self, *texts: str, to: str | None = None) -> None:
        """Something is to be said, each text once; its id is the text."""
        with self.record.work() as work:
            for text in texts:
                work.outbox.put(Notice(id=f"{CR}/{text}", deployment=CR, text=text, to=to))
            work.commit()

    def is_in_doubt(self, text: str, *, posted: bool) -> None:
        """The process died while it posted the notice; only Slack knows whether it did."""
        with self.record.work() as work:
            work.messages.sending(f"{CR}/{text}", since="0")
            work.commit()
        workspace = self.sandbox.world.workspace
        metadata = {"event_type": EVENT, "event_payload": {"id": f"{CR}/{text}"}}
        if posted:
            workspace.say(workspace.conversations[seed.CHANNEL_ID], seed.BOT_USER, text, metadata=metadata)

    def opens(self, deployment: Deployment) -> None:
        with self.record.work() as work:
            work.deployments.add(deployment)
            work.commit()

    def changes(self, change: Callable[[Deployment], Deployment]) -> None:
        with self.record.work() as work:
            work.deployments.save(change(work.deployments.get(CR)))
            work.commit()

    def abandons(self) -> None:
        team = self.checklist.team
        by, at = team.people[PersonId("john")], self.night.now()
        self.changes(lambda found: found.abandoned(by=by, at=at, reason="not today", team=team))

    def passes_check(self, item: str) -> None:
        """A check of the deployment passes."""
        mark = Mark(state=MarkState.PASSED, by="bot", at=self.night.now())
        self.changes(lambda found: replace(found, marks={**found.marks, ItemId(item): mark}))

    def row(self, id: str) -> Message:
        with self.record.look() as work:
            found = work.messages.get(id)
        assert found is not None
        return found

    def entries(self, kind: str) -> list[Fact]:
        with self.record.look() as work:
            return [entry.fact for entry in work.journal.entries() if entry.fact.kind == kind]

    # What stands in Slack

    def talk(self, id: str = seed.CHANNEL_ID) -> list[Seen]:
        """A conversation with its threads, oldest first."""
        return [message.wire(metadata=True) for message in self.sandbox.world.workspace.conversations[id].in_order()]

    def said(self, id: str = seed.CHANNEL_ID) -> list[str]:
        """What was said in a conversation, cards left out."""
        return [m["text"] for m in self.talk(id) if not m["text"].startswith(f"{CR} · ")]

    def cards(self, text: str) -> list[Seen]:
        """The cards in the channel whose text has this in it."""
        return [m for m in self.talk() if m["text"].startswith(f"{CR} · ") and text in m["text"]]

    def deletes(self, message: Seen) -> None:
        """Somebody with the right to do so deletes it."""
        del self.sandbox.world.workspace.conversations[seed.CHANNEL_ID].messages[message["ts"]]

    def calls(self, method: str = "") -> list[Seen]:
        """What Slack was asked, in order."""
        log = self.sandbox.world.workspace.log
        return [entry for entry in log if entry["kind"] == "api" and method in ("", entry["method"])]


def reasoned(deployment: Deployment) -> Deployment:
    """A change that the root card shows."""
    return replace(deployment, reason=f"reason {deployment.revision}")
