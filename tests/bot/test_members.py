"""The cache of the workspace's people: what it knows, for how long, and what it does when Slack is silent."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar

import pytest
from slack_sdk.web.async_client import AsyncWebClient

from bot.directory import SlackDirectory, member_of
from bot.members import ANEW, STALE, Members
from bot.slack import slack_session
from checklist.errors import MembersStale, NotAMember, Outage, Refusal, SharedChannel, Stranger, WrongTeam
from checklist.people import Member, Person, Standing
from checklist.ports import ChannelInfo, RunRequest
from commands.usage import USAGE, Verb
from sandbox import seed
from sandbox.server import Sandbox
from storage.engine import record_engine
from storage.work import SqlRecord
from tests.at_rest import upgraded_file
from tests.bot.looks import until
from tests.checklist.builders import shipped

T = TypeVar("T")
TEAM = frozenset({"T0ALAI"})
JOHN, ALEM, KARI = "U0JOHN", "U0ALEM", "U0KARI"
NIGHT = datetime(2026, 11, 25, 1, 30, tzinfo=UTC)
MOST = timedelta(hours=2)
STOPPING = ("rollback", "reject", "abandon")
FORWARD = ("deploy", "submit", "approve", "start", "retry", "confirm", "attest", "check", "signoff")
READING = ("status", "checklist", "window", "whoami", "help")
SLACK_S_USER = {
    "id": JOHN,
    "team_id": "T0ALAI",
    "name": "john",
    "real_name": "John",
    "deleted": False,
    "is_bot": False,
    "is_restricted": False,
    "is_ultra_restricted": False,
    "updated": 5,
}


@dataclass
class Hands:
    """A clock that a test moves."""

    at: datetime = NIGHT
    moved: bool = False

    def now(self) -> datetime:
        return self.at


@dataclass
class Office:
    """What Slack says of people and of the channel, if it answers; it counts how often it was asked."""

    standings: dict[str, Standing] = field(default_factory=dict)
    updated: int = 1
    down: bool = False
    shared: bool = False
    asked: list[str] = field(default_factory=list)

    async def member(self, user: str, *, at: datetime) -> Member:
        self.asked.append(user)
        await asyncio.sleep(0)
        if self.down:
            raise Outage("Slack", "service_unavailable", retry=True)
        standing = self.standings.get(user, Standing.MEMBER)
        return Member(user=user, name=user.title(), standing=standing, updated=self.updated, seen_at=at)

    async def channel(self, id: str) -> ChannelInfo | None:
        if self.down:
            raise Outage("Slack", "service_unavailable", retry=True)
        return ChannelInfo(id=id, team="T0ALAI", is_member=True, is_archived=False, is_shared=self.shared)


@dataclass
class Door:
    """One process: its cache, and the ways that lead into it."""

    members: Members
    office: Office
    hands: Hands

    async def asks(self, user: str, verb: str, teams: frozenset[str] = TEAM) -> Person:
        """Raises what the cache says to whoever asks for this."""
        known: Verb = USAGE[verb]
        person = await self.members.person(user, teams, known)
        self.members.permit(user, known)
        return person

    async def answer(self, user: str, verb: str, teams: frozenset[str] = TEAM) -> type[Refusal | Outage] | None:
        try:
            await self.asks(user, verb, teams)
        except (Refusal, Outage) as no:
            return type(no)
        return None

    async def answers(self, user: str, verbs: tuple[str, ...]) -> set[type[Refusal | Outage] | None]:
        return {await self.answer(user, verb) for verb in verbs}


def at_once(work: Callable[[], T]) -> Awaitable[T]:
    async def done() -> T:
        return work()

    return done()


def never_queued(session: object, run: RunRequest) -> None:
    raise AssertionError(run)


@pytest.fixture
def record(tmp_path: Path) -> SqlRecord:
    return SqlRecord(record_engine(upgraded_file(tmp_path / "drop.db")), never_queued)


def process(record: SqlRecord, office: Office, hands: Hands) -> Door:
    members = Members(
        directory=office,
        workspace=office,
        record=record,
        checklist=shipped(),
        aside=at_once,
        clock=hands,
        system=hands,
    )
    return Door(members, office, hands)


@pytest.fixture
def door(record: SqlRecord) -> Door:
    return process(record, Office(), Hands())


def kinds(record: SqlRecord) -> list[str]:
    with record.look() as work:
        return [entry.fact.kind for entry in work.journal.entries()]


def test_every_verb_is_for_reading_for_stopping_or_goes_forward() -> None:
    assert {*READING, *STOPPING, *FORWARD} <= set(USAGE)
    assert set(READING) <= {name for name, verb in USAGE.items() if verb.reads}


async def test_the_people_of_the_checklist_are_known_before_they_ask(door: Door) -> None:
    await door.members.refresh()
    door.office.asked.clear()

    person = await door.asks(JOHN, "deploy")

    assert person.id == "john"
    assert door.office.asked == []


async def test_somebody_who_was_never_seen_is_looked_up_once_however_many_asks_wait_for_it(door: Door) -> None:
    people = await asyncio.gather(*(door.asks(KARI, "status") for _ in range(20)))

    assert {person.name for person in people} == {"U0Kari"}
    assert door.office.asked == [KARI]


async def test_a_full_member_without_a_role_may_read_and_nothing_else(door: Door) -> None:
    assert await door.answers(KARI, READING) == {None}
    assert await door.answers(KARI, (*FORWARD, *STOPPING)) == {Stranger}


@pytest.mark.parametrize("standing", [each for each in Standing if each is not Standing.MEMBER])
async def test_whoever_is_no_full_member_may_not_even_stop(door: Door, standing: Standing) -> None:
    door.office.standings = {ALEM: standing, KARI: standing}
    await door.members.refresh()

    assert await door.answers(ALEM, (*READING, *STOPPING, *FORWARD)) == {NotAMember}
    assert await door.answers(KARI, (*READING, *STOPPING, *FORWARD)) == {NotAMember}


@pytest.mark.parametrize("teams", [{"T0EVIL"}, {"T0ALAI", "T0EVIL"}, set()])
async def test_a_payload_that_names_another_workspace_or_none_is_refused_unseen(door: Door, teams: set[str]) -> None:
    assert await door.answer(ALEM, "rollback", frozenset(teams)) is WrongTeam
    assert await door.answer(KARI, "status", frozenset(teams)) is WrongTeam
    assert door.office.asked == []


async def test_on_news_older_than_two_hours_only_reading_stopping_and_rolling_back_go_on(door: Door) -> None:
    await door.members.refresh()
    door.office.down = True

    door.hands.at += MOST
    assert await door.answers(ALEM, FORWARD) == {None}
    door.hands.at += timedelta(seconds=1)

    assert await door.answers(ALEM, FORWARD) == {MembersStale}
    assert await door.answers(ALEM, (*STOPPING, *READING)) == {None}
    assert STALE == MOST


async def test_a_clock_that_was_set_back_makes_no_old_news_fresh(door: Door) -> None:
    await door.members.refresh()

    door.hands.at -= timedelta(days=1)

    assert await door.answers(ALEM, FORWARD) == {MembersStale}
    await door.members.refresh()
    assert await door.answers(ALEM, FORWARD) == {None}


async def test_a_process_that_slack_never_told_anything_still_rolls_back_for_the_named(door: Door) -> None:
    door.office.down = True

    assert await door.answers(ALEM, STOPPING) == {None}
    assert door.office.asked == []
    assert await door.answers(ALEM, FORWARD) == {MembersStale}
    assert await door.answer(KARI, "rollback") is Outage


async def test_people_are_read_again_each_hour_and_not_before(door: Door) -> None:
    await door.members.refresh()
    door.office.asked.clear()

    door.hands.at += ANEW
    await door.members.refresh()
    assert door.office.asked == []
    door.hands.at += timedelta(seconds=1)
    await door.members.refresh()

    assert set(door.office.asked) == {user for p in shipped().team.people.values() for user in p.slack}


async def test_a_stranger_is_forgotten_after_an_hour(door: Door) -> None:
    await door.asks(KARI, "status")

    door.hands.at += ANEW + timedelta(seconds=1)
    await door.members.refresh()

    assert KARI not in door.members


async def test_an_event_counts_at_once_and_an_older_one_that_comes_later_does_not(
    door: Door, record: SqlRecord
) -> None:
    door.office.updated = 10
    await door.members.refresh()
    gone = Member(user=ALEM, name="Alem", standing=Standing.DEACTIVATED, updated=30, seen_at=door.hands.now())
    late = replace(gone, standing=Standing.GUEST, updated=20)

    for event in (gone, late, gone):
        door.hands.at += timedelta(seconds=1)
        await door.members.changed(replace(event, seen_at=door.hands.now()))

    assert door.members[ALEM].standing is Standing.DEACTIVATED
    assert kinds(record) == ["member.changed"]


async def test_of_people_who_never_asked_and_are_not_named_nothing_is_kept(door: Door, record: SqlRecord) -> None:
    kari = Member(user=KARI, name="Kari", standing=Standing.MEMBER, updated=3, seen_at=NIGHT)

    await door.members.changed(kari)

    assert KARI not in door.members
    with record.look() as work:
        assert work.members.all() == ()


async def test_what_one_process_is_told_every_other_knows_with_its_next_look(record: SqlRecord) -> None:
    hands = Hands()
    told, other = process(record, Office(), hands), process(record, Office(), hands)
    await told.members.refresh()
    await other.members.refresh()
    hands.at += timedelta(seconds=1)

    await told.members.changed(replace(told.members[ALEM], standing=Standing.GUEST, updated=9, seen_at=hands.now()))
    await other.members.refresh()

    assert await other.answer(ALEM, "approve") is NotAMember


async def test_who_left_is_known_after_a_restart_though_slack_is_down(record: SqlRecord) -> None:
    hands, office = Hands(), Office(standings={ALEM: Standing.DEACTIVATED})
    await process(record, office, hands).members.refresh()

    again = process(record, Office(down=True), hands)
    await again.members.refresh_from_record()

    assert await again.answer(ALEM, "rollback") is NotAMember
    assert await again.answer(JOHN, "start") is None


async def test_in_a_channel_shared_with_others_nothing_goes_forward(door: Door) -> None:
    door.office.shared = True
    await door.members.refresh()

    assert await door.answers(ALEM, FORWARD) == {SharedChannel}
    assert await door.answers(ALEM, (*READING, *STOPPING)) == {None}


async def test_the_channel_is_looked_at_again_each_minute(door: Door) -> None:
    await door.members.refresh()
    door.office.shared = True

    await door.members.refresh()
    assert await door.answer(ALEM, "approve") is None
    door.hands.at += timedelta(seconds=61)
    await door.members.refresh()

    assert await door.answer(ALEM, "approve") is SharedChannel


@pytest.mark.parametrize(
    ("facts", "standing"),
    [
        ({}, Standing.MEMBER),
        ({"is_app_user": True}, Standing.MEMBER),  # they have signed in to the app with Slack, no more
        ({"deleted": True}, Standing.DEACTIVATED),
        ({"deleted": None}, Standing.DEACTIVATED),
        ({"is_bot": True}, Standing.BOT),
        ({"id": "USLACKBOT"}, Standing.BOT),
        ({"is_restricted": True}, Standing.GUEST),
        ({"is_ultra_restricted": True}, Standing.GUEST),
        ({"is_restricted": None}, Standing.GUEST),
        ({"team_id": "T0EVIL"}, Standing.FOREIGN),
        ({"team_id": None}, Standing.FOREIGN),
        ({"is_stranger": True}, Standing.FOREIGN),
    ],
)
def test_what_slack_leaves_out_is_never_taken_for_a_yes(facts: dict[str, Any], standing: Standing) -> None:
    user = {name: value for name, value in {**SLACK_S_USER, **facts}.items() if value is not None}

    assert member_of(user, team="T0ALAI", at=NIGHT).standing is standing


@pytest.fixture
async def slack(workplace: Sandbox) -> AsyncIterator[SlackDirectory]:
    """The real directory, over the sandbox's Slack."""
    told = workplace.environment()
    async with slack_session() as session:
        client = AsyncWebClient(token=told["SLACK_BOT_TOKEN"], base_url=told["SLACK_API_URL"], session=session)
        yield SlackDirectory(client, seed.TEAM_ID)


