"""Kept configs: the whole configuration of a machine as it was before a deployment touched it, but for its secrets."""

import copy
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from checklist.fly_releases import MARKS
from checklist.plan import IMAGE_TAG, LAUNCH_ID, Machine, fingerprint
from checklist.record import Json, canonical
from checklist.redaction import Redactor
from checklist.words import MachineId

# What is called so may be a secret though it has no known form: it costs little to leave it out, for Fly still has it.
SECRET_NAME = re.compile(r"secret|token|passw|credential|private|raw_value|(?:^|_)(?:key|pwd|dsn|auth)(?:_|$)", re.I)
# What every way back brings back, what every release writes anew, and our mark on a machine that took a place.
NO_DIFFERENCE = frozenset({"/image", *(f"/metadata/{mark}" for mark in (IMAGE_TAG, LAUNCH_ID, *MARKS))})


class ValuesGone(Exception):
    """Values that were left out of a kept config are found nowhere any more, by their pointers."""

    def __init__(self, pointers: tuple[str, ...]) -> None:
        super().__init__(", ".join(map(spelled, pointers)))
        self.pointers = pointers


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptConfig:
    """The platform's raw JSON, with null for what is secret; `hidden` has the digests of that, by JSON Pointer."""

    machine: MachineId
    instance_id: str
    body: Mapping[str, Json]
    hidden: Mapping[str, str]

    def missing_in(self, *sources: Mapping[str, Json]) -> tuple[str, ...]:
        """The values left out that none of these configs has."""
        return tuple(pointer for pointer in self.hidden if not any(self._has(one, pointer) for one in sources))

    def restored(self, *sources: Mapping[str, Json]) -> dict[str, Json]:
        """The whole config, what was left out taken from these configs where its digest agrees. Raises ValuesGone."""
        missing = self.missing_in(*sources)
        if missing:
            raise ValuesGone(missing)
        config = copy.deepcopy(dict(self.body))
        for pointer in self.hidden:
            _put(config, pointer, next(_at(one, pointer) for one in sources if self._has(one, pointer)))
        return config

    def differences(self, config: Mapping[str, Json]) -> tuple[str, ...]:
        """The pointers under which this config is another, whatever image it names."""
        return tuple(pointer for pointer in self._differing(dict(self.body), dict(config), "") if _counts(pointer))

    def _has(self, config: Mapping[str, Json], pointer: str) -> bool:
        try:
            return self._is_hidden_as(pointer, _at(config, pointer))
        except LookupError:
            return False

    def _is_hidden_as(self, pointer: str, value: Json) -> bool:
        return _digest(pointer, value) == self.hidden[pointer]

    def _differing(self, kept: Json, now: Json, pointer: str) -> Iterator[str]:
        if pointer in self.hidden:
            yield from () if self._is_hidden_as(pointer, now) else (pointer,)
        elif isinstance(kept, dict) and isinstance(now, dict):
            for key in sorted({*kept, *now}):
                inside = _into(pointer, key)
                if key in kept and key in now:
                    yield from self._differing(kept[key], now[key], inside)
                else:
                    yield inside
        elif isinstance(kept, list) and isinstance(now, list) and len(kept) == len(now):
            for number, (one, other) in enumerate(zip(kept, now, strict=True)):
                yield from self._differing(one, other, _into(pointer, str(number)))
        elif kept != now:
            yield pointer


def keep(machine: Machine, redactor: Redactor) -> KeptConfig:
    """The machine's config as it may be written down: no value that is a secret, or is called like one."""
    found = dict(_secrets(dict(machine.config), "", redactor))
    body = copy.deepcopy(dict(machine.config))
    for pointer in found:
        _put(body, pointer, None)
    hidden = {pointer: _digest(pointer, value) for pointer, value in found.items()}
    return KeptConfig(machine=machine.id, instance_id=machine.instance_id, body=body, hidden=hidden)


def spelled(pointer: str) -> str:
    """A pointer as people read it: "env LOG_LEVEL", "services.0.internal_port"."""
    parts = _keys(pointer)
    return f"env {parts[1]}" if parts[:1] == ["env"] and len(parts) == 2 else ".".join(parts)


def _counts(pointer: str) -> bool:
    return pointer not in NO_DIFFERENCE


def _secrets(value: Json, pointer: str, redactor: Redactor) -> Iterator[tuple[str, Json]]:
    """What must not be written down, by its pointer; an object with a secret among its keys is one as a whole."""
    if isinstance(value, str):
        if value and (redactor.text(value) != value or SECRET_NAME.search(pointer.rpartition("/")[2])):
            yield pointer, value
    elif isinstance(value, dict):
        if pointer and any(redactor.text(key) != key for key in value):
            yield pointer, value
            return
        for key, inside in value.items():
            yield from _secrets(inside, _into(pointer, key), redactor)
    elif isinstance(value, list):
        for number, inside in enumerate(value):
            yield from _secrets(inside, _into(pointer, str(number)), redactor)


def _digest(pointer: str, value: Json) -> str:
    return fingerprint(pointer, value if isinstance(value, str) else canonical(value))


def _into(pointer: str, key: str) -> str:
    """One step deeper, as RFC 6901 spells it."""
    return f"{pointer}/{key.replace('~', '~0').replace('/', '~1')}"


def _keys(pointer: str) -> list[str]:
    return [part.replace("~1", "/").replace("~0", "~") for part in pointer.split("/")[1:]]


def _at(config: Mapping[str, Json], pointer: str) -> Json:
    """Raises LookupError."""
    found: Json = dict(config)
    for key in _keys(pointer):
        if isinstance(found, dict):
            found = found[key]
        elif isinstance(found, list) and key.isdecimal():
            found = found[int(key)]
        else:
            raise LookupError(pointer)
    return found


def _put(config: dict[str, Json], pointer: str, value: Json) -> None:
    above, key = pointer.rpartition("/")[0], _keys(pointer)[-1]
    holder = config if not above else _at(config, above)
    if isinstance(holder, list):
        holder[int(key)] = value
    elif isinstance(holder, dict):
        holder[key] = value
