"""Drift: what differs in production from what the record knows of it, and no run of ours has announced."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from checklist.changes import MOST, SHORT
from checklist.launches import launch_id_of
from checklist.plan import Machine, config_hash
from checklist.record import Entry, Json, canonical, sha256
from checklist.words import ImageDigest, MachineId

CREATE, DESTROY = "machine.create.intended", "machine.destroy.intended"
ANNOUNCE = frozenset({"machine.update.intended", CREATE, DESTROY})
ENV = "env."
IMAGE = "image"


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownMachine:
    """One production machine as it was left by us, or acknowledged. It holds no value of its config.

    `parts` has each path of the config with a digest of its value. Intents after entry `since` may explain more.
    """

    id: MachineId
    instance_id: str
    digest: ImageDigest
    tag: str
    config_hash: str
    parts: Mapping[str, str]
    since: int

    @property
    def state(self) -> tuple[str, str]:
        """What must not change unless a run has announced it."""
        return self.digest, self.config_hash

    @property
    def runs(self) -> str:
        short = self.digest[7 : 7 + SHORT]
        return f"{self.tag} ({short})" if self.tag else short


@dataclass(frozen=True, slots=True, kw_only=True)
class Intent:
    """What a run wrote down before it was sent; `state` is what the machine is afterwards, None when it is gone.

    A machine that is yet to be made is known by its launch id alone.
    """

    seq: int
    machine: MachineId
    state: tuple[str, str] | None
    launch: str = ""

    def is_of(self, seen: Machine) -> bool:
        return seen.id == self.machine or bool(self.launch and self.launch == launch_id_of(seen))


@dataclass(frozen=True, slots=True, kw_only=True)
class Drift:
    """A difference that nobody has acknowledged yet. `found` is what an acknowledgement makes the known state."""

    app: str
    key: str  # the same drift has the same key
    lines: tuple[str, ...]
    found: tuple[KnownMachine, ...]
    seen_at: datetime
    number: int = 0  # counted by the record


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """What one look at production has found: `known` with all that our runs explain, and what nothing explains."""

    known: tuple[KnownMachine, ...]
    found: tuple[KnownMachine, ...]
    machines: tuple[MachineId, ...]  # those that drifted
    lines: tuple[str, ...]
    key: str


def known(machine: Machine, *, since: int) -> KnownMachine:
    """The machine as it is, to be known by from now on."""
    return KnownMachine(
        id=machine.id,
        instance_id=machine.instance_id,
        digest=machine.digest,
        tag=machine.tag,
        config_hash=config_hash(machine.config),
        parts={path: sha256(f"{path}={canonical({'': value})}")[:SHORT] for path, value in _paths(machine.config)},
        since=since,
    )


def intents(entries: Iterable[Entry]) -> tuple[Intent, ...]:
    """What our runs have announced, in order."""
    return tuple(_intent(entry) for entry in entries if entry.fact.kind in ANNOUNCE)


def compare(before: Sequence[KnownMachine], seen: Sequence[Machine], announced: Sequence[Intent], head: int) -> Look:
    """Hold production as it is seen against what was known of it. `head` is the record's last entry.

    A machine on an unreachable host shows nothing, so it stays as it was known.
    """
    was, now = {machine.id: machine for machine in before}, {machine.id: machine for machine in seen}
    explained, found, differs = dict(was), dict(was), dict[MachineId, KnownMachine | None]()
    for id in sorted(was.keys() | now.keys()):
        if id not in now:
            del found[id]
            if _is_destroyed(was[id], announced):
                del explained[id]
            else:
                differs[id] = None
        elif now[id].reachable and now[id].config:
            here = _explained(now[id], was.get(id), [intent for intent in announced if intent.is_of(now[id])])
            found[id] = here or known(now[id], since=was[id].since if id in was else head)
            differs |= {} if here else {id: found[id]}
            explained |= {id: here} if here else {}
    lines = tuple(line for id, machine in differs.items() for line in _told(id, was.get(id), machine))
    return Look(
        known=tuple(explained.values()),
        found=tuple(found.values()),
        machines=tuple(differs),
        lines=lines,
        key=sha256(canonical({id: list(m.state) if m else None for id, m in differs.items()}))[:SHORT],
    )


def shortened(lines: Sequence[str]) -> tuple[str, ...]:
    """As many of the lines as one message has room for."""
    more = (f"and {len(lines) - MOST} more",) if len(lines) > MOST else ()
    return (*lines[:MOST], *more)


def _intent(entry: Entry) -> Intent:
    body = entry.fact.body
    state = None if entry.fact.kind == DESTROY else (str(body["image"]), str(body["config"]))
    machine, launch = body.get("machine", ""), body["key"] if entry.fact.kind == CREATE else ""
    return Intent(seq=entry.seq, machine=MachineId(str(machine)), state=state, launch=str(launch))


def _is_destroyed(was: KnownMachine, announced: Sequence[Intent]) -> bool:
    return any(one.machine == was.id and one.state is None and one.seq > was.since for one in announced)


def _explained(seen: Machine, was: KnownMachine | None, announced: Sequence[Intent]) -> KnownMachine | None:
    """The machine as it is known from now on; None when nobody of ours has done this to it."""
    state = (seen.digest, config_hash(seen.config))
    if was and was.state == state:
        return replace(was, instance_id=seen.instance_id)
    for intent in announced:
        if was and intent.seq <= was.since:
            continue
        if intent.state == state:
            return known(seen, since=intent.seq)
        if was and intent.state and intent.state[1] == state[1] and (seen.moving or seen.digest == was.digest):
            return was  # on its way, or Fly could not pull the image, which the run sees for itself
    return None


def _told(id: MachineId, was: KnownMachine | None, now: KnownMachine | None) -> Iterator[str]:
    if now is None:
        yield f"machine {id} is gone"
        return
    if was is None:
        yield f"machine {id} is new, and runs {now.runs}"
        return
    if was.digest != now.digest:
        yield f"machine {id} now runs {now.runs}, not {was.runs}"
    for path in sorted(was.parts.keys() | now.parts.keys()):
        if was.parts.get(path) != now.parts.get(path) and not (path == IMAGE and was.digest != now.digest):
            how = "added" if path not in was.parts else "removed" if path not in now.parts else "changed"
            where = "environment" if path.startswith(ENV) else "config"
            yield f"{path.removeprefix(ENV)} was {how} in the {where} of machine {id}"


def _paths(value: Json | Mapping[str, Json], path: str = "") -> Iterator[tuple[str, Json]]:
    """Every leaf of a config with the way to it: `services[0].internal_port`."""
    if isinstance(value, Mapping) and value:
        for key, part in value.items():
            yield from _paths(part, f"{path}.{key}" if path else key)
    elif isinstance(value, list) and value:
        for number, part in enumerate(value):
            yield from _paths(part, f"{path}[{number}]")
    else:
        yield path, value if not isinstance(value, Mapping) else {}
