"""What a command may use, and what was asked of it."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from difflib import get_close_matches

from checklist.calendar import Calendar, Window
from checklist.definition import Checklist, Item
from checklist.deployment import Deployment
from checklist.errors import AlreadyDone, BadField, ClockWrong, CountedAlready, MissingWords, NoSuchItem, NothingOpen
from checklist.moves import Move
from checklist.people import Person
from checklist.ports import Clock, Record, Registry, RunRequest, Work
from checklist.record import Fact, Json
from checklist.words import DeploymentId, ItemId, RunId

WINDOWS = 5  # to choose from
LEAST = 20  # characters: words that a stranger understands a year later


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """One thing asked by one person: typed, clicked or submitted, it has the same shape."""

    verb: str
    by: Person
    key: str  # the payload's own identity: the same key twice counts once
    deployment: str = ""  # "CR-001"; empty means the open one
    target: str = ""  # an item, a step, a sign-off
    words: str = ""
    fields: Mapping[str, str] = field(default_factory=dict)
    items: tuple[str, ...] = ()
    typed: bool = False
    shown: str = ""  # the plan digest, or the revision, that the button was drawn for
    host: str = ""  # whose shell says that it is this person who asks; empty for what Slack says


CLOCK_WRONG = timedelta(seconds=120)  # beyond it nothing goes forward


def exact() -> timedelta:
    """Where nobody compares clocks."""
    return timedelta()


@dataclass(frozen=True, slots=True, kw_only=True)
class Deps:
    """Everything a command may touch."""

    record: Record
    checklist: Checklist
    calendar: Calendar
    clock: Clock
    registry: Registry
    skew: Callable[[], timedelta | None] = exact  # how far the clocks of others are ahead of this machine's

    def now(self) -> datetime:
        return self.clock.now()

    def offered(self) -> tuple[Window, ...]:
        """The next windows, from which one is chosen."""
        return self.calendar.next_windows(self.now(), WINDOWS)

    def trust_clock(self) -> None:
        """To be asked before anything goes forward. Raises ClockWrong."""
        skew = self.skew()
        if skew is None or abs(skew) > CLOCK_WRONG:
            raise ClockWrong(skew)

    @contextmanager
    def decision(self, ask: Ask) -> Iterator[Work]:
        """A unit of work in which this ask counts once. Raises CountedAlready when it came before."""
        with self.record.work() as work:
            if not work.clicks.first(ask.key):
                raise CountedAlready(ask.verb)
            yield work

    def fact(self, kind: str, ask: Ask, deployment: Deployment, **body: Json) -> Fact:
        if ask.host:
            body["asserted_by"] = f"the host: {ask.host}"
        return Fact(kind=kind, at=self.now(), by=ask.by.id, deployment=deployment.id, body=body)

    def items(self, asked: str) -> tuple[Item, ...]:
        """The items of a section, or the one of that id. Raises NoSuchItem."""
        return tuple(i for i in self.checklist.items() if i.section == asked) or (self.item(asked),)

    def item(self, asked: str) -> Item:
        """The item of that id. Raises NoSuchItem with what is near."""
        item = self.checklist.item(ItemId(asked))
        if item is None:
            raise NoSuchItem(asked, tuple(get_close_matches(asked, [i.id for i in self.checklist.items()], 5)))
        return item


def asked_for(ask: Ask, work: Work) -> Deployment:
    """The deployment that was named, or the open one. Raises NoSuchDeployment, NothingOpen."""
    if ask.deployment:
        return work.deployments.get(DeploymentId(ask.deployment.upper()))
    found = work.deployments.open()
    if found is None:
        raise NothingOpen
    return found


def last_or_asked_for(ask: Ask, work: Work) -> Deployment:
    """The deployment that was named, or the open one, or the newest."""
    if ask.deployment or work.deployments.open():
        return asked_for(ask, work)
    found = work.deployments.last()
    if found is None:
        raise NothingOpen
    return found


def drawn_for(ask: Ask, deployment: Deployment, move: Move) -> None:
    """Raises AlreadyDone when the button was drawn for a halt from which the deployment has gone on since."""
    if ask.shown and ask.shown != str(deployment.runs):
        raise AlreadyDone(move, deployment)


def enqueue(work: Work, deployment: Deployment, kind: str, *arguments: str) -> None:
    """Queue the run that the deployment has just counted, in the same transaction."""
    run = RunId(f"{kind}/{deployment.id}/{deployment.attempts[kind]}")
    work.runs.enqueue(RunRequest(id=run, workflow=kind, app=deployment.app, arguments=(deployment.id, run, *arguments)))


def reason(ask: Ask) -> str:
    """The reason, from the modal or the typed words. Raises MissingWords."""
    words = _given(ask)
    if not words:
        raise MissingWords(ask.verb, "reason")
    return words


def weighed_reason(ask: Ask) -> str:
    """The reason of a decision that lets something off. Raises BadField when it is too short to be one."""
    words = _given(ask)
    if len(words) < LEAST:
        raise BadField("reason", f"a reason needs at least {LEAST} characters", "why it is right to go on all the same")
    return words


def named(ask: Ask) -> tuple[str, ...]:
    """The items, or the step, that were named. Raises MissingWords when none was."""
    names = ask.items or ((ask.target,) if ask.target else ())
    if not names:
        raise MissingWords(ask.verb, "item")
    return names


def _given(ask: Ask) -> str:
    return (ask.fields.get("reason") or ask.words).strip()
