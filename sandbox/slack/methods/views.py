"""views.open, views.push, views.update and views.publish."""

from sandbox.slack.modals import checked_view
from sandbox.slack.wire import Object, Refused, invalid, required
from sandbox.slack.workspace import Workspace


def open_view(workspace: Workspace, arguments: Object) -> Object:
    view = _modal(arguments)
    user = workspace.tickets.exchange(required(arguments, "trigger_id"))
    return _shown(workspace, workspace.modals.open(user, view))


def push(workspace: Workspace, arguments: Object) -> Object:
    view = _modal(arguments)
    user = workspace.tickets.exchange(required(arguments, "trigger_id"))
    return _shown(workspace, workspace.modals.push(user, view))


def update(workspace: Workspace, arguments: Object) -> Object:
    names = {name: arguments.get(name) for name in ("view_id", "external_id")}
    return _shown(workspace, workspace.modals.update(_modal(arguments), **names, seen=arguments.get("hash")))


def publish(workspace: Workspace, arguments: Object) -> Object:
    """Replace someone's Home tab; refused unless the manifest switches the tab on."""
    view = checked_view(arguments.get("view"))
    user = required(arguments, "user_id")
    if user not in workspace.people:
        raise Refused("user_not_found")
    if not workspace.manifest.home_tab:
        raise Refused("not_enabled")
    return _shown(workspace, workspace.modals.publish(user, view, arguments.get("hash")))


def _modal(arguments: Object) -> Object:
    view = checked_view(arguments.get("view"))
    if view["type"] != "modal":
        raise invalid("invalid_arguments", ["[ERROR] invalid view type [json-pointer:/view/type]"])
    return view


def _shown(workspace: Workspace, view: Object) -> Object:
    workspace.changed()
    return {"ok": True, "view": view}
