"""chat.* and reactions.add: what the bot says, and changes afterwards."""

from sandbox import seed
from sandbox.slack.blocks import checked_message
from sandbox.slack.messages import Conversation, Message
from sandbox.slack.rates import POSTS
from sandbox.slack.wire import Object, Refused, required, truth
from sandbox.slack.workspace import Workspace

_CUT_AT = 40_000
_UPDATE_AT_MOST = 4_000
_METADATA_AT_MOST = 8_000  # Slack documents the error, not the number


def post(workspace: Workspace, arguments: Object) -> Object:
    talk = _writable(workspace, arguments)
    text, blocks = contents(arguments)
    metadata = _metadata(arguments.get("metadata"))
    wait = workspace.rates.take(f"chat.postMessage {talk.id}", POSTS)
    if wait:
        raise Refused("ratelimited", status=429, retry_after=wait)
    message = workspace.say(
        talk,
        seed.BOT_USER,
        text,
        blocks=blocks,
        metadata=metadata,
        thread_ts=_thread(talk, arguments),
        broadcast=truth(arguments.get("reply_broadcast")),
    )
    return {"ok": True, "channel": talk.id, "ts": message.ts, "message": message.wire(metadata=True)}


def update(workspace: Workspace, arguments: Object) -> Object:
    """Replace a message's contents. Text alone removes the blocks; metadata stays unless given, and {} removes it."""
    talk, message = _own(workspace, arguments, "cant_update_message")
    workspace.requires_open(talk)
    if len(str(arguments.get("text") or "")) > _UPDATE_AT_MOST:
        raise Refused("msg_too_long")
    message.text, message.blocks = contents(arguments)
    message.chosen.clear()
    message.edited = message.edited or message.blocks is None
    if arguments.get("metadata") is not None:
        message.metadata = _metadata(arguments["metadata"])
    workspace.changed()
    shown = message.wire(metadata=True)
    return {"ok": True, "channel": talk.id, "ts": message.ts, "text": message.text, "message": shown}


def delete(workspace: Workspace, arguments: Object) -> Object:
    talk, message = _own(workspace, arguments, "cant_delete_message")
    del talk.messages[message.ts]
    workspace.changed()
    return {"ok": True, "channel": talk.id, "ts": message.ts}


def post_ephemeral(workspace: Workspace, arguments: Object) -> Object:
    talk = _writable(workspace, arguments)
    user = required(arguments, "user")
    if user not in talk.members:
        raise Refused("user_not_in_channel")
    text, blocks = contents(arguments)
    thread_ts = _thread(talk, arguments)
    message = workspace.say(talk, seed.BOT_USER, text, blocks=blocks, only_for=user, thread_ts=thread_ts)
    return {"ok": True, "message_ts": message.ts}


def permalink(workspace: Workspace, arguments: Object) -> Object:
    talk = workspace.conversation(required(arguments, "channel"))
    message = talk.find(required(arguments, "message_ts"))
    link = f"https://{seed.TEAM_DOMAIN}.slack.com/archives/{talk.id}/p{message.ts.replace('.', '')}"
    if message.is_reply:
        link += f"?thread_ts={message.thread_ts}&cid={talk.id}"
    return {"ok": True, "channel": talk.id, "permalink": link}


def react(workspace: Workspace, arguments: Object) -> Object:
    talk = workspace.conversation(required(arguments, "channel"))
    users = talk.find(required(arguments, "timestamp")).reactions.setdefault(required(arguments, "name"), [])
    if seed.BOT_USER in users:
        raise Refused("already_reacted")
    users.append(seed.BOT_USER)
    workspace.changed()
    return {"ok": True}


def contents(arguments: Object) -> tuple[str, list[Object] | None]:
    """The text and the blocks of a message, checked; one of them there must be."""
    given = arguments.get("blocks")
    blocks = checked_message(given) if given else None
    text = str(arguments.get("text") or "")[:_CUT_AT]
    if not text and not blocks:
        raise Refused("no_text")
    return text, blocks


def _writable(workspace: Workspace, arguments: Object) -> Conversation:
    talk = workspace.conversation(required(arguments, "channel"))
    talk.requires(seed.BOT_USER)
    workspace.requires_open(talk)
    if talk.is_im and not workspace.manifest.messages_tab:
        raise Refused("messages_tab_disabled")
    return talk


def _own(workspace: Workspace, arguments: Object, otherwise: str) -> tuple[Conversation, Message]:
    talk = workspace.conversation(required(arguments, "channel"))
    message = talk.find(required(arguments, "ts"))
    if not message.by_bot:
        raise Refused(otherwise)
    return talk, message


def _thread(talk: Conversation, arguments: Object) -> str | None:
    thread = arguments.get("thread_ts")
    if thread is None:
        return None
    root = talk.messages.get(str(thread))
    if root is None:
        raise Refused("thread_not_found")
    return root.thread_ts or root.ts


def _metadata(given: object) -> Object | None:
    if given is None or given == {}:
        return None
    if not isinstance(given, dict) or not isinstance(given.get("event_type"), str):
        raise Refused("invalid_metadata_format")
    payload = given.get("event_payload")
    if not isinstance(payload, dict) or any(_nested(value) for value in payload.values()):
        raise Refused("invalid_metadata_format")
    if len(str(payload)) > _METADATA_AT_MOST:
        raise Refused("metadata_too_large")
    return {"event_type": given["event_type"], "event_payload": payload}


def _nested(value: object) -> bool:
    """Whether something is deeper than the one level that Slack takes."""
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return any(isinstance(part, dict | list) for part in inner)
