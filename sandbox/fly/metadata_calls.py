"""The metadata of a machine over HTTP. No lease guards it, and the next update replaces it with all the rest."""

from sandbox.fly.calls import Call, Reply
from sandbox.fly.documents import Json
from sandbox.fly.errors import Refused


async def get_metadata(call: Call) -> Reply:
    return Reply(_metadata(call))


async def set_value(call: Call) -> Reply:
    value = call.body.get("value")
    if not isinstance(value, str):
        raise Refused(400, "value must be a string")
    return _written(call, {**_metadata(call), call.params["key"]: value})


async def delete_value(call: Call) -> Reply:
    return _written(call, {key: value for key, value in _metadata(call).items() if key != call.params["key"]})


async def replace_metadata(call: Call) -> Reply:
    return _written(call, _asked(call))


async def merge_metadata(call: Call) -> Reply:
    """Set some keys; an empty value takes its key away."""
    merged = {**_metadata(call), **_asked(call)}
    return _written(call, {key: value for key, value in merged.items() if value})


def _metadata(call: Call) -> Json:
    return dict(call.standing.config.get("metadata") or {})


def _asked(call: Call) -> Json:
    asked, expected, version = call.body.get("metadata"), call.body.get("machine_version"), call.standing.version.id
    if not isinstance(asked, dict) or not all(isinstance(value, str) for value in asked.values()):
        raise Refused(400, "metadata must be an object of strings")
    if expected and expected != version:
        raise Refused(412, f"machine version is {version}, not {expected}")
    return asked


def _written(call: Call, metadata: Json) -> Reply:
    """204, and still the same version: the configuration that others have read is not touched."""
    machine = call.standing
    machine.annotate(metadata)
    return Reply(None, status=204, applied=True)
