"""users.info, users.list and users.lookupByEmail."""

from sandbox import seed
from sandbox.slack.methods.pages import page
from sandbox.slack.wire import Object, Refused, required
from sandbox.slack.workspace import Workspace


def info(workspace: Workspace, arguments: Object) -> Object:
    name = required(arguments, "user")
    if name == seed.BOT_USER:
        return {"ok": True, "user": workspace.bot}
    if name not in workspace.people:
        raise Refused("user_not_found")
    return {"ok": True, "user": _shown(workspace, workspace.people[name])}


def everyone(workspace: Workspace, arguments: Object) -> Object:
    members = [_shown(workspace, user) for user in workspace.people.values()]
    return page([*members, workspace.bot], "members", arguments) | {"cache_ts": int(workspace.time())}


def by_email(workspace: Workspace, arguments: Object) -> Object:
    address = required(arguments, "email")
    for user in workspace.people.values():
        if user["profile"]["email"] == address:
            return {"ok": True, "user": _shown(workspace, user)}
    raise Refused("users_not_found")


def _shown(workspace: Workspace, user: Object) -> Object:
    scopes = workspace.manifest.scopes
    if scopes is None or "users:read.email" in scopes:
        return user
    return user | {"profile": {name: value for name, value in user["profile"].items() if name != "email"}}
