"""What the product needs from the world, as protocols. Adapters implement them; bot/app.py alone joins them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from checklist.deployment import Deployment
from checklist.drift import Drift, KnownMachine
from checklist.fly_releases import FlyRelease, ReleaseStatus
from checklist.jobs import OneOff, Ran
from checklist.kept import KeptConfig
from checklist.kinds import Check
from checklist.logs import Heard
from checklist.marks import Verdict
from checklist.moves import Status
from checklist.people import Member
from checklist.plan import Machine, Plan, Survey
from checklist.record import Entry, Fact, Json
from checklist.secrets import Secret
from checklist.volumes import Snapshot
from checklist.words import DeploymentId, ImageDigest, MachineId, PersonId, RunId, StrategyName


class Clock(Protocol):
    """The time, aware and in UTC."""

    def now(self) -> datetime: ...

    @property
    def moved(self) -> bool:
        """Whether the clock was moved on purpose, as only the sandbox may."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Passage:
    """One deployment as a line of the past."""

    id: DeploymentId
    version: str
    status: Status
    requester: PersonId
    engineer: PersonId
    opened_at: datetime
    ended_at: datetime | None


class Deployments(Protocol):
    """The deployments of the record."""

    def get(self, id: DeploymentId) -> Deployment:
        """Raises NoSuchDeployment."""
        ...

    def open(self) -> Deployment | None:
        """The one deployment that is not over, if any."""
        ...

    def last(self) -> Deployment | None:
        """The newest deployment, open or over."""
        ...

    def newest(self, many: int) -> tuple[Passage, ...]:
        """The newest first, whatever number there is."""
        ...

    def next_id(self) -> DeploymentId: ...

    def add(self, deployment: Deployment) -> None:
        """Raises AlreadyOpen when the app has an open deployment."""
        ...

    def save(self, deployment: Deployment) -> Deployment:
        """Compare and set on the revision that was read; returns the deployment with its next revision.

        Raises MovedOn when somebody else saved in between.
        """
        ...


class Surveys(Protocol):
    """The newest survey of each deployment."""

    def put(self, deployment: DeploymentId, survey: Survey) -> None: ...

    def newest(self, deployment: DeploymentId) -> Survey | None: ...


class Configs(Protocol):
    """The configs of production's machines as they were before a deployment touched them."""

    def keep(self, deployment: DeploymentId, configs: Iterable[KeptConfig]) -> None:
        """In place of what was kept for the deployment before."""
        ...

    def of(self, deployment: DeploymentId) -> tuple[KeptConfig, ...]:
        """By machine; none before the deployment touched production."""
        ...


class Journal(Protocol):
    """The append-only record."""

    def append(self, *facts: Fact) -> None: ...

    def entries(self, deployment: DeploymentId | None = None, *, after: int = 0) -> Iterable[Entry]:
        """In order of sequence; those of one deployment, or all."""
        ...

    def head(self) -> Entry | None:
        """The last entry of the chain; None before the first."""
        ...

    def last(self, deployment: DeploymentId, many: int) -> tuple[Entry, ...]:
        """The last entries of one deployment, in order of sequence."""
        ...

    def count(self, deployment: DeploymentId) -> int: ...

    def newest(self, deployment: DeploymentId, kind: str, key: str) -> Entry | None:
        """The newest entry of this kind whose body's `key` is the given one: the intent or outcome of a mutation."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """Something to be said once. The id is its key: the same id twice is one notice.

    `thread` names the card under which it is said; None says it in the channel itself. `to` is a Slack user id for a
    direct message.
    """

    id: str
    deployment: DeploymentId
    text: str
    to: str | None = None


class Outbox(Protocol):
    """Notices waiting to be said. Rows of the record, so that nothing is lost over a restart."""

    def put(self, notice: Notice) -> None:
        """Queue it; the same id twice is one notice."""
        ...

    def said(self, id: str) -> str | None:
        """The Slack `ts` under which the notice was said, or None while it waits."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class RunRequest:
    """One durable execution to queue, e.g. deploy/CR-001/1. The id is its key."""

    id: RunId
    workflow: str
    app: str
    arguments: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """A message in Slack as the record knows it: a notice, or a card that is edited in place."""

    id: str
    deployment: DeploymentId
    text: str = ""
    to: str | None = None  # a Slack user for a direct message; None is the channel
    thread: str | None = None  # the id of the message in whose thread it stands
    state: str = "pending"  # pending → sending → sent, or undelivered: Slack refuses it for good
    channel: str = ""
    ts: str = ""
    drawn: str = ""  # the hash of what a card shows
    queued_at: datetime | None = None  # when what it tells happened
    since: str | None = None  # Slack's time from which on it may stand there; None before it may have been posted
    attempts: int = 0  # how often Slack refused it


