"""Who is a full member of the workspace: a cache, filled at the start, told of changes by Slack, read again each hour.

What one process is told the others find in the record. Ages are counted on the system's clock, not on a moved one.
"""

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import structlog

from bot.clock import SystemClock
from checklist.definition import Checklist
from checklist.errors import MembersStale, NotAMember, Outage, SharedChannel, Stranger, WrongTeam
from checklist.people import Member, Person, Standing
from checklist.policy import STOPPING
from checklist.ports import Clock, Directory, Record, Workspace
from checklist.record import Fact
from checklist.words import Kind, PersonId
from commands.usage import Verb
from runs.deps import Aside

ANEW = timedelta(hours=1)  # an account seen longer ago is read again
STALE = timedelta(hours=2)  # what was seen longer ago carries nothing forward
CHANNEL_ANEW = timedelta(minutes=1)  # Slack tells one process at most that a channel was shared, so each looks
LOOK_UP = 1.5  # seconds before the ack, and only for somebody who was never seen
TICK = 1.0  # seconds between two looks at what is due
BACK_OFF = 10.0  # seconds after Slack failed
log = structlog.get_logger()


@dataclass(slots=True, kw_only=True)
class Members:
    """What is known of people's accounts, and of the channel that they read."""

    directory: Directory
    workspace: Workspace
    record: Record
    checklist: Checklist
    aside: Aside
    clock: Clock  # the record's
    system: Clock = field(default_factory=SystemClock)
    _known: dict[str, Member] = field(default_factory=dict)
    _looking: dict[str, asyncio.Task[Member]] = field(default_factory=dict)
    _shared: bool = False
    _channel_seen: datetime | None = None

    # Asked by the listeners

    async def person(self, user: str, teams: frozenset[str], verb: Verb | None) -> Person:
        """Who asks, if they are a full member of this team: known accounts without a word to Slack.

        Somebody whom the checklist does not name is a person without a role. Raises WrongTeam, NotAMember, Outage.
        """
        team = self.checklist.workspace.team_id
        if teams != {team}:
            raise WrongTeam(user, ", ".join(sorted(teams - {team})))
        named = self.checklist.team.by_slack(user)
        member = self._known.get(user)
        if member is None and not (named and verb and verb.move in STOPPING):
            member = await self._looked_up(user, named)
        if member and member.standing is not Standing.MEMBER:
            raise NotAMember(user, member.standing)
        name = member.name if member else user
        return named or Person(id=PersonId(user), name=name, kind=Kind.HUMAN, slack=(user,))

    def permit(self, user: str, verb: Verb) -> None:
        """Who may ask for this at all. Raises Stranger, MembersStale, SharedChannel.

        Every full member may read. Stopping and rolling back need neither fresh news nor a channel of our own.
        """
        if verb.reads:
            return
        if self.checklist.team.by_slack(user) is None:
            raise Stranger(user, self.checklist.workspace.team_id)
        if verb.move in STOPPING:
            return
        member = self._known.get(user)
        if member is None or self._age(member.seen_at) > STALE:
            raise MembersStale(user, member.seen_at if member else None)
        if self._shared:
            raise SharedChannel(self.checklist.workspace.channel_id)

    async def changed(self, member: Member) -> None:
        """Slack tells of an account, perhaps late, twice or out of order. Of others than the known we keep nothing."""
        if member.user in self._known or self._is_named(member.user):
            await self._seen(member)

    def __contains__(self, user: object) -> bool:
        return user in self._known

    def __getitem__(self, user: str) -> Member:
        return self._known[user]

    # In the background

    async def keep_fresh(self) -> None:
        """Until cancelled."""
        while True:
            try:
                await self.refresh()
            except Outage as outage:
                log.warning("nobody tells who is a member", system=outage.system, advice=outage.advice)
                await asyncio.sleep(BACK_OFF)
            await asyncio.sleep(TICK)

    async def refresh(self) -> None:
        """Take over what other processes saw, and read again what is old. Raises Outage."""
        await self.refresh_from_record()
        self._forget_strangers()
        for user in list(self._due()):
            await self._seen(await self.directory.member(user, at=self.system.now()))
        if self._channel_seen is None or self._age(self._channel_seen) > CHANNEL_ANEW:
            await self.look_at_channel()

    async def refresh_from_record(self) -> None:
        """Take over what any process saw, this one before a restart among them."""
        for member in await self.aside(self._kept):
            known = self._known.get(member.user)
            if known is None or (member.updated, member.seen_at) > (known.updated, known.seen_at):
                self._known[member.user] = member

    def _due(self) -> Iterator[str]:
        for person in self.checklist.team.people.values():
            for user in person.slack:
                known = self._known.get(user)
                if known is None or self._age(known.seen_at) > ANEW:
                    yield user

    async def look_at_channel(self) -> None:
        """Whether people of another workspace read it. Raises Outage."""
        channel = await self.workspace.channel(self.checklist.workspace.channel_id)
        shared = channel is not None and channel.is_shared
        if shared and not self._shared:
            log.warning("the deploy channel is shared with another workspace", channel=channel.id if channel else "")
        self._shared, self._channel_seen = shared, self.system.now()

    # Knowing

    async def _looked_up(self, user: str, named: Person | None) -> Member | None:
        """Ask Slack, once for however many asks wait for it. Of a named person we can do without the answer."""
        looking = self._looking.get(user)
        if looking is None:
            looking = asyncio.create_task(self.directory.member(user, at=self.system.now()))
            self._looking[user] = looking
            looking.add_done_callback(self._looked)
        try:
            async with asyncio.timeout(LOOK_UP):
                member = await asyncio.shield(looking)
        except (Outage, TimeoutError) as trouble:
            if named:
                return None
            raise Outage("Slack", "does not tell who you are", retry=True) from trouble
        self._take(member)
        return member

    def _looked(self, looking: asyncio.Task[Member]) -> None:
        """It is over, whether or not anybody had the patience to wait for it."""
        self._looking = {user: other for user, other in self._looking.items() if other is not looking}
        if not looking.cancelled() and looking.exception():
            log.warning("slack did not tell who somebody is", error=str(looking.exception()))

    async def _seen(self, member: Member) -> None:
        """Keep what is news, for every process if the checklist names the account; a changed standing is an entry."""
        before = self._known.get(member.user)
        if not self._take(member) or not self._is_named(member.user):
            return
        changed = before is not None and before.standing is not member.standing
        await self.aside(lambda: self._keep(member, before.standing if before and changed else None))

    def _take(self, member: Member) -> bool:
        """Whether it is no older than what is known. Events come in any order; a vanished account has no number."""
        known = self._known.get(member.user)
        if known and member.updated < known.updated and member.standing is not Standing.UNKNOWN:
            return False
        self._known[member.user] = member
        return True

    def _forget_strangers(self) -> None:
        """Whoever the checklist does not name is looked up again when they ask again."""
        for user, member in list(self._known.items()):
            if not self._is_named(user) and self._age(member.seen_at) > ANEW:
                del self._known[user]

    def _is_named(self, user: str) -> bool:
        return self.checklist.team.by_slack(user) is not None

    def _age(self, seen_at: datetime) -> timedelta:
        """How long ago; a moment that has yet to come, after the clock was set back, is as far away as it is."""
        return abs(self.system.now() - seen_at)

    # The record

    def _kept(self) -> tuple[Member, ...]:
        with self.record.look() as work:
            return work.members.all()

    def _keep(self, member: Member, was: Standing | None) -> None:
        person = self.checklist.team.by_slack(member.user)
        with self.record.work() as work:
            work.members.keep(member)
            if was is not None and person is not None:
                body = {"person": person.id, "account": member.user, "was": str(was), "is": str(member.standing)}
                work.journal.append(Fact(kind="member.changed", at=self.clock.now(), by="bot", body=dict(body)))
            work.commit()
