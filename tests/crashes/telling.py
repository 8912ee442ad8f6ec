"""A passage that touches all of Slack: accounts, a modal, cards and notices, posted, redrawn and deleted."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field

from slack_bolt.async_app import AsyncAck, AsyncRespond
from structlog.testing import capture_logs

from bot.directory import SlackDirectory
from bot.listeners import Doors
from bot.members import Members
from bot.poster import Poster
from bot.publisher import Publisher
from bot.slack import Slack
from checklist.moves import Status
from sandbox import seed
from sandbox.slack.workspace import Workspace
from tests.crashes.passages import Left, steady
from tests.crashes.slack import WiredClient
from tests.generated import payloads
from tests.generated.episodes import stored
from tests.generated.loop import lives
from tests.generated.wires import Death, Wires
from tests.generated.workplace import ACCOUNTS_DAY
from tests.generated.world import World

# Every method of Slack's that the bot calls.
ROWS = (
    "users.info",
    "conversations.info",
    "auth.test",
    "views.open",
    "conversations.open",
    "chat.postMessage",
    "chat.update",
    "chat.delete",
)
LOOKS = ("conversations.history", "conversations.replies")  # made for what a dead process may have posted
EPOCH = 1_790_000_000.0  # Slack's ids are made of its own time
REST = 120  # seconds within which everything is said and drawn


@dataclass(slots=True, kw_only=True)
class Telling:
    """One deployment as Slack sees it, up to its approval."""

    world: World
    workspace: Workspace
    deaths: Sequence[int]
    processes: list[Wires] = field(default_factory=list)
    publisher: Publisher = field(init=False)
    doors: Doors = field(init=False)
    client: WiredClient = field(init=False)

    async def goes(self) -> Left:
        self._starts()
        for act in (
            self._knows_everybody,
            self._opens_a_modal,
            self._presses(Status.PREPARING),
            self._rests,
            self._presses(Status.AWAITING_APPROVAL),
            self._rests,
            self._loses_its_card,
            self._presses(Status.APPROVED),
            self._rests,
        ):
            await self._survives(act)
        self.processes[-1].last = None
        await self._rests()
        found = self.world.newest()
        assert found is not None
        violations = [str(violation) for violation in self.world.violations()]
        return Left(events=[wires.events for wires in self.processes], end=found, violations=violations)

    async def _survives(self, act: Callable[[], Awaitable[None]]) -> None:
        """Do it; after a death the next process is asked for the same once more."""
        while True:
            try:
                await act()
            except Death:
                self._starts()
            else:
                return

    # What happens

    async def _knows_everybody(self) -> None:
        await self.doors.desk.members.refresh()

    async def _opens_a_modal(self) -> None:
        """John types /drop deploy; the modal that opens is what he sees of it."""
        trigger = self.workspace.tickets.trigger("U0JOHN")
        method, body = payloads.typed("U0JOHN", "deploy", self.world.next_n())
        with self.world.slack.delivers(method, body):
            await self.doors.typed(
                _ack(), {**body, "trigger_id": trigger}, self.client, AsyncRespond(response_url=None)
            )
        assert self.workspace.modals.top("U0JOHN")

    def _presses(self, until: Status) -> Callable[[], Awaitable[None]]:
        """People and runs go on until the deployment is there."""

        async def press() -> None:
            while (found := self.world.newest()) is None or found.status is not until:
                act = steady(self.world).presses_next(found)
                if act:
                    await self.world.is_asked(*act)
                await self.world.goes_on()
                self.world.time.passes(1)

        return press

    async def _rests(self) -> None:
        """Everything is said, and every card shows what is so."""
        for _ in range(REST):
            await self.publisher.tick()
            self.world.time.passes(1)
            with self.world.store.record.look() as work:
                if not work.messages.pending() and not work.messages.behind():
                    return
        raise AssertionError("Slack never shows what is so")

    async def _loses_its_card(self) -> None:
        """Somebody deletes the root card in Slack."""
        with self.world.store.record.look() as work:
            card = work.messages.get("CR-001/root")
        assert card is not None
        self.workspace.conversations[seed.CHANNEL_ID].messages.pop(card.ts, None)

    # Processes

    def _starts(self) -> None:
        number = len(self.processes)
        wires = Wires(last=self.deaths[number] if number < len(self.deaths) else None)
        self.processes.append(wires)
        process = self.world.starts(wires=wires)
        self.client = WiredClient(self.workspace, wires)
        deps = process.desk.deps
        slack = Slack(self.client)
        process.desk.members = Members(
            directory=SlackDirectory(self.client, deps.checklist.workspace.team_id),
            workspace=slack,
            record=deps.record,
            checklist=deps.checklist,
            aside=process.desk.aside,
            clock=self.world.time,
        )
        poster = Poster(
            record=deps.record,
            aside=process.desk.aside,
            slack=slack,
            channel=deps.checklist.workspace.channel_id,
            monotonic=self.world.time.stopwatch,
            time=lambda: EPOCH + self.world.time.seconds,
        )
        self.publisher = Publisher(
            record=deps.record,
            checklist=deps.checklist,
            poster=poster,
            clock=self.world.time,
            aside=process.desk.aside,
            monotonic=self.world.time.stopwatch,
        )
        self.doors = Doors(process.desk)


def _ack() -> AsyncAck:
    return AsyncAck()  # type: ignore[no-untyped-call]  # slack_bolt does not type it


def tells(*deaths: int, in_sqlite: bool = False) -> Left:
    """The whole passage, with these deaths."""
    with stored(in_sqlite=in_sqlite) as store, capture_logs():
        world = World(store, day=ACCOUNTS_DAY)
        workspace = Workspace(
            "http://127.0.0.1:1",
            now=world.time.now,
            time=lambda: EPOCH + world.time.seconds,
            next_n=world.next_n,
        )
        world.slack.log = workspace.log
        return lives(world.time, Telling(world=world, workspace=workspace, deaths=deaths).goes())