class Messages(Protocol):
    """The publisher's side of the outbox."""

    def pending(self) -> tuple[Message, ...]:
        """Notices that were not said yet, in the order in which they were queued."""
        ...

    def get(self, id: str) -> Message | None: ...

    def card(self, message: Message) -> Message:
        """The card's row, made from this one when it is new."""
        ...

    def below(self, root: str) -> tuple[Message, ...]:
        """The cards that stand in the thread of this one."""
        ...

    def sending(self, id: str, *, since: str) -> None:
        """From now on the message may have been posted: look before it is posted again.

        `since` is Slack's time of the first try; a later one does not replace it.
        """
        ...

    def sent(self, id: str, *, channel: str, ts: str) -> None: ...

    def drawn(self, id: str, digest: str) -> None: ...

    def gone(self, id: str) -> None:
        """Somebody deleted the card in Slack: it waits to be posted anew."""
        ...

    def refused(self, id: str) -> int:
        """Slack refused the message itself; how often by now."""
        ...

    def undelivered(self, id: str) -> None:
        """It is set aside: nothing waits for it any more."""
        ...

    def set_aside(self) -> tuple[Message, ...]:
        """Every message that was set aside, in the order in which they were queued."""
        ...

    def behind(self) -> tuple[DeploymentId, ...]:
        """The deployments that changed after their cards were drawn, newest first."""
        ...

    def shown(self, deployment: DeploymentId, revision: int) -> None:
        """All cards of the deployment show this revision."""
        ...


class Runs(Protocol):
    """The queue of durable runs, inside the caller's transaction."""

    def enqueue(self, run: RunRequest) -> None: ...


class Clicks(Protocol):
    """Business keys of Slack's payloads: each payload counts once."""

    def first(self, key: str) -> bool:
        """Remember the key; False when it was there already."""
        ...


class Members(Protocol):
    """The accounts of the people whom the checklist names, as the workspace last showed them to any process."""

    def all(self) -> tuple[Member, ...]: ...

    def keep(self, member: Member) -> None:
        """In place of what was known of that account."""
        ...


class Production(Protocol):
    """What production is known to be, and whether it drifted from that."""

    def known(self, app: str) -> tuple[KnownMachine, ...]:
        """By id; none before the first look."""
        ...

    def keep(self, app: str, machines: Iterable[KnownMachine]) -> None:
        """From now on these, and no others, are the app's known machines."""
        ...

    def drift(self, app: str) -> Drift | None:
        """The drift that nobody has acknowledged, if any."""
        ...

    def see(self, drift: Drift) -> Drift:
        """Keep it, in place of what was seen of the app and not acknowledged; returns it with its number."""
        ...

    def acknowledge(self, drift: Drift, *, by: PersonId, at: datetime) -> None:
        """It is open no more."""
        ...


