"""What checklist.yml says: workspace, people, apps, calendar, sections with their items, run-books and sign-offs."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, time, timedelta

from checklist.kinds import ACTING, Check
from checklist.people import Team
from checklist.words import Condition, ItemId, MigrateWhen, NeededFor, Phase, Proof, Role, StrategyName, Tie

DEADLINES: Mapping[NeededFor, timedelta] = {
    NeededFor.WITHIN_15_MINUTES: timedelta(minutes=15),
    NeededFor.WITHIN_30_MINUTES: timedelta(minutes=30),
    NeededFor.WITHIN_60_MINUTES: timedelta(minutes=60),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One line of the checklist."""

    id: ItemId
    text: str
    section: str
    phase: Phase
    proof: Proof
    role: Role  # who confirms, acknowledges, or attests when no check can tell
    check: Check | None = None
    needed_for: NeededFor | None = None
    when: Condition | None = None
    ttl: timedelta | None = None  # a pass older than this is read again before the first mutation
    waivable: bool = True
    distinct_from: frozenset[Tie] = frozenset()
    evidence: str = ""

    @property
    def is_read(self) -> bool:
        """Whether the bot reads something to prove it; the other items are a person's alone."""
        return self.check is not None and self.proof in {Proof.AUTO, Proof.AUTO_CONFIRM}

    @property
    def acts(self) -> bool:
        """Whether its check does something: it is carried out only when somebody asks for it, and else looked up."""
        return self.check is not None and self.check.kind in ACTING

    @property
    def rests_on(self) -> tuple[str, ...]:
        """The items whose results its check reads: whenever they are read, it is read after them."""
        return self.check.params.items_named if self.check else ()

    @property
    def deadline(self) -> timedelta | None:
        """How long after the deployment the item may stay open; None before one."""
        return DEADLINES.get(self.needed_for) if self.needed_for else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """A headed group of items; one card in the thread."""

    id: str
    title: str
    phase: Phase
    items: tuple[Item, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class RollbackStep:
    """One line of the rollback run-book."""

    id: ItemId
    text: str
    role: Role
    when: Condition | None = None
    check: Check | None = None  # a command that the bot may run, when a person says so


@dataclass(frozen=True, slots=True, kw_only=True)
class SignOff:
    """One of the signatures that close a deployment. Every role listed must sign."""

    id: ItemId
    text: str
    roles: tuple[Role, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class App:
    """A Fly.io app, its public origin, and how many machines it must have."""

    name: str
    url: str
    machines: int
    strategy: StrategyName = StrategyName.ROLLING
    migrate: MigrateWhen = MigrateWhen.AFTER
    max_unavailable: float = 0.33  # machines that may be away at once: a number from 1 on, a part of them below


@dataclass(frozen=True, slots=True, kw_only=True)
class Database:
    """The Fly.io app and volume that hold production's data, and how many connections it takes."""

    app: str
    volume: str
    max_connections: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Workspace:
    """The one Slack workspace and channel that the bot serves."""

    team_id: str
    channel_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class BlackoutRule:
    """A span in which nothing is deployed: dates in Oslo (both inclusive), the bank holidays, or not yet known."""

    id: str
    reason: str
    owner: Role
    first: date | None = None
    last: date | None = None
    holidays: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class WindowRule:
    """When forward moves may start: weekdays (Monday is 0) and a half-open span of wall time in a zone."""

    zone: str
    days: frozenset[int]
    start: time
    end: time
    warn_start_after: time
    country: str
    also_closed: tuple[tuple[int, int], ...]  # (month, day)
    blackouts: tuple[BlackoutRule, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Checklist:
    """The whole file, validated. `revision` is the SHA-256 of its canonical form."""

    revision: str
    product: str
    workspace: Workspace
    team: Team
    staging: App
    production: App
    window: WindowRule
    sections: tuple[Section, ...]
    rollback: tuple[RollbackStep, ...]
    sign_offs: tuple[SignOff, ...]
    repository: str = ""  # GitHub's owner/name; without it nothing on GitHub can be read
    database: Database | None = None

    def items(self, *phases: Phase) -> Iterator[Item]:
        """Every item of the given phases, in the file's order; all of them when none is given."""
        for section in self.sections:
            if not phases or section.phase in phases:
                yield from section.items

    def may_be_run(self, step: ItemId) -> bool:
        """Whether a step of the rollback is a command that the bot runs when its role says so."""
        return any(line.id == step and line.check is not None for line in self.rollback)

    def item(self, id: ItemId) -> Item | None:
        return next((item for item in self.items() if item.id == id), None)
