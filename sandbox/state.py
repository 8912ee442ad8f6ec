"""What one person sees of the sandbox at a moment: the page draws it, and stories look into it."""

from collections import Counter

from sandbox import seed
from sandbox.clock import OSLO
from sandbox.slack.messages import Conversation, Message
from sandbox.slack.wire import Object
from sandbox.world import World


def state(world: World, me: seed.Person) -> Object:
    """Everything as `me` sees it: other people's direct messages and ephemeral messages are left out."""
    talks = [talk for talk in world.workspace.conversations.values() if me.id in talk.members]
    view, waiting = world.workspace.modals.top(me.id), world.team.waiting()
    return {
        "now": world.clock.now().astimezone(OSLO).isoformat(),
        "offset_seconds": world.clock.offset_seconds,
        "bot": world.bot(),
        "me": me.key,
        "people": [_person(world, person, waiting[person.key]) for person in seed.PEOPLE],
        "channels": [_channel(talk) for talk in talks],
        "messages": {talk.id: _messages(world, talk, me) for talk in talks},
        "verbs": world.workspace.manifest.verbs,
        "view": view,
        "errors": world.workspace.modals.errors.get(view["id"], {}) if view else {},
        "machines": world.platform.snapshot(),
        "apps": world.apps.snapshot(world.base_url),
        "faults": world.faults.snapshot(),
    }


def _person(world: World, person: seed.Person, waiting: list[str]) -> Object:
    deed = world.team.deeds.get(person.key)
    acted = {
        "acted": deed.snapshot() if deed else None,
        "acted_last": person.key == next(reversed(world.team.deeds), ""),
    }
    who = {"key": person.key, "id": person.id, "name": person.name, "title": person.title}
    return who | acted | {"waiting": waiting}


def _channel(talk: Conversation) -> Object:
    name = seed.BOT_NAME if talk.is_im else talk.name
    return {"id": talk.id, "name": name, "kind": "im" if talk.is_im else "channel", "unread": 0}


def _messages(world: World, talk: Conversation, me: seed.Person) -> list[Object]:
    replies = Counter(said.thread_ts for said in talk.kept() if said.is_reply)
    said_to_me = [said for said in talk.in_order() if said.only_for in (None, me.id)]
    return [_message(world, said, replies[said.ts]) for said in said_to_me]


def _message(world: World, message: Message, replies: int) -> Object:
    user = world.workspace.bot if message.by_bot else world.workspace.people[message.user]
    shown: Object = {"ts": message.ts, "at": message.at.astimezone(OSLO).isoformat(), "user": message.user}
    shown |= {"name": user["real_name"], "is_bot": message.by_bot, "text": message.text}
    shown |= {"blocks": message.blocks or [], "ephemeral": message.only_for is not None, "edited": message.edited}
    if message.thread_ts is not None:
        shown["thread_ts"] = message.thread_ts
    return shown | ({"reply_count": replies} if replies else {})
