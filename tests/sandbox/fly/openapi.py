"""Fly's published description of the Machines API, and where the platform is known to differ from it."""

import copy
import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from jsonschema import Draft4Validator

from tests.sandbox.fly.visitor import Json

_FILE = Path(__file__).parents[2] / "schemas" / "fly-machines-openapi.json"
_WRITTEN = {"POST", "PUT", "PATCH"}
_TEXT: Json = {"type": "string"}
_OPEN: Json = {"type": "object"}


@dataclass(frozen=True, slots=True)
class Deviation:
    """One thing that the description lacks or has otherwise: the schema in its place, and who says so."""

    where: str  # a schema and its property, or an operation and its status
    schema: Json
    source: str


_MACHINE = "/apps/{app_name}/machines/{machine_id}"
_SNAPSHOTS = "/apps/{app_name}/volumes/{volume_id}/snapshots"
_OK: Json = {
    "type": "object",
    "properties": {"ok": {"enum": [True]}},
    "required": ["ok"],
    "additionalProperties": False,
}
_OK_IN_AN_ENVELOPE: Json = {"type": "object", "required": ["status", "data"], "properties": {"data": _OK}}
_LEASE: Json = {
    "type": "object",
    "properties": {"status": {"enum": ["success"]}, "data": {"$ref": "#/components/schemas/Lease"}},
    "required": ["status", "data"],
    "additionalProperties": False,
}
_STARTED: Json = {"type": "object", "required": ["previous_state", "migrated", "new_host"]}
_BACKUP: Json = {
    "type": "object",
    "properties": {"Msg": {"type": "object", "properties": {"backup": _OPEN}, "required": ["backup"]}},
    "required": ["Msg"],
    "additionalProperties": False,
}
_TEXT_OR_NULL: Json = {"type": ["string", "null"]}
_CONFIG_OR_NULL: Json = {"anyOf": [{"type": "null"}, {"$ref": "#/components/schemas/fly.MachineConfig"}]}

# Each source is a line of the protocol notes: its section, and its words.
DEVIATIONS = (
    Deviation("Machine.cordoned", {"type": "boolean"}, "7: Machine | no `cordoned`, `version`, `containers`"),
    Deviation("Machine.version", _TEXT, "7: Machine | no `cordoned`, `version`, `containers`"),
    Deviation("Machine.incomplete_config", _CONFIG_OR_NULL, '2.3: "cordoned": false, …, "incomplete_config": null'),
    Deviation("fly.MachineService.force_instance_key", _TEXT_OR_NULL, '2.3: "force_instance_key": null'),
    Deviation("fly.MachineConfig.from_the_future", {}, "0, rule 1: a config may hold keys that nobody here knows"),
    Deviation("fly.MachineService.autostop", {"type": ["boolean", "string"]}, "7: autostop | bool or string"),
    Deviation("SignalRequest.signal", {"type": ["integer", "string"]}, "7: signal | enum names | flyctl sends int 9"),
    Deviation("MachineExecRequest.machine", {"type": "boolean"}, "7: exec | `cmd` only, + `machine`; no `exit_signal`"),
    Deviation("Volume.attached_machine_id", _TEXT_OR_NULL, "2.8: Volume, [go] volume_types.go: pointers"),
    Deviation("Volume.attached_alloc_id", _TEXT_OR_NULL, "2.8: Volume, [go] volume_types.go: pointers"),
    Deviation("Volume.host_dedication_id", _TEXT, "2.8: Volume, …, host_status, host_dedication_id, …"),
    Deviation(f"POST {_MACHINE}/lease 201", _LEASE, "7: Lease reply | `{status, data:{…}, message?, code?}`"),
    Deviation(f"GET {_MACHINE}/lease 200", _LEASE, "7: Lease reply | `{status, data:{…}, message?, code?}`"),
    Deviation(f"DELETE {_MACHINE}/lease 200", _OK_IN_AN_ENVELOPE, '2.1: `{status:"success",data:{ok:true}}`'),
    Deviation(f"POST {_MACHINE}/start 200", _STARTED, "7: start reply | `{previous_state, migrated, new_host}`"),
    Deviation(f"POST {_MACHINE}/stop 200", _OK, "2.1: POST …/{id}/stop | 200 `{ok:true}`"),
    Deviation(f"POST {_MACHINE}/cordon 200", _OK, "2.1: POST …/{id}/cordon, /uncordon | 200 `{ok:true}`"),
    Deviation(f"POST {_MACHINE}/uncordon 200", _OK, "2.1: POST …/{id}/cordon, /uncordon | 200 `{ok:true}`"),
    Deviation(f"POST {_MACHINE}/restart 200", _OK, "2.1: POST …/{id}/restart | 200"),
    Deviation(f"POST {_MACHINE}/suspend 200", _OK, "2.1: POST …/{id}/suspend | 200"),
    Deviation(f"POST {_MACHINE}/signal 200", _OK, "2.1: POST …/{id}/signal | 200"),
    Deviation(f"DELETE {_MACHINE} 200", _OK, "2.1: DELETE /apps/{app}/machines/{id} | 200 `{ok:true}`"),
    Deviation(f"POST {_SNAPSHOTS} 200", _BACKUP, '7: snapshot POST reply | `{"Msg":{"backup":…}}`'),
    Deviation("main.statusCode", _TEXT, "7: error.status | + name_taken, volume_placement_capacity"),
)


