"""The Web API's methods, by name."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from sandbox.slack.methods import chat, conversations, team, users, views
from sandbox.slack.wire import Object
from sandbox.slack.workspace import Workspace


@dataclass(frozen=True, slots=True)
class Method:
    """What a method does, the scope it needs, and whether it changes anything."""

    run: Callable[[Workspace, Object], Object]
    scope: str | None = None
    writes: bool = False


METHODS: Mapping[str, Method] = {
    "auth.test": Method(team.auth_test),
    "apps.connections.open": Method(team.open_connection),
    "team.info": Method(team.info, "team:read"),
    "bots.info": Method(team.bot, "users:read"),
    "chat.postMessage": Method(chat.post, "chat:write", writes=True),
    "chat.update": Method(chat.update, "chat:write", writes=True),
    "chat.delete": Method(chat.delete, "chat:write", writes=True),
    "chat.postEphemeral": Method(chat.post_ephemeral, "chat:write", writes=True),
    "chat.getPermalink": Method(chat.permalink),
    "reactions.add": Method(chat.react, "reactions:write", writes=True),
    "views.open": Method(views.open_view, writes=True),
    "views.push": Method(views.push, writes=True),
    "views.update": Method(views.update, writes=True),
    "views.publish": Method(views.publish, writes=True),
    "users.info": Method(users.info, "users:read"),
    "users.list": Method(users.everyone, "users:read"),
    "users.lookupByEmail": Method(users.by_email, "users:read.email"),
    "conversations.info": Method(conversations.info),
    "conversations.list": Method(conversations.every),
    "conversations.open": Method(conversations.open_im, "im:write", writes=True),
    "conversations.members": Method(conversations.members),
    "conversations.history": Method(conversations.history),
    "conversations.replies": Method(conversations.replies),
}
