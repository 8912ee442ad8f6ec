"""users.info, users.list and users.lookupByEmail."""

from sandbox.slack.methods.pages import page
from sandbox.slack.wire import Object, Refused, required
from sandbox.slack.workspace import Workspace

_OF_THE_GONE = {"id", "team_id", "name", "deleted", "profile", "is_bot", "is_app_user", "updated"}


def info(workspace: Workspace, arguments: Object) -> Object:
    name = required(arguments, "user")
    bots = {bot["id"]: bot for bot in (workspace.bot, workspace.slackbot)}
    if name in bots:
        return {"ok": True, "user": bots[name]}
    if name not in workspace.people:
        raise Refused("user_not_found")
    return {"ok": True, "user": shown(workspace, workspace.people[name])}


def everyone(workspace: Workspace, arguments: Object) -> Object:
    members = [shown(workspace, user) for user in workspace.people.values()]
    return page([workspace.slackbot, *members, workspace.bot], "members", arguments) | {
        "cache_ts": int(workspace.time())
    }


def by_email(workspace: Workspace, arguments: Object) -> Object:
    address = required(arguments, "email")
    for user in workspace.people.values():
        if user["profile"]["email"] == address:
            return {"ok": True, "user": shown(workspace, user)}
    raise Refused("users_not_found")


def shown(workspace: Workspace, user: Object) -> Object:
    """The user as Slack tells it: of somebody deactivated few fields are left, and the address needs a scope."""
    if user["deleted"]:
        user = {name: value for name, value in user.items() if name in _OF_THE_GONE}
    scopes = workspace.manifest.scopes
    if scopes is None or "users:read.email" in scopes:
        return user
    return user | {"profile": {name: value for name, value in user["profile"].items() if name != "email"}}