async def test_slack_is_asked_for_an_account_by_its_id(slack: SlackDirectory, workplace: Sandbox) -> None:
    alem = await slack.member(seed.ALEM.id, at=NIGHT)
    workplace.world.acts.change_person(seed.ALEM.id, {"deleted": True})

    assert (alem.name, alem.standing, alem.seen_at) == ("Alem Bašić", Standing.MEMBER, NIGHT)
    assert (await slack.member(seed.ALEM.id, at=NIGHT)).standing is Standing.DEACTIVATED
    assert (await slack.member(seed.BOT_USER, at=NIGHT)).standing is Standing.BOT
    assert (await slack.member("USLACKBOT", at=NIGHT)).standing is Standing.BOT
    assert (await slack.member("U0NOBODY", at=NIGHT)).standing is Standing.UNKNOWN


@pytest.mark.parametrize("fault", ["slack-down", "slack-garbage"])
async def test_a_slack_that_answers_nothing_of_use_is_an_outage(
    slack: SlackDirectory, workplace: Sandbox, fault: str
) -> None:
    workplace.world.faults.switch(fault, on=True)

    with pytest.raises(Outage):
        await slack.member(seed.ALEM.id, at=NIGHT)


async def test_whatever_slack_does_the_cache_goes_on(door: Door) -> None:
    door.office.down = True
    working = asyncio.create_task(door.members.keep_fresh())
    await until(lambda: asked(door), "never asked", within=5)

    assert not working.done()
    working.cancel()


async def asked(door: Door) -> bool | None:
    return bool(door.office.asked) or None
