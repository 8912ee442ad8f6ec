"""The layout of checklist.yml: every key that it may have, and the form of every value."""

from datetime import date, time
from typing import Annotated, Literal
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import holidays
from pydantic import AfterValidator, BeforeValidator, Discriminator, Field, Tag

from checklist.kinds import AnyParams, Duration, FlyExec
from checklist.kinds.base import Strict, Wrong
from checklist.words import Condition, Kind, MigrateWhen, NeededFor, Phase, Proof, Role, StrategyName, Tie

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


def _place(zone: str) -> str:
    """A zone that is a place: only places know when summer time begins."""
    try:
        known = bool(ZoneInfo(zone))
    except (ZoneInfoNotFoundError, ValueError, OSError):
        known = False
    if not known or "/" not in zone or zone.startswith("Etc/"):
        raise Wrong(f"{zone!r} is no time zone of a place", "Europe/Oslo")
    return zone


def _country(code: str) -> str:
    if code not in holidays.list_supported_countries():
        raise Wrong(f"no holidays are known for {code!r}", "a country's two letters, as NO")
    return code


def _origin(url: str) -> str:
    """An http(s) address to which paths are added: no query, no password, no slash at the end."""
    parts = urlsplit(url)
    plain = not (parts.query or parts.fragment or parts.username or parts.password or url.endswith("/"))
    if parts.scheme not in {"http", "https"} or not parts.hostname or not plain:
        raise Wrong(f"{url!r} is no http(s) origin", "an address as https://getdrop.no, with no slash at its end")
    return url


def _wall_time(text: object) -> time:
    try:
        return time.fromisoformat(text) if isinstance(text, str) and len(text) == len("02:00") else _no_time(text)
    except ValueError:
        return _no_time(text)


def _no_time(text: object) -> time:
    raise Wrong(f"{text!r} is no time of day", '"02:00", hours and minutes')


def _month_day(text: object) -> tuple[int, int]:
    try:
        day = date.fromisoformat(f"2028-{text}")  # a leap year, so that 02-29 is a day
    except ValueError:
        raise Wrong(f"{text!r} is no day of the year", '"12-24", month and day') from None
    return day.month, day.day


Id = Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]*$")]
Words = Annotated[str, Field(min_length=1, pattern=r"\S")]
SlackUser = Annotated[str, Field(pattern=r"^[UW][A-Z0-9]{2,}$")]
WallTime = Annotated[time, BeforeValidator(_wall_time)]
MonthDay = Annotated[tuple[int, int], BeforeValidator(_month_day)]
Origin = Annotated[str, AfterValidator(_origin)]


class WorkspaceShape(Strict):
    team_id: Annotated[str, Field(pattern=r"^T[A-Z0-9]{2,}$")]
    channel_id: Annotated[str, Field(pattern=r"^[CG][A-Z0-9]{2,}$")]


class PersonShape(Strict):
    name: Words
    kind: Kind
    slack: tuple[SlackUser, ...] = ()
    github: tuple[Words, ...] = ()


class AppShape(Strict):
    name: Words
    url: Origin
    machines: int = Field(ge=1)
    strategy: StrategyName = StrategyName.ROLLING
    migrate: MigrateWhen = MigrateWhen.AFTER
    max_unavailable: float = Field(default=0.33, gt=0)


class AppsShape(Strict):
    staging: AppShape
    production: AppShape


class DatabaseShape(Strict):
    app: Words
    volume: Words
    max_connections: int = Field(ge=1)


class WindowShape(Strict):
    days: Annotated[tuple[Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"], ...], Field(min_length=1)]
    start: WallTime
    end: WallTime
    warn_start_after: WallTime


class HolidaysShape(Strict):
    country: Annotated[str, AfterValidator(_country)]
    also: tuple[MonthDay, ...] = ()


class DatesShape(Strict):
    first: date
    last: date


def _form_of_dates(dates: object) -> str:
    return "span" if isinstance(dates, dict | DatesShape) else "word"


Dates = Annotated[
    Annotated[Literal["TBD", "holidays"], Tag("word")] | Annotated[DatesShape, Tag("span")],
    Discriminator(_form_of_dates),
]


class BlackoutShape(Strict):
    id: Id
    reason: Words
    owner: Role
    dates: Dates

    @property
    def span(self) -> DatesShape | None:
        return self.dates if isinstance(self.dates, DatesShape) else None


class CalendarShape(Strict):
    zone: Annotated[str, AfterValidator(_place)]
    window: WindowShape
    holidays: HolidaysShape
    blackouts: tuple[BlackoutShape, ...] = ()


class ItemShape(Strict):
    id: Id
    text: Words
    proof: Proof
    role: Role
    check: AnyParams | None = None
    needed_for: NeededFor | None = None
    when: Condition | None = None
    ttl: Duration | None = None
    waivable: bool = True
    distinct_from: tuple[Tie, ...] = ()
    evidence: str = ""


class SectionShape(Strict):
    id: Id
    title: Words
    phase: Phase
    needed_for: NeededFor | None = None  # what its items are needed for, unless they say otherwise
    items: Annotated[tuple[ItemShape, ...], Field(min_length=1)]


class StepShape(Strict):
    id: Id
    text: Words
    role: Role
    when: Condition | None = None
    check: FlyExec | None = None


class SignOffShape(Strict):
    id: Id
    text: Words
    roles: Annotated[tuple[Role, ...], Field(min_length=1)]


class FileShape(Strict):
    """The whole file, top to bottom."""

    version: Literal[1]
    product: Words
    repository: Annotated[str, Field(pattern=r"^[\w.-]+/[\w.-]+$")] | None = None
    workspace: WorkspaceShape
    people: dict[Id, PersonShape]
    roles: dict[Role, tuple[str, ...]]
    apps: AppsShape
    database: DatabaseShape | None = None
    calendar: CalendarShape
    sections: Annotated[tuple[SectionShape, ...], Field(min_length=1)]
    rollback: tuple[StepShape, ...]
    sign_offs: tuple[SignOffShape, ...]
