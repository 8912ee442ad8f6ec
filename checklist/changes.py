"""What differs between two plans, line by line, in words that name the thing and not its digest."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime

from checklist.calendar import Window
from checklist.plan import MAINTENANCE, Plan, PlannedMachine

MOST = 5  # changes that are named in one message
SHORT = 12  # digits of a digest that tell two apart


def changes(before: Plan, now: Plan) -> tuple[str, ...]:
    """What is no longer as it was planned. Machines first: it is they that are changed behind one's back."""
    lines = (_machines(before, now), _secrets(before, now), _facts(before, now), _results(before, now))
    return tuple(line for part in lines for line in part)


def said(changed: Iterable[str]) -> str:
    """The changes as the reason for which an approval is void; the card has room for the first few."""
    lines = tuple(changed)
    more = f"; and {len(lines) - MOST} more" if len(lines) > MOST else ""
    return "the plan changed: " + "; ".join(lines[:MOST]) + more


def _machines(before: Plan, now: Plan) -> Iterator[str]:
    old, new = ({machine.id: machine for machine in plan.machines} for plan in (before, now))
    for id in sorted(old.keys() | new.keys()):
        if id not in new:
            yield f"machine {id} is gone"
        elif id not in old:
            yield f"machine {id} is new, and runs {_runs(new[id])}"
        elif old[id] != new[id]:
            yield from _machine(old[id], new[id])


def _machine(old: PlannedMachine, new: PlannedMachine) -> Iterator[str]:
    """What was done to the machine; that it has another version of its own says nothing more."""
    seen = list(_seen(old, new))
    yield from seen
    if not seen and old.config_hash != new.config_hash:
        yield f"machine {new.id} has other settings now ({new.config_hash[:SHORT]}, not {old.config_hash[:SHORT]})"
    elif not seen:
        yield f"machine {new.id} was updated by someone, and is at {new.instance_id} now"


def _seen(old: PlannedMachine, new: PlannedMachine) -> Iterator[str]:
    if (old.digest, old.version) != (new.digest, new.version):
        yield f"machine {new.id} now runs {_runs(new)}, not {_runs(old)}"
    if old.maintenance != new.maintenance:
        yield f"machine {new.id} now has {MAINTENANCE} {_set(new.maintenance)}, not {_set(old.maintenance)}"
    if old.group != new.group:
        yield f"machine {new.id} now belongs to {new.group}, not to {old.group}"
    if old.reachable != new.reachable:
        yield f"the host of machine {new.id} can {'now' if new.reachable else 'no longer'} be reached"
    for name, how in _named(old.env, new.env):
        yield f"{name} was {how} in the environment of machine {new.id}"


def _secrets(before: Plan, now: Plan) -> Iterator[str]:
    for name, how in _named(before.secrets, now.secrets):
        yield f"the secret {name} of {now.app} was {how}"
    if before.staged is not None and now.staged is not None:
        for name in sorted({*before.staged} ^ {*now.staged}):
            yield f"the secret {name} of {now.app} is staged{'' if name in now.staged else ' no longer'}"


def _named(old: Mapping[str, str], new: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    for name in sorted(old.keys() | new.keys()):
        if old.get(name) != new.get(name):
            yield name, "added" if name not in old else "removed" if name not in new else "changed"


def _facts(before: Plan, now: Plan) -> Iterator[str]:
    for name, say in FACTS.items():
        if say(before) != say(now):
            yield f"the {name} is now {say(now)}, not {say(before)}"
    if before.checklist != now.checklist:
        yield f"the checklist itself was changed (it is now {now.checklist[:SHORT]}, not {before.checklist[:SHORT]})"


def _results(before: Plan, now: Plan) -> Iterator[str]:
    old, new = ({result.item: f"{result.state} by {result.by}" for result in plan.results} for plan in (before, now))
    for item in sorted(old.keys() | new.keys()):
        if old.get(item) != new.get(item):
            yield f"{item} is now {new.get(item, 'not asked for')}, not {old.get(item, 'not asked for')}"


def _runs(machine: PlannedMachine) -> str:
    return f"{machine.version} ({machine.digest[7 : 7 + SHORT]})" if machine.version else machine.digest[: 7 + SHORT]


def _set(value: str | None) -> str:
    return "unset" if value is None else f"set to “{value}”"


def _window(plan: Plan) -> str:
    if plan.window is None:
        return "none"
    opens, _, closes = plan.window.partition("/")
    return Window(datetime.fromisoformat(opens), datetime.fromisoformat(closes)).words


# The plan's own facts, each as people name it, and what it is in words.
FACTS: Mapping[str, Callable[[Plan], str]] = {
    "deployment": lambda plan: plan.deployment,
    "version": lambda plan: plan.version,
    "app": lambda plan: plan.app,
    "image": lambda plan: plan.image[: 7 + SHORT],
    "version to come back to": lambda plan: f"{plan.rollback_version} ({plan.rollback[7 : 7 + SHORT]})",
    "moment of a migration": lambda plan: f"{plan.migrate} the rollout",
    "maintenance mode": lambda plan: "on" if plan.maintenance else "off",
    "list of commands": lambda plan: ", ".join(plan.commands) or "empty",
    "requester": lambda plan: plan.requester,
    "deploy engineer": lambda plan: plan.engineer,
    "strategy": lambda plan: f"{plan.strategy}, {plan.max_unavailable:g} away at once",
    "window": _window,
}