class Work(Protocol):
    """One transaction over the record. Nothing is kept unless `commit` is called."""

    @property
    def deployments(self) -> Deployments: ...

    @property
    def surveys(self) -> Surveys: ...

    @property
    def configs(self) -> Configs: ...

    @property
    def journal(self) -> Journal: ...

    @property
    def outbox(self) -> Outbox: ...

    @property
    def messages(self) -> Messages: ...

    @property
    def runs(self) -> Runs: ...

    @property
    def clicks(self) -> Clicks: ...

    @property
    def members(self) -> Members: ...

    @property
    def production(self) -> Production: ...

    def commit(self) -> None: ...


class Record(Protocol):
    """Opens units of work: `with record.work() as work: …`. A database that fails raises RecordOutage."""

    def work(self) -> AbstractContextManager[Work]: ...

    def look(self) -> AbstractContextManager[Work]:
        """A unit of work for reading: it takes no write lock and cannot commit."""
        ...


class PlanFile(Protocol):
    """The plan of the deployment that was begun last, where it can be read without the record."""

    def write(self, plan: Plan) -> None:
        """Replace the file. Raises RecordOutage."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Lease:
    """A claim on one machine: while it lives, mutations need its nonce."""

    nonce: str
    owner: str
    description: str
    expires_at: datetime


class Fleet(Protocol):
    """Fly's machines. Every method raises Outage; a mutation whose fate is unknown raises Ambiguous."""

    async def machines(self, app: str) -> tuple[Machine, ...]:
        """All machines of the app, by id. An empty list is an Outage: an app with releases has machines."""
        ...

    async def machine(self, app: str, id: MachineId) -> Machine:
        """Raises Gone when there is no such machine."""
        ...

    async def take_lease(self, app: str, id: MachineId, *, description: str, ttl: timedelta) -> Lease:
        """Raises Conflict while somebody else holds it. Our own lease, by its description, is taken up again."""
        ...

    async def refresh_lease(self, app: str, id: MachineId, lease: Lease, *, ttl: timedelta) -> Lease:
        """Raises Conflict when the lease was lost."""
        ...

    async def release_lease(self, app: str, id: MachineId, lease: Lease) -> None:
        """A lease that is gone already is no error."""
        ...

    async def update(
        self, app: str, id: MachineId, *, config: Mapping[str, Json], current_version: str, nonce: str, launch: bool
    ) -> Machine:
        """Replace the whole config; `launch` is False for a machine that stands still and is to stay so.

        The answer comes before the swap: read back. Raises Ambiguous, Conflict, Outage.
        """
        ...

    async def create(self, app: str, *, config: Mapping[str, Json], region: str, launch: bool) -> Machine:
        """Make a machine that is cordoned from the beginning; each call that takes effect makes another one.

        `launch` is False for one that is to stand still. Raises Ambiguous, Conflict, Outage: it is never sent again.
        """
        ...

    async def destroy(self, app: str, id: MachineId, *, nonce: str) -> None:
        """Whatever it does. One that is gone already is no error. Raises Ambiguous, Conflict, Outage."""
        ...

    async def cordon(self, app: str, id: MachineId, *, nonce: str) -> None:
        """Fly's proxies send it nobody from now on, as they come to know. Raises Ambiguous, Conflict, Outage."""
        ...

    async def uncordon(self, app: str, id: MachineId, *, nonce: str) -> None:
        """Fly's proxies send it requests. Raises Ambiguous, Conflict, Outage."""
        ...

    async def stop(self, app: str, id: MachineId, *, nonce: str) -> None:
        """Ask its process to end; one that is stopped stays so. Raises Ambiguous, Conflict, Outage."""
        ...

    async def wait(self, app: str, id: MachineId, *, version: str, within: timedelta) -> bool:
        """Wait for the new version to be started; False when it is not yet."""
        ...

    async def version_config(self, app: str, id: MachineId, version: str) -> Mapping[str, Json] | None:
        """The config of an earlier version of the machine; None when Fly does not list that version."""
        ...

    async def secrets(self, app: str) -> Mapping[str, Secret]:
        """By name; never a value."""
        ...


