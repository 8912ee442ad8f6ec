"""A record in memory, ten times as fast as SQLite.

That it keeps what SQLite keeps is a test of its own: the same episode leaves the same chain in either.
"""

from collections.abc import Iterable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field, replace
from datetime import UTC
from typing import Self, cast

from checklist.deployment import Deployment
from checklist.drift import Drift, KnownMachine
from checklist.errors import AlreadyOpen, MovedOn, NoSuchDeployment
from checklist.kept import KeptConfig
from checklist.moves import OVER
from checklist.people import Member
from checklist.plan import Survey
from checklist.ports import Message, Passage, Record, RunRequest
from checklist.record import Entry, Fact, chained
from checklist.words import DeploymentId
from sandbox.history import Cell
from sandbox.slack.wire import Object
from tests.generated.memory_messages import Messages, Undo, put
from tests.generated.memory_production import Production
from tests.generated.stores import Run


@dataclass(slots=True)
class MemoryStore:
    """Everything in dictionaries. A unit of work that is not committed is undone, deed by deed."""

    deployments: dict[str, Deployment] = field(default_factory=dict)
    surveys: dict[str, Survey] = field(default_factory=dict)
    configs: dict[str, tuple[KeptConfig, ...]] = field(default_factory=dict)
    chain: list[Entry] = field(default_factory=list)
    messages: dict[str, Message] = field(default_factory=dict)
    revisions: dict[str, int] = field(default_factory=dict)
    clicks: dict[str, bool] = field(default_factory=dict)
    queued: dict[str, Run] = field(default_factory=dict)
    members: dict[str, Member] = field(default_factory=dict)
    known: dict[str, tuple[KnownMachine, ...]] = field(default_factory=dict)
    drifts: dict[int, Drift | None] = field(default_factory=dict)
    _work: "MemoryWork" = field(init=False)
    _look: AbstractContextManager["MemoryWork"] = field(init=False)

    def __post_init__(self) -> None:
        self._work = MemoryWork(self)
        self._look = nullcontext(self._work)

    @property
    def record(self) -> Record:
        return cast(Record, self)

    def work(self) -> "MemoryWork":
        return self._work

    def look(self) -> AbstractContextManager["MemoryWork"]:
        return self._look

    def next_run(self, *workflows: str) -> Run | None:
        return next((run for run in self.queued.values() if run[1] in workflows), None)

    def over(self, run: str) -> None:
        del self.queued[run]

    def entries(self) -> list[Object]:
        return [_row(entry) for entry in self.chain]

    def notices(self) -> list[Object]:
        notices = (message for message in self.messages.values() if message.text)
        return [{"number": n, "id": one.id, "state": one.state} for n, one in enumerate(notices, start=1)]

    def cells(self) -> list[Cell]:
        return [Cell("messages.text", message.text) for message in self.messages.values()]

    def close(self) -> None: ...


class MemoryWork:
    """Every unit of work, one after another, and its ports: what is not committed when one ends is undone."""

    def __init__(self, store: MemoryStore) -> None:
        self._undo: Undo = []
        self.deployments = _Deployments(store.deployments, self._undo)
        self.surveys = _Surveys(store.surveys, self._undo)
        self.configs = _Configs(store.configs, self._undo)
        self.journal = _Journal(store.chain, self._undo)
        self.messages = self.outbox = Messages(store.messages, store.revisions, store.deployments, self._undo)
        self.runs = _Runs(store.queued, self._undo)
        self.clicks = _Clicks(store.clicks, self._undo)
        self.members = _Members(store.members, self._undo)
        self.production = Production(store.known, store.drifts, self._undo)

    def __enter__(self) -> Self:
        assert not self._undo, "nothing is written outside of a unit of work, and none begins inside of another"
        return self

    def __exit__(self, *_: object) -> None:
        while self._undo:
            self._undo.pop()()

    def commit(self) -> None:
        self._undo.clear()


