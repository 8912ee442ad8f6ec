"""Secrets over HTTP: names, digests and times. The values are taken and given to nobody, whatever a query asks for."""

from sandbox.fly.calls import Call, Reply
from sandbox.fly.documents import Json
from sandbox.fly.errors import Refused


async def list_secrets(call: Call) -> Reply:
    """412 while the version that the query wants (OpenAPI: min_version, fly-go: version) is not known here yet."""
    wanted = call.query.get("min_version") or call.query.get("version") or "0"
    if not wanted.isdecimal():
        raise Refused(400, "min_version must be a number")
    if int(wanted) > call.platform.secrets.version(call.app):
        raise Refused(412, f"secrets version {wanted} is not known yet")
    return Reply({"secrets": call.app.secrets})


async def set_secrets(call: Call) -> Reply:
    """Several at once; null takes one away. Running machines get nothing until they are updated."""
    values = call.body.get("values")
    if not isinstance(values, dict) or not values:
        raise Refused(400, "values is required")
    for name, value in values.items():
        _check(name, value, may_be_gone=True)
    version = call.platform.secrets.change(call.app, values)
    return Reply({"secrets": call.app.secrets, "version": version}, applied=True)


async def set_secret(call: Call) -> Reply:
    name, value = call.params["name"], call.body.get("value")
    _check(name, value)
    version = call.platform.secrets.change(call.app, {name: value})
    return Reply({**_named(call, name), "version": version}, status=201, applied=True)


async def delete_secret(call: Call) -> Reply:
    name = call.params["name"]
    _named(call, name)
    return Reply({"version": call.platform.secrets.change(call.app, {name: None})}, applied=True)


def _check(name: str, value: object, *, may_be_gone: bool = False) -> None:
    if not name.isidentifier() or name.startswith("FLY_"):
        raise Refused(400, f"{name} is not a valid name for a secret")
    if not (isinstance(value, str) or (value is None and may_be_gone)):
        raise Refused(400, f"the value of {name} must be a string")


def _named(call: Call, name: str) -> Json:
    for secret in call.app.secrets:
        if secret["name"] == name:
            return secret
    raise Refused(404, "secret not found")
