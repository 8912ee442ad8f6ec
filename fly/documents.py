"""Fly's JSON, as far as we use it, turned into the domain's machines and leases. Unknown keys are left alone."""

import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from itertools import takewhile
from typing import Any, Literal  # Any: what a list holds was read as JSON a moment ago, and not every value anew

from pydantic import AliasChoices, AwareDatetime, BaseModel, Field, JsonValue, TypeAdapter

from checklist.jobs import ONE_OFF_GROUPS, OneOff, Ran
from checklist.plan import IMAGE_TAG, LAUNCH_ID, Machine, process_group
from checklist.ports import Lease
from checklist.record import Json
from checklist.secrets import Secret
from checklist.words import ImageDigest, MachineId

_COMPATIBILITY = "bg_deployments_compat"  # checks invented for old flyctls (fly-go `RemoveCompatChecks`)


_BEGUN = frozenset({"starting", "started", "stopping", "restarting"})
_DURATION = re.compile(r"(\d{1,6}(?:\.\d{1,6})?)(h|ms|m|s)")
_UNITS = {
    "h": timedelta(hours=1),
    "m": timedelta(minutes=1),
    "s": timedelta(seconds=1),
    "ms": timedelta(milliseconds=1),
}
_LONGEST_STOP = timedelta(hours=24)  # that Fly gives a machine
_LONGEST_PROOF = timedelta(hours=1)
_LONGEST = timedelta(days=365)
_UNTIL_ANSWERED = ("grace_period", "interval", "timeout")
_LIST = TypeAdapter(list[dict[str, Any]])


class _ImageRef(BaseModel):
    tag: str | None = None
    digest: str | None = None


class _Check(BaseModel):
    name: str
    status: str


class _Exit(BaseModel):
    requested_stop: bool = False
    exit_code: int | None = None


class _Ended(BaseModel):
    exit_event: _Exit | None = None


class _Request(_Ended):
    """Where an exit is told: in the monitor's own event if there is one (fly-go `GetExitCode`)."""

    monitor_event: _Ended | None = Field(default=None, alias="MonitorEvent")

    @property
    def exit(self) -> _Exit:
        monitored = self.monitor_event.exit_event if self.monitor_event else None
        return monitored or self.exit_event or _Exit()


class _Event(BaseModel):
    type: str = ""
    request: _Request | None = None

    @property
    def is_crash(self) -> bool:
        """An exit that nobody asked for."""
        return self.type == "exit" and self.request is not None and not self.request.exit.requested_stop


class _Machine(BaseModel):
    id: str = Field(min_length=1)
    instance_id: str
    state: str
    image_ref: _ImageRef | None = None
    checks: list[_Check] | None = None
    host_status: str = "ok"
    region: str = ""
    cordoned: bool = False
    events: list[_Event] | None = None


class _Ran(BaseModel):
    exit_code: int = 0
    exit_signal: int = 0
    stdout: str | None = None
    stderr: str | None = None


class _Claim(BaseModel):
    nonce: str = Field(min_length=1)
    expires_at: int  # unix seconds
    owner: str = ""
    description: str | None = None


class _LeaseAnswer(BaseModel):
    status: Literal["success"]
    data: _Claim


class _Version(BaseModel):
    version: str = ""
    user_config: dict[str, JsonValue] | None = None


_VERSIONS = TypeAdapter(list[_Version])


class _Secret(BaseModel):
    name: str
    digest: str = ""
    updated_at: AwareDatetime | None = None


class _Secrets(BaseModel):
    secrets: list[_Secret] | None = None
    version: int | None = Field(default=None, validation_alias=AliasChoices("version", "Version"))


def machine(document: Json) -> Machine:
    """Raises ValueError. A machine on a host that does not answer has no config, and is not reachable."""
    read = _Machine.model_validate(document)
    config = document.get("config") if isinstance(document, dict) else None
    image = read.image_ref or _ImageRef()
    return Machine(
        id=MachineId(read.id),
        instance_id=read.instance_id,
        state=read.state,
        digest=ImageDigest(image.digest or ""),
        tag=image.tag or _tag(config),
        config=config if isinstance(config, dict) else {},
        checks={check.name: check.status for check in read.checks or () if not check.name.startswith(_COMPATIBILITY)},
        reachable=isinstance(config, dict) and read.host_status == "ok",
        crashes=sum(event.is_crash for event in read.events or ()),
        region=read.region,
        cordoned=read.cordoned,
        stops_within=_stops_within(config),
        proves_within=_proves_within(config),
    )


def machines(document: Json) -> tuple[Machine, ...]:
    """The fleet by id, without one-off machines. Raises ValueError for anything but a list of machines."""
    fleet = [machine(one) for one in _LIST.validate_python(document) if _group(one) not in ONE_OFF_GROUPS]
    return tuple(sorted(fleet, key=lambda machine: machine.id))


