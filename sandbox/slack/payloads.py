"""The payloads that Slack sends when someone acts (Slack: slash commands, interaction payloads, Events API)."""

import secrets

from sandbox import seed
from sandbox.slack.messages import Conversation, Message
from sandbox.slack.wire import Object
from sandbox.slack.workspace import Workspace

_VERIFICATION = "legacy"  # the deprecated token, which is still sent


def command(workspace: Workspace, user: Object, talk: Conversation, name: str, text: str) -> Object:
    """A slash command, as Socket Mode carries it."""
    return {
        "token": _VERIFICATION,
        "team_id": user["team_id"],
        "team_domain": seed.TEAM_DOMAIN,
        "channel_id": talk.id,
        "channel_name": _name(talk),
        "user_id": user["id"],
        "user_name": user["name"],
        "command": name,
        "text": text,
        "api_app_id": seed.APP_ID,
        "is_enterprise_install": "false",
        "response_url": _response_url(workspace, user, talk, None),
        "trigger_id": workspace.tickets.trigger(user["id"]),
    }


def message_action(workspace: Workspace, user: Object, message: Message, action: Object, state: Object) -> Object:
    """A click on an element of a message. The platform forgot an ephemeral one, so that comes without it."""
    talk = workspace.conversations[message.channel]
    container: Object = {"type": "message", "message_ts": message.ts, "channel_id": talk.id}
    container["is_ephemeral"] = message.only_for is not None
    if message.thread_ts is not None:
        container["thread_ts"] = message.thread_ts
    payload = _interaction(workspace, user, "block_actions") | {"container": container}
    payload["channel"] = {"id": talk.id, "name": _name(talk)}
    if message.only_for is None:
        payload["message"] = message.wire(metadata=True)
    url = _response_url(workspace, user, talk, message)
    return payload | {"state": {"values": state}, "response_url": url, "actions": [action]}


def view_action(workspace: Workspace, user: Object, view: Object, action: Object) -> Object:
    """A click on an element of a modal."""
    container = {"type": "view", "view_id": view["id"]}
    return _interaction(workspace, user, "block_actions") | {"container": container, "view": view, "actions": [action]}


def submission(workspace: Workspace, user: Object, view: Object) -> Object:
    return _interaction(workspace, user, "view_submission") | {"view": view, "response_urls": []}


def closing(workspace: Workspace, user: Object, view: Object, *, cleared: bool) -> Object:
    payload = _interaction(workspace, user, "view_closed") | {"view": view, "is_cleared": cleared}
    del payload["trigger_id"]
    return payload


def event(workspace: Workspace, inner: Object) -> Object:
    """An event in its envelope; the event_id stays the same when it is sent again."""
    authorization = {"enterprise_id": None, "team_id": seed.TEAM_ID, "user_id": seed.BOT_USER}
    return {
        "token": _VERIFICATION,
        "team_id": seed.TEAM_ID,
        "context_team_id": seed.TEAM_ID,
        "context_enterprise_id": None,
        "api_app_id": seed.APP_ID,
        "type": "event_callback",
        "event_id": "Ev0" + secrets.token_hex(4).upper(),
        "event_time": int(workspace.time()),
        "authorizations": [authorization | {"is_bot": True, "is_enterprise_install": False}],
        "is_ext_shared_channel": False,
        "event_context": "4-" + secrets.token_hex(8),
        "event": inner,
    }


def user_of(payload: Object) -> str:
    """Who acted."""
    return str(payload.get("user_id") or payload["user"]["id"])


def renew(workspace: Workspace, payload: Object) -> None:
    """Make of a payload the one that the same act would have sent a moment later."""
    payload["trigger_id"] = workspace.tickets.trigger(user_of(payload))
    for action in payload.get("actions", []):
        action["action_ts"] = workspace.new_ts()
    if payload.get("type") == "view_submission":
        payload["view"]["id"] = "V0" + secrets.token_hex(5).upper()


def _interaction(workspace: Workspace, user: Object, kind: str) -> Object:
    who = {"id": user["id"], "username": user["name"], "name": user["name"], "team_id": user["team_id"]}
    return {
        "type": kind,
        "user": who,
        "api_app_id": seed.APP_ID,
        "token": _VERIFICATION,
        "trigger_id": workspace.tickets.trigger(user["id"]),
        "team": {"id": seed.TEAM_ID, "domain": seed.TEAM_DOMAIN},
        "enterprise": None,
        "is_enterprise_install": False,
    }


def _response_url(workspace: Workspace, user: Object, talk: Conversation, source: Message | None) -> str:
    name = workspace.tickets.response(user=user["id"], channel=talk.id, source=source)
    return f"{workspace.base_url}/slack/respond/{name}"


def _name(talk: Conversation) -> str:
    return "directmessage" if talk.is_im else talk.name
