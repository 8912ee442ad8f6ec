"""What must hold between the parts of a checklist file, once each part has its form."""

from collections.abc import Iterable, Iterator
from itertools import chain

from checklist.kinds import AllOf, HttpBurst, HttpProbe, Params
from checklist.kinds.base import near
from checklist.loading.document import Path
from checklist.loading.shape import FileShape, ItemShape
from checklist.words import Kind, NeededFor, Phase, Proof, Role, Tie

Breach = tuple[Path, str, str]  # where, what is wrong, what to write instead

NEEDED_FOR = {
    Phase.PRE: (NeededFor.SUBMIT, NeededFor.START),
    Phase.POST: (NeededFor.WITHIN_15_MINUTES, NeededFor.WITHIN_30_MINUTES, NeededFor.WITHIN_60_MINUTES),
}
BEFORE_DEPLOYMENT = {Phase.PRE: NeededFor.SUBMIT}


def breaches(shape: FileShape) -> Iterator[Breach]:
    """Everything that the parts of a well-formed file say against each other."""
    rules = (_ids, _accounts, _roles, _role_holders, _approvers, _window, _blackouts, _deadlines, _proofs, _urls)
    yield from chain.from_iterable(rule(shape) for rule in rules)
    yield from chain(_references(shape), _independence(shape))


def needed_for(shape: FileShape, section: int, item: ItemShape) -> NeededFor | None:
    """What an item is needed for: its own word, its section's, or what its phase means by itself."""
    group = shape.sections[section]
    return item.needed_for or group.needed_for or BEFORE_DEPLOYMENT.get(group.phase)


def _items(shape: FileShape) -> Iterator[tuple[Path, ItemShape]]:
    for number, section in enumerate(shape.sections):
        for index, item in enumerate(section.items):
            yield ("sections", number, "items", index), item


def _ids(shape: FileShape) -> Iterator[Breach]:
    steps: Iterator[tuple[Path, str]] = ((("rollback", n), step.id) for n, step in enumerate(shape.rollback))
    sign_offs: Iterator[tuple[Path, str]] = ((("sign_offs", n), each.id) for n, each in enumerate(shape.sign_offs))
    sections: Iterator[tuple[Path, str]] = ((("sections", n), each.id) for n, each in enumerate(shape.sections))
    blackouts: Iterator[tuple[Path, str]] = (
        (("calendar", "blackouts", n), each.id) for n, each in enumerate(shape.calendar.blackouts)
    )
    yield from _twice(chain(((path, item.id) for path, item in _items(shape)), steps, sign_offs))
    yield from _twice(sections)
    yield from _twice(blackouts)


def _twice(ids: Iterable[tuple[Path, str]]) -> Iterator[Breach]:
    seen: set[str] = set()
    for path, id in ids:
        if id in seen:
            yield (*path, "id"), f"the id {id!r} comes twice", "an id of its own"
        seen.add(id)


def _accounts(shape: FileShape) -> Iterator[Breach]:
    owners: dict[tuple[str, str], str] = {}
    for id, person in shape.people.items():
        accounts: list[tuple[str, int, str]] = [("slack", n, name) for n, name in enumerate(person.slack)]
        accounts += [("github", n, name.lower()) for n, name in enumerate(person.github)]
        for place, number, account in accounts:
            owner = owners.setdefault((place, account), id)
            if owner != id:
                where: Path = ("people", id, place, number)
                yield where, f"the {place} account {account} is {owner}'s already", "each account under one person"


def _roles(shape: FileShape) -> Iterator[Breach]:
    for role, people in shape.roles.items():
        for number, person in enumerate(people):
            if person not in shape.people:
                instead = near(person, shape.people, "a key of `people`")
                yield ("roles", role.value, number), f"nobody is called {person!r}", instead


def _role_holders(shape: FileShape) -> Iterator[Breach]:
    for path, role in _roles_used(shape):
        if not shape.roles.get(role):
            yield path, f"nobody holds the role {role}", f"`{role}: [a person]` under `roles`"