class Jobs(Protocol):
    """Commands on Fly's machines: on one-off machines, and inside of running ones. Every method raises Outage."""

    async def create(self, app: str, config: Mapping[str, Json]) -> OneOff:
        """A machine that is not started yet. Never sent twice; raises Ambiguous when it may have been made."""
        ...

    async def launched(self, app: str, launch: str) -> tuple[OneOff, ...]:
        """Every machine of this launch, those too that are destroyed by now, by id."""
        ...

    async def look(self, app: str, id: MachineId) -> OneOff:
        """Raises Gone when Fly knows no such machine, not even a destroyed one."""
        ...

    async def start(self, app: str, id: MachineId) -> None:
        """Begin the command. Raises Conflict when the machine does not stand still, Gone, Ambiguous."""
        ...

    async def destroy(self, app: str, id: MachineId) -> None:
        """Whatever it is doing. One that is gone already is no error."""
        ...

    async def output(self, app: str, id: MachineId, *, since: datetime) -> str:
        """What the machine has written by now, as far as Fly has taken it in."""
        ...

    async def execute(self, app: str, id: MachineId, command: tuple[str, ...], *, within: timedelta) -> Ran:
        """Run a short command inside a started machine. Raises Ambiguous when it took too long: it may go on."""
        ...


class Logs(Protocol):
    """What an app has written."""

    async def heard(self, app: str, *, since: datetime) -> Heard:
        """Of all its machines. Raises Outage, also where there is no token that may read logs."""
        ...


class Releases(Protocol):
    """What `fly releases` lists. It is no public API of Fly's, so nothing may depend on it. All raise Outage."""

    async def create(self, app: str, *, image: str, strategy: StrategyName) -> FlyRelease:
        """The next release of the app. One of this image that has only just been created is it already."""
        ...

    async def update(self, release: FlyRelease, status: ReleaseStatus, *, trouble: str = "") -> None:
        """Say what became of it; the same again changes nothing."""
        ...

    async def newest(self, app: str) -> tuple[FlyRelease, ...]:
        """The last releases, the newest first."""
        ...


class Volumes(Protocol):
    """Fly's volumes and their snapshots. Every method raises Outage."""

    async def snapshots(self, app: str, volume: str) -> tuple[Snapshot, ...]:
        """Those that are made and those that are being made, the oldest first. Raises Gone for an unknown volume."""
        ...

    async def take_snapshot(self, app: str, volume: str) -> None:
        """Only ask for it: the list shows what becomes of it. Never sent twice; raises Ambiguous."""
        ...


class Registry(Protocol):
    """Fly's image registry."""

    async def digest(self, repository: str, reference: str, *, within: timedelta) -> ImageDigest | None:
        """The digest that a tag or digest names, or None when the registry does not have it. Raises Outage."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelInfo:
    """A Slack channel as the bot sees it. `is_shared`: people outside the team read it (Slack Connect)."""

    id: str
    team: str
    is_member: bool
    is_archived: bool
    is_shared: bool


class Workspace(Protocol):
    """The Slack workspace."""

    async def channel(self, id: str) -> ChannelInfo | None:
        """None when the bot cannot see such a channel. Raises Outage."""
        ...


class Directory(Protocol):
    """The people of the workspace."""

    async def member(self, user: str, *, at: datetime) -> Member:
        """The account as the workspace shows it now, which is `at`; unknown when there is none. Raises Outage."""
        ...


class Checker(Protocol):
    """Reads the world for one kind of check. It never raises for an outage: that is an inconclusive verdict."""

    async def __call__(self, check: Check) -> Verdict: ...


class Announcer(Protocol):
    """Says notices of the outbox."""

    async def say(self, notice: str, *, within: timedelta) -> str | None:
        """Wait until the queued notice was said; its Slack `ts`, or None when Slack did not take it in time."""
        ...
