"""conversations.*: which there are, who is in them, and what was said."""

from sandbox import seed
from sandbox.slack.messages import Conversation, Message
from sandbox.slack.methods.pages import page
from sandbox.slack.wire import Object, Refused, required, truth
from sandbox.slack.workspace import Workspace


def info(workspace: Workspace, arguments: Object) -> Object:
    talk = _asked(workspace, arguments, "read")
    return {"ok": True, "channel": _shown(talk) | {"is_archived": workspace.is_archived(talk)}}


def every(workspace: Workspace, arguments: Object) -> Object:
    """The conversations of the given types; public channels when none are given."""
    types = str(arguments.get("types") or "public_channel").split(",")
    for name, scope in (("public_channel", "channels:read"), ("im", "im:read")):
        if name in types:
            workspace.manifest.requires(scope)
    talks = [talk for talk in workspace.conversations.values() if ("im" if talk.is_im else "public_channel") in types]
    return page([_shown(talk) for talk in talks], "channels", arguments)


def open_im(workspace: Workspace, arguments: Object) -> Object:
    """The direct message with one user."""
    user = required(arguments, "users")
    if user not in workspace.people:
        raise Refused("user_not_found")
    if workspace.people[user]["deleted"]:
        raise Refused("user_disabled")
    return {"ok": True, "channel": {"id": workspace.conversation(user).id}}


def members(workspace: Workspace, arguments: Object) -> Object:
    return page(_asked(workspace, arguments, "read").members, "members", arguments)


def history(workspace: Workspace, arguments: Object) -> Object:
    """The conversation newest first, without what was said in threads only."""
    talk = _asked(workspace, arguments, "history")
    said = [message for message in talk.kept() if not message.is_reply or message.broadcast]
    return _messages(talk, _between(said, arguments)[::-1], arguments)


def replies(workspace: Workspace, arguments: Object) -> Object:
    """A thread oldest first; its first message is the one that it hangs on."""
    talk = _asked(workspace, arguments, "history")
    parent = talk.messages.get(required(arguments, "ts"))
    if parent is None or parent.only_for is not None:
        raise Refused("thread_not_found")
    root = talk.find(parent.thread_ts) if parent.is_reply else parent
    return _messages(talk, [root, *_between(talk.replies(root.ts), arguments)], arguments)


def _asked(workspace: Workspace, arguments: Object, right: str) -> Conversation:
    talk = workspace.conversation(required(arguments, "channel"))
    workspace.manifest.requires(("im:" if talk.is_im else "channels:") + right)
    if right == "history":
        talk.requires(seed.BOT_USER)
    return talk


def _between(messages: list[Message], arguments: Object) -> list[Message]:
    """Those after `oldest` and before `latest`; the ends count only when `inclusive`."""
    oldest, latest = str(arguments.get("oldest") or "0"), str(arguments.get("latest") or "9" * 10)
    ends = {oldest, latest} if truth(arguments.get("inclusive")) else set()
    return [message for message in messages if oldest < message.ts < latest or message.ts in ends]


def _messages(talk: Conversation, messages: list[Message], arguments: Object) -> Object:
    metadata = truth(arguments.get("include_all_metadata"))
    answer = page([_with_thread(talk, message, metadata=metadata) for message in messages], "messages", arguments)
    return answer | {"has_more": bool(answer["response_metadata"]["next_cursor"])}


def _with_thread(talk: Conversation, message: Message, *, metadata: bool) -> Object:
    answers = talk.replies(message.ts)
    shown = message.wire(metadata=metadata)
    if answers:
        users = sorted({answer.user for answer in answers})
        shown |= {"reply_count": len(answers), "reply_users": users, "reply_users_count": len(users)}
        shown["latest_reply"] = answers[-1].ts
    return shown


def _shown(talk: Conversation) -> Object:
    if talk.is_im:
        return {"id": talk.id, "is_im": True, "is_archived": False, "user": talk.members[-1]}
    about: Object = {"id": talk.id, "name": talk.name, "is_channel": True, "is_im": False, "is_private": False}
    about |= {"is_archived": False, "is_general": False, "is_member": seed.BOT_USER in talk.members}
    about |= {"is_shared": talk.shared, "is_org_shared": False, "is_ext_shared": talk.shared}
    about |= {"is_pending_ext_shared": False}
    about |= {"context_team_id": seed.TEAM_ID, "topic": {"value": ""}, "purpose": {"value": ""}}
    return about | {"num_members": len(talk.members)}
