"""The commands over a real record, and people who type: everything of the product but Slack and the runs."""

import sqlite3
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from itertools import count
from pathlib import Path
from typing import TypeVar

from sqlalchemy import Engine, event
from sqlalchemy.pool import ConnectionPoolEntry

from bot.desk import Desk
from bot.members import Members
from bot.refusals import explain
from checklist.calendar import Calendar
from checklist.definition import Checklist
from checklist.deployment import Deployment
from checklist.errors import Outage, Refusal
from checklist.people import Member, Person
from checklist.plan import Survey
from checklist.ports import ChannelInfo
from checklist.record import Fact
from checklist.words import DeploymentId, ImageDigest
from commands.deps import Ask, Deps
from commands.usage import parse
from storage.engine import record_engine
from storage.work import SqlRecord
from tests.at_rest import upgraded_file
from tests.checklist.builders import INSIDE, NEW, shipped, survey
from tests.storage.queue import create_queue, enqueue, queued

T = TypeVar("T")


@dataclass(slots=True)
class WallClock:
    """A clock that stands still until it is set."""

    at: datetime = INSIDE
    moved: bool = False

    def now(self) -> datetime:
        return self.at


class OneImage:
    """A registry in which every name means the new version's image."""

    async def digest(self, repository: str, reference: str, *, within: timedelta) -> ImageDigest | None:
        return NEW


class Elsewhere:
    """A Slack that nobody asks: whoever types here has been let in."""

    async def member(self, user: str, *, at: datetime) -> Member:
        raise Outage("Slack", "nobody is there")

    async def channel(self, id: str) -> ChannelInfo | None:
        raise Outage("Slack", "nobody is there")


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What came of something asked: the refusal and its words, or neither."""

    refusal: Refusal | None = None
    words: str = ""

    @property
    def kind(self) -> str:
        return type(self.refusal).__name__ if self.refusal else "done"


@dataclass(slots=True)
class Office:
    """One workplace. `puts` lays a deployment before the people, `says` is what one of them types."""

    folder: Path
    checklist: Checklist = field(default_factory=shipped)
    clock: WallClock = field(default_factory=WallClock)
    record: SqlRecord = field(init=False)
    desk: Desk = field(init=False)
    _engine: Engine = field(init=False)
    _read: int = 0
    _keys: "count[int]" = field(default_factory=count)

    def __post_init__(self) -> None:
        self._engine = record_engine(upgraded_file(self.folder / "drop.db"))
        event.listen(self._engine, "connect", _hurry)
        create_queue(self._engine)
        self.record = SqlRecord(self._engine, enqueue)
        self.sits_down(self.checklist)

    def sits_down(self, checklist: Checklist) -> None:
        """The bot starts anew, with this checklist."""
        self.checklist = checklist
        deps = Deps(
            record=self.record,
            checklist=checklist,
            calendar=Calendar(checklist.window),
            clock=self.clock,
            registry=OneImage(),
        )
        nobody = Elsewhere()
        members = Members(
            directory=nobody,
            workspace=nobody,
            record=self.record,
            checklist=checklist,
            aside=_at_once,
            clock=self.clock,
        )
        self.desk = Desk(deps=deps, members=members, aside=_at_once, urgent=_at_once, wake=lambda: None)

    def closes(self) -> None:
        self._engine.dispose()

    def puts(self, deployment: Deployment, *, app: str = "", surveyed: Survey | None = None) -> Deployment:
        """The deployment in the record, under the next handle, by itself in an app of its own, just surveyed."""
        with self.record.work() as work:
            id = work.deployments.next_id()
            placed = replace(deployment, id=id, app=app or f"app-{id}", revision=0)
            work.deployments.add(placed)
            work.surveys.put(id, surveyed or survey(at=self.clock.now()))
            work.commit()
        return self.deployment(id)

    async def says(self, person: Person, text: str, **fields: str) -> Told:
        """Type a command, or submit its modal with these fields; a refusal is written down, as it is in Slack."""
        typed = parse(text.removeprefix("/drop").strip())
        ask = Ask(
            verb=typed.verb,
            by=person,
            key=f"ask/{next(self._keys)}",
            deployment=typed.deployment,
            target=typed.target,
            words=typed.words,
            fields=fields,
            typed=not fields,
        )
        try:
            await self.desk.perform(ask)
        except Refusal as refusal:
            await self.desk.refused(refusal, by=person.id, verb=text)
            return Told(refusal=refusal, words=explain(refusal))
        return Told()

    def deployment(self, id: DeploymentId) -> Deployment:
        with self.record.look() as work:
            return work.deployments.get(id)

    def entries(self, kind: str = "") -> list[Fact]:
        with self.record.look() as work:
            return [entry.fact for entry in work.journal.entries() if kind in ("", entry.fact.kind)]

    def news(self) -> list[Fact]:
        """What was written down since this was asked last."""
        with self.record.look() as work:
            entries = list(work.journal.entries(after=self._read))
        self._read = entries[-1].seq if entries else self._read
        return [entry.fact for entry in entries]

    def notices(self) -> Mapping[str, str]:
        """What waits to be said, by whom it is for: the channel is "channel"."""
        with self.record.look() as work:
            return {f"{notice.to or 'channel'}: {notice.id}": notice.text for notice in work.messages.pending()}

    def runs(self) -> list[str]:
        return queued(self._engine)


async def _at_once(work: Callable[[], T]) -> T:
    return work()


def _hurry(connection: sqlite3.Connection, _: ConnectionPoolEntry) -> None:
    """A test does not outlive the power: the disk may take its time."""
    connection.execute("PRAGMA synchronous=OFF")