def complaints(log: Iterable[Json]) -> list[str]:
    """What in the log of a platform fits neither the description nor a deviation from it."""
    return [complaint for entry in log if "fault" not in entry for complaint in _of(entry)]


def _of(entry: Json) -> Iterator[str]:
    operation = _operation(entry["method"], entry["path"])
    if operation is None or entry["status"] is None:
        return
    name, described = operation
    if entry["status"] >= 400:
        yield from _errors(name, entry)
        return
    if entry["method"] in _WRITTEN and entry["body"] is not None:
        yield from _compared(f"{name} request", _content(described.get("requestBody")), entry["body"])
    reply = f"{name} {entry['status']}"
    if reply not in _replies() and str(entry["status"]) not in described["responses"]:
        yield f"{reply}: no such answer is described"
    schema = _replies().get(reply) or _content(described["responses"].get(str(entry["status"])))
    yield from _compared(reply, schema, entry["response"])


def _errors(name: str, entry: Json) -> Iterator[str]:
    if isinstance(entry["response"], dict):
        schema = {"$ref": "#/components/schemas/ErrorResponse"}
        yield from _compared(f"{name} {entry['status']}", schema, entry["response"])


def _compared(what: str, schema: Json | None, body: object) -> Iterator[str]:
    if schema is None:
        if body:
            yield f"{what}: a body where none is described: {body}"
        return
    for error in Draft4Validator({"allOf": [schema], "components": _described()["components"]}).iter_errors(body):
        yield f"{what}: {'.'.join(map(str, error.absolute_path)) or 'the body'}: {error.message[:160]}"


def _content(part: Json | None) -> Json | None:
    found: Json | None = (part or {}).get("content", {}).get("application/json", {}).get("schema")
    return found


def _operation(method: str, path: str) -> tuple[str, Json] | None:
    for pattern, template, methods in _paths():
        if pattern.fullmatch(path) and method.lower() in methods:
            return f"{method} {template}", methods[method.lower()]
    return None


@cache
def _paths() -> list[tuple[re.Pattern[str], str, Json]]:
    return [
        (re.compile("/fly/v1" + re.sub(r"{\w+}", "[^/]+", template)), template, methods)
        for template, methods in _described()["paths"].items()
    ]


@cache
def _replies() -> dict[str, Json]:
    return {one.where: one.schema for one in DEVIATIONS if " " in one.where}


@cache
def _described() -> Json:
    """The description made strict: a field that it does not name is wrong, unless a deviation names it."""
    described: Json = json.loads(_FILE.read_text(encoding="utf-8"))
    schemas = described["components"]["schemas"]
    for deviation in DEVIATIONS:
        name, _, field = deviation.where.rpartition(".")
        if deviation.where in schemas:
            schemas[deviation.where] = deviation.schema
        elif " " not in deviation.where:
            schemas[name]["properties"][field] = copy.deepcopy(deviation.schema)
    for schema in schemas.values():
        if "properties" in schema:
            schema.setdefault("additionalProperties", False)
    return described
