"""What machines are configured with, setting by setting, and how that differs. No text of a value is ever told."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import chain

from checklist.plan import NEVER_STOPS, Machine, fingerprint
from checklist.record import Json, canonical
from checklist.words import MachineId

Apps = Mapping[str, tuple[Machine, ...]]
Holder = tuple[str, MachineId]  # an app, and one of its machines

# What a value says in these words is no secret; any other text may be one that was put in the wrong place.
_PLAIN = re.compile(r"\d+(ms|s|m|h)|off|stop|suspend|shared|performance|tcp|udp|http|https|connections|requests")
_IN_CONTAINERS = {"env": "env", "checks": "healthchecks"}
_MOST_MACHINES = 3  # that are worth naming


@dataclass(frozen=True, slots=True)
class Value:
    """The value of a setting: it can be compared, and `shown` is as much of it as may be repeated."""

    text: str = field(repr=False)
    shown: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """A setting, or a whole process group, that is not the same everywhere. `seen` has digests in place of values."""

    group: str
    name: str
    words: str
    seen: dict[str, Json]
    of_group: bool = False  # the whole process group, which one of the apps does not have


def settings(config: Mapping[str, Json], parts: Iterable[str]) -> Mapping[str, Value]:
    """The settings of some parts of a config by name: `APP_URL` of the env, `guest.cpus`, `services.8080/tcp.autostop`.

    Those of a container begin with its name, as `containers.web.env.APP_URL`. What is empty is not set.
    """
    return dict(chain.from_iterable(_settings_of(part, config) for part in parts))


def differences(apps: Apps, parts: Iterable[str]) -> tuple[Difference, ...]:
    """What differs between the machines of one process group, be they of one app or of two.

    Each group has its own env and its own size, so a worker is compared with workers alone. A group that one of the
    apps does not have is a difference too, by the name `groups.worker`.
    """
    parts, groups = tuple(parts), sorted({machine.group for machines in apps.values() for machine in machines})
    found = (_in_group(group, _of_group(apps, group), parts) for group in groups)
    return tuple(chain.from_iterable(found))


def named(ids: Iterable[MachineId]) -> str:
    """Some machines by their ids, the first of many."""
    several = list(ids)
    more = f" and {len(several) - _MOST_MACHINES} more" if len(several) > _MOST_MACHINES else ""
    return f"machine{'s' * (len(several) > 1)} {', '.join(several[:_MOST_MACHINES])}{more}"


def _settings_of(part: str, config: Mapping[str, Json]) -> Iterator[tuple[str, Value]]:
    yield from _env("", config.get(part)) if part == "env" else _plain(part, config.get(part))
    inside = _IN_CONTAINERS.get(part)
    if inside is None:
        return
    for name, container in _parts(config.get("containers")):
        own, called = container.get(inside) if isinstance(container, dict) else None, f"containers.{name}.{inside}"
        yield from _env(f"{called}.", own) if part == "env" else _plain(called, own)


def _env(prefix: str, env: Json) -> Iterator[tuple[str, Value]]:
    for name, value in env.items() if isinstance(env, dict) else ():
        yield f"{prefix}{name}", Value(str(value))


def _plain(name: str, value: Json) -> Iterator[tuple[str, Value]]:
    """Every leaf below this name."""
    if parts := list(_parts(value)):
        for own, part in parts:
            yield from _plain(f"{name}.{own}", part)
    elif name.endswith(".autostop") and not isinstance(value, dict | list):
        yield from _autostop(name, value)
    elif value not in (None, [], {}):
        yield name, Value(canonical(value), _shown(value))


def _autostop(name: str, value: Json) -> Iterator[tuple[str, Value]]:
    """Fly writes it as a word or as a bool; that it never stops is as good as nothing said."""
    if value not in NEVER_STOPS:
        word = "stop" if value is True else value
        yield name, Value(canonical(word), _shown(word))


def _shown(value: Json) -> str:
    if isinstance(value, str):
        return value if _PLAIN.fullmatch(value) else ""
    return canonical(value) if isinstance(value, int | float) else ""


def _parts(value: Json) -> Iterator[tuple[str, Json]]:
    """The parts of an object, and those of a list by what they listen on or are called: its order says nothing."""
    if isinstance(value, dict):
        yield from value.items()
    if isinstance(value, list) and any(isinstance(one, dict) for one in value):
        names = [_called(one) for one in value]
        for place, (name, one) in enumerate(zip(names, value, strict=True), start=1):
            yield (name if name and names.count(name) == 1 else f"{name}#{place}"), one


def _called(one: Json) -> str:
    """A service is its port and protocol, a port its number."""
    if not isinstance(one, dict):
        return ""
    if "internal_port" in one:
        return f"{one['internal_port']}/{one.get('protocol', 'tcp')}"
    return str(one.get("port") or one.get("name") or "")


def _of_group(apps: Apps, group: str) -> Apps:
    return {app: tuple(one for one in machines if one.group == group) for app, machines in apps.items()}


def _in_group(group: str, apps: Apps, parts: tuple[str, ...]) -> Iterator[Difference]:
    without = [app for app, machines in apps.items() if not machines]
    if without:
        words = f"no machine of process group {group} in {' and '.join(without)}"
        seen: dict[str, Json] = dict.fromkeys(without)
        yield Difference(group=group, name=f"groups.{group}", words=words, seen=seen, of_group=True)
        return
    found = {(app, one.id): settings(one.config, parts) for app, machines in apps.items() for one in machines}
    for name in sorted({name for each in found.values() for name in each}):
        values = {holder: each.get(name) for holder, each in found.items()}
        if len(set(values.values())) > 1:
            of = "" if group == "app" else f" in process group {group}"
            words = f"{name}{of}: {_told(values)}"
            yield Difference(group=group, name=name, words=words, seen=_seen(name, values))


def _told(values: Mapping[Holder, Value | None]) -> str:
    """Who has which value, those that have none first."""
    distinct = sorted(dict.fromkeys(values.values()), key=lambda value: value is not None)
    apps = {app: sum(app == other for other, _ in values) for app, _ in values}
    set_ones = [value for value in distinct if value is not None]
    told = []
    for value in distinct:
        holders = [holder for holder, held in values.items() if held == value]
        told.append(f"{_word(value, set_ones)} {_where(holders, apps)}")
    return ", ".join(told)


def _word(value: Value | None, others: list[Value]) -> str:
    if value is None:
        return "not set"
    if value.shown:
        return value.shown
    if len(others) == 1:
        return "set"
    return "one value" if value == others[0] else "another"


def _where(holders: list[Holder], sizes: Mapping[str, int]) -> str:
    """An app where all of its machines are meant, and else these machines of it."""
    places = []
    for app, size in sizes.items():
        ids = [id for other, id in holders if other == app]
        if ids:
            places.append(f"in {app}" if len(ids) == size else f"on {named(ids)} of {app}")
    return " and ".join(places)


def _seen(name: str, values: Mapping[Holder, Value | None]) -> dict[str, Json]:
    """By app and machine: the digest of the value, or none where it is not set."""
    seen: dict[str, dict[str, Json]] = {app: {} for app, _ in values}
    for (app, id), value in values.items():
        seen[app][id] = None if value is None else fingerprint(name, value.text)
    return {**seen}