def _roles_used(shape: FileShape) -> Iterator[tuple[Path, Role]]:
    for path, item in _items(shape):
        yield (*path, "role"), item.role
        for role in item.check.roles_named if item.check else ():
            yield (*path, "check"), role
    for number, step in enumerate(shape.rollback):
        yield ("rollback", number, "role"), step.role
    for number, sign_off in enumerate(shape.sign_offs):
        for index, role in enumerate(sign_off.roles):
            yield ("sign_offs", number, "roles", index), role
    for number, blackout in enumerate(shape.calendar.blackouts):
        yield ("calendar", "blackouts", number, "owner"), blackout.owner


def _approvers(shape: FileShape) -> Iterator[Breach]:
    approvers = shape.roles.get(Role.APPROVER, ())
    known = [shape.people[person] for person in approvers if person in shape.people]
    if len(known) == len(approvers) and not any(person.kind is Kind.HUMAN for person in known):
        path: Path = ("roles", "approver") if approvers else ("roles",)
        yield path, "no human may approve", "`approver:` with at least one person of kind human"


def _window(shape: FileShape) -> Iterator[Breach]:
    window = shape.calendar.window
    if window.start >= window.end:
        yield ("calendar", "window", "end"), "the window ends before it starts", "an end later in the same day"
    elif not window.start <= window.warn_start_after <= window.end:
        yield ("calendar", "window", "warn_start_after"), "it lies outside the window", "a time between start and end"


def _blackouts(shape: FileShape) -> Iterator[Breach]:
    for number, blackout in enumerate(shape.calendar.blackouts):
        if blackout.span and blackout.span.last < blackout.span.first:
            path = ("calendar", "blackouts", number, "dates")
            yield path, "the blackout ends before it begins", "a last day that is not before the first"


def _deadlines(shape: FileShape) -> Iterator[Breach]:
    for path, item in _items(shape):
        section = shape.sections[int(path[1])]
        allowed = NEEDED_FOR.get(section.phase, ())
        needed = needed_for(shape, int(path[1]), item)
        if needed not in allowed and (needed or allowed):
            said = f"needed_for {needed}" if needed else "no needed_for"
            instead = f"one of {', '.join(allowed)}" if allowed else "remove it"
            yield (*path, "needed_for"), f"{said} in a section of phase {section.phase}", instead


def _proofs(shape: FileShape) -> Iterator[Breach]:
    for path, item in _items(shape):
        if item.check is None and item.proof in (Proof.AUTO, Proof.AUTO_CONFIRM):
            yield (*path, "proof"), f"proof {item.proof}, and no check to read", "a `check:`, or `proof: attest`"


def _urls(shape: FileShape) -> Iterator[Breach]:
    for path, item in _items(shape):
        for params in _flat(item.check):
            if isinstance(params, HttpProbe | HttpBurst) and not params.url.startswith(
                ("${prod_url}/", "${staging_url}/")
            ):
                yield (*path, "check", "url"), f"a host of its own: {params.url}", "${prod_url}/… or ${staging_url}/…"


def _flat(params: Params | None) -> Iterator[Params]:
    if isinstance(params, AllOf):
        yield from chain.from_iterable(_flat(part) for part in params.checks)
    elif params:
        yield params


def _references(shape: FileShape) -> Iterator[Breach]:
    known = {item.id for _, item in _items(shape)}
    for path, item in _items(shape):
        for name in item.check.items_named if item.check else ():
            if name not in known:
                yield (*path, "check"), f"there is no item {name!r}", near(name, known, "the id of an item")
            elif name == item.id:
                yield (*path, "check"), "the check reads its own item", "the id of another item"


def _independence(shape: FileShape) -> Iterator[Breach]:
    """Whoever deploys also asks for it most days: what needs another person must have one."""
    engineers = shape.roles.get(Role.DEPLOY_ENGINEER, ())
    for path, item in _items(shape):
        holders = shape.roles.get(item.role, ())
        tied = {Tie.REQUESTER, Tie.ENGINEER} & set(item.distinct_from)
        if tied and len(holders) == 1 and holders[0] in engineers:
            message = f"only {holders[0]}, a deploy engineer, holds {item.role}, and may not settle it"
            yield (*path, "role"), message, "a role that somebody else holds too"
