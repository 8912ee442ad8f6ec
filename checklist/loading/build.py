"""From the file's layout to the domain's objects. Everything has been checked before."""

from checklist.definition import (
    App,
    BlackoutRule,
    Checklist,
    Database,
    Item,
    RollbackStep,
    Section,
    SignOff,
    WindowRule,
    Workspace,
)
from checklist.kinds import Check
from checklist.loading.rules import needed_for
from checklist.loading.shape import DAYS, AppShape, BlackoutShape, CalendarShape, FileShape, ItemShape
from checklist.people import Person, Team
from checklist.words import ItemId, PersonId


def build(shape: FileShape, revision: str) -> Checklist:
    return Checklist(
        revision=revision,
        product=shape.product,
        workspace=Workspace(team_id=shape.workspace.team_id, channel_id=shape.workspace.channel_id),
        team=_team(shape),
        staging=_app(shape.apps.staging),
        production=_app(shape.apps.production),
        window=_window(shape.calendar),
        sections=tuple(_section(shape, number) for number in range(len(shape.sections))),
        rollback=tuple(
            RollbackStep(
                id=ItemId(step.id),
                text=step.text,
                role=step.role,
                when=step.when,
                check=Check(step.check) if step.check else None,
            )
            for step in shape.rollback
        ),
        sign_offs=tuple(SignOff(id=ItemId(each.id), text=each.text, roles=each.roles) for each in shape.sign_offs),
        repository=shape.repository or "",
        database=_database(shape),
    )


def _team(shape: FileShape) -> Team:
    people = {
        PersonId(id): Person(id=PersonId(id), name=each.name, kind=each.kind, slack=each.slack, github=each.github)
        for id, each in shape.people.items()
    }
    roles = {role: tuple(PersonId(person) for person in holders) for role, holders in shape.roles.items()}
    return Team(people=people, roles=roles)


def _app(shape: AppShape) -> App:
    return App(
        name=shape.name,
        url=shape.url,
        machines=shape.machines,
        strategy=shape.strategy,
        migrate=shape.migrate,
        max_unavailable=shape.max_unavailable,
    )


def _database(shape: FileShape) -> Database | None:
    database = shape.database
    if database is None:
        return None
    return Database(app=database.app, volume=database.volume, max_connections=database.max_connections)


def _window(shape: CalendarShape) -> WindowRule:
    window = shape.window
    return WindowRule(
        zone=shape.zone,
        days=frozenset(DAYS.index(day) for day in window.days),
        start=window.start,
        end=window.end,
        warn_start_after=window.warn_start_after,
        country=shape.holidays.country,
        also_closed=shape.holidays.also,
        blackouts=tuple(_blackout(each) for each in shape.blackouts),
    )


def _blackout(shape: BlackoutShape) -> BlackoutRule:
    return BlackoutRule(
        id=shape.id,
        reason=shape.reason,
        owner=shape.owner,
        first=shape.span.first if shape.span else None,
        last=shape.span.last if shape.span else None,
        holidays=shape.dates == "holidays",
    )


def _section(shape: FileShape, number: int) -> Section:
    section = shape.sections[number]
    items = tuple(_item(shape, number, item) for item in section.items)
    return Section(id=section.id, title=section.title, phase=section.phase, items=items)


def _item(shape: FileShape, section: int, item: ItemShape) -> Item:
    return Item(
        id=ItemId(item.id),
        text=item.text,
        section=shape.sections[section].id,
        phase=shape.sections[section].phase,
        proof=item.proof,
        role=item.role,
        check=Check(item.check) if item.check else None,
        needed_for=needed_for(shape, section, item),
        when=item.when,
        ttl=item.ttl,
        waivable=item.waivable,
        distinct_from=frozenset(item.distinct_from),
        evidence=item.evidence,
    )