def one_off(document: Json) -> OneOff:
    """A one-off machine, with the exit code of its newest start. Raises ValueError."""
    read = _Machine.model_validate(document)
    since_start = list(takewhile(lambda event: event.type != "start", read.events or ()))  # the newest come first
    ended = [event.request.exit for event in since_start if event.type == "exit" and event.request]
    return OneOff(
        id=MachineId(read.id),
        state=read.state,
        digest=ImageDigest((read.image_ref or _ImageRef()).digest or ""),
        began=read.state in _BEGUN or any(event.type in {"start", "exit"} for event in read.events or ()),
        exit_code=next((exit.exit_code for exit in ended if exit.exit_code is not None), None),
    )


def one_offs(document: Json, launch: str) -> tuple[OneOff, ...]:
    """Those of one launch, by id, whatever else is listed. Raises ValueError."""
    listed = [one for one in _LIST.validate_python(document) if _metadata(one.get("config")).get(LAUNCH_ID) == launch]
    return tuple(sorted(map(one_off, listed), key=lambda machine: machine.id))


def ran(document: Json) -> Ran:
    """Raises ValueError. An exit code that is not there is a zero that Go leaves out."""
    told = _Ran.model_validate(document)
    return Ran(exit_code=told.exit_code or told.exit_signal, stdout=told.stdout or "", stderr=told.stderr or "")


def lease(document: Json) -> Lease:
    """Raises ValueError. `status` must say success, whatever the HTTP status (flyctl leasable_machine.go)."""
    claim = _LeaseAnswer.model_validate(document).data
    return Lease(
        nonce=claim.nonce,
        owner=claim.owner,
        description=claim.description or "",
        expires_at=datetime.fromtimestamp(claim.expires_at, UTC),
    )


def versions(document: Json) -> Mapping[str, Mapping[str, Json]]:
    """The configs of a machine by version. Raises ValueError."""
    listed = _VERSIONS.validate_python(document)
    return {one.version: one.user_config for one in listed if one.user_config is not None}


def secrets(document: Json) -> Mapping[str, Secret]:
    """By name, without any value. Raises ValueError."""
    listed = _Secrets.model_validate(document).secrets or ()
    return {one.name: Secret(digest=one.digest, updated_at=one.updated_at) for one in listed}


def secrets_version(document: Json) -> int | None:
    """Which version of the app's secrets this is, if Fly says so. Raises ValueError."""
    return _Secrets.model_validate(document).version


def _group(document: Mapping[str, Json]) -> str:
    """Its process group; of a machine on a lost host Fly knows that much in its incomplete config."""
    return process_group(_metadata(document.get("config") or document.get("incomplete_config")))


def _stops_within(config: Json) -> timedelta:
    """The `stop_config.timeout`."""
    stop = config.get("stop_config") if isinstance(config, dict) else None
    return min(_duration(stop.get("timeout") if isinstance(stop, dict) else None), _LONGEST_STOP)


def _proves_within(config: Json) -> timedelta:
    """The longest of its checks' `grace_period`, `interval` and `timeout`, one after the other."""
    needed = (sum(map(_duration, map(check.get, _UNTIL_ANSWERED)), timedelta()) for check in _checks(config))
    return min(max(needed, default=timedelta()), _LONGEST_PROOF)


def _checks(config: Json) -> Iterator[Mapping[str, Json]]:
    """Those of its services, and its own."""
    if not isinstance(config, dict):
        return
    services, own = config.get("services"), config.get("checks")
    lists = [one.get("checks") for one in services if isinstance(one, dict)] if isinstance(services, list) else []
    if isinstance(own, dict):
        lists.append(list(own.values()))
    for checks in lists:
        yield from (check for check in checks if isinstance(check, dict)) if isinstance(checks, list) else ()


def _duration(value: Json) -> timedelta:
    """As Go writes it, or a number of nanoseconds. Nothing for what is neither."""
    if isinstance(value, int):
        return timedelta(microseconds=min(max(value, 0) // 1000, _LONGEST // timedelta(microseconds=1)))
    parts = _DURATION.findall(value) if isinstance(value, str) else ()
    return min(sum((float(count) * _UNITS[unit] for count, unit in parts), timedelta()), _LONGEST)


def _tag(config: Json) -> str:
    """Our own note of the tag: Fly knows none for a machine that was deployed by digest."""
    tag = _metadata(config).get(IMAGE_TAG)
    return tag if isinstance(tag, str) else ""


def _metadata(config: Json) -> Mapping[str, Json]:
    metadata = config.get("metadata") if isinstance(config, dict) else None
    return metadata if isinstance(metadata, dict) else {}