@dataclass(frozen=True, slots=True)
class _Deployments:
    kept: dict[str, Deployment]
    undo: Undo

    def get(self, id: DeploymentId) -> Deployment:
        if id not in self.kept:
            raise NoSuchDeployment(id)
        return self.kept[id]

    def open(self) -> Deployment | None:
        newest = self.last()  # no earlier one can be open: whoever opened this one would have been told
        return next((one for one in (newest, *self.kept.values()) if one and one.status not in OVER), None)

    def last(self) -> Deployment | None:
        return next(reversed(self.kept.values()), None)

    def newest(self, many: int) -> tuple[Passage, ...]:
        return tuple(_passage(one) for one, _ in zip(reversed(self.kept.values()), range(many), strict=False))

    def next_id(self) -> DeploymentId:
        return DeploymentId(f"CR-{len(self.kept) + 1:03d}")

    def add(self, deployment: Deployment) -> None:
        self._one_open(deployment)
        put(self.kept, deployment.id, deployment, self.undo)

    def save(self, deployment: Deployment) -> Deployment:
        if self.get(deployment.id).revision != deployment.revision:
            raise MovedOn(deployment.id)
        self._one_open(deployment)
        after = replace(deployment, revision=deployment.revision + 1)
        put(self.kept, deployment.id, after, self.undo)
        return after

    def _one_open(self, deployment: Deployment) -> None:
        holder = self.open()
        if holder and holder.id != deployment.id and deployment.status not in OVER:
            raise AlreadyOpen(holder.id)


@dataclass(frozen=True, slots=True)
class _Surveys:
    kept: dict[str, Survey]
    undo: Undo

    def put(self, deployment: DeploymentId, survey: Survey) -> None:
        put(self.kept, deployment, survey, self.undo)

    def newest(self, deployment: DeploymentId) -> Survey | None:
        return self.kept.get(deployment)


@dataclass(frozen=True, slots=True)
class _Configs:
    kept: dict[str, tuple[KeptConfig, ...]]
    undo: Undo

    def keep(self, deployment: DeploymentId, configs: Iterable[KeptConfig]) -> None:
        put(self.kept, deployment, tuple(configs), self.undo)

    def of(self, deployment: DeploymentId) -> tuple[KeptConfig, ...]:
        return self.kept.get(deployment, ())


@dataclass(frozen=True, slots=True)
class _Journal:
    chain: list[Entry]
    undo: Undo

    def append(self, *facts: Fact) -> None:
        for fact in facts:
            in_utc = fact if fact.at.tzinfo is UTC else replace(fact, at=fact.at.astimezone(UTC))
            self.chain.append(chained(in_utc, after=self.head()))
            self.undo.append(self.chain.pop)

    def entries(self, deployment: DeploymentId | None = None, *, after: int = 0) -> Iterable[Entry]:
        return [one for one in self.chain[after:] if deployment in (None, one.fact.deployment)]

    def newest(self, deployment: DeploymentId, kind: str, key: str) -> Entry | None:
        """From the end: what is asked for is of the deployment that is under way."""
        for entry in reversed(self.chain):
            fact = entry.fact
            if fact.deployment == deployment and fact.kind == kind and fact.body.get("key") == key:
                return entry
            if fact.deployment == deployment and fact.kind == "deployment.opened":
                return None
        return None

    def last(self, deployment: DeploymentId, many: int) -> tuple[Entry, ...]:
        return tuple(self.entries(deployment))[-many:]

    def count(self, deployment: DeploymentId) -> int:
        return len(tuple(self.entries(deployment)))

    def head(self) -> Entry | None:
        return self.chain[-1] if self.chain else None


@dataclass(frozen=True, slots=True)
class _Runs:
    queued: dict[str, Run]
    undo: Undo

    def enqueue(self, run: RunRequest) -> None:
        if run.id not in self.queued:
            put(self.queued, run.id, (run.id, run.workflow, run.arguments), self.undo)


@dataclass(frozen=True, slots=True)
class _Members:
    kept: dict[str, Member]
    undo: Undo

    def all(self) -> tuple[Member, ...]:
        return tuple(self.kept.values())

    def keep(self, member: Member) -> None:
        put(self.kept, member.user, member, self.undo)


@dataclass(frozen=True, slots=True)
class _Clicks:
    kept: dict[str, bool]
    undo: Undo

    def first(self, key: str) -> bool:
        if key in self.kept:
            return False
        put(self.kept, key, True, self.undo)
        return True


def _passage(found: Deployment) -> Passage:
    return Passage(
        id=found.id,
        version=found.release.version,
        status=found.status,
        requester=found.requester,
        engineer=found.engineer,
        opened_at=found.opened_at,
        ended_at=found.ended_at,
    )


def _row(entry: Entry) -> Object:
    """As the table of entries would give it."""
    fact = entry.fact
    row: Object = {"seq": entry.seq, "kind": fact.kind, "at": fact.at.isoformat(), "by": fact.by, "body": fact.body}
    return row | {"deployment": fact.deployment, "previous": entry.previous, "hash": entry.hash}
