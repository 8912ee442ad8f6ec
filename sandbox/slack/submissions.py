"""What becomes of a modal once the bot has answered its submission (Slack: view_submission)."""

from sandbox.slack.modals import Modals, checked_view
from sandbox.slack.wire import Object, Refused


def after_submission(modals: Modals, user: str, view: Object, ack: Object) -> Object:
    """Show errors, another view, or nothing: without a response_action the modal closes."""
    action = ack.get("response_action")
    if action == "errors":
        return _errors(modals, view, ack.get("errors"))
    if action == "clear":
        modals.clear(user)
        return {"ok": True}
    if action in ("update", "push"):
        return {"ok": True, "view": _other(modals, user, view, ack)}
    if action is not None or ack:
        raise Refused("invalid_submission_response")
    top = modals.top(user)
    if top is not None and top["id"] == view["id"]:
        modals.close(user)
    return {"ok": True}


def _errors(modals: Modals, view: Object, errors: object) -> Object:
    """Errors belong below inputs of this very view; anything else Slack shows as trouble with the app."""
    inputs = {block["block_id"] for block in view["blocks"] if block["type"] == "input"}
    if not isinstance(errors, dict) or not errors or not set(errors) <= inputs:
        raise Refused("invalid_submission_response")
    modals.errors[view["id"]] = errors
    return {"ok": False, "errors": errors}


def _other(modals: Modals, user: str, view: Object, ack: Object) -> Object:
    try:
        given = checked_view(ack.get("view"))
    except Refused as refused:
        raise Refused("invalid_submission_response", cause=refused.body) from refused
    if ack["response_action"] == "push":
        return modals.push(user, given)
    return modals.update(given, view_id=view["id"])
