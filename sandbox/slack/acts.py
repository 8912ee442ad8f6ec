"""What people do in the workspace: say, command, click, submit, close. Each answers what they then see."""

import copy
import html

from sandbox import seed
from sandbox.slack import payloads
from sandbox.slack.clicks import Target, find_target
from sandbox.slack.delivery import Delivery
from sandbox.slack.forms import filled, held_state, misuse, refusals
from sandbox.slack.link import NotConnected
from sandbox.slack.messages import Conversation, Message
from sandbox.slack.methods.users import shown
from sandbox.slack.respond import answer
from sandbox.slack.submissions import after_submission
from sandbox.slack.tickets import ResponseUrl
from sandbox.slack.wire import Object, Refused
from sandbox.slack.workspace import Workspace

_ACTS = ("slash_commands", "interactive")


class Acts:
    """The people's hands. `user` is a user's id everywhere."""

    def __init__(self, workspace: Workspace, delivery: Delivery) -> None:
        self._workspace = workspace
        self._delivery = delivery

    async def command(self, user: str, text: str, *, channel: str | None = None, thread_ts: object = None) -> Object:
        """Type a slash command and see the bot's reply to it, or none."""
        name, _, rest = text.partition(" ")
        if not name.startswith("/"):
            raise misuse("a command begins with a slash")
        if thread_ts is not None:
            return {"ok": False, "error": "not_supported_in_threads"}
        if name not in self._workspace.manifest.commands:
            return {"ok": False, "error": "unknown_command"}
        talk = self._talk(user, channel)
        payload = payloads.command(self._workspace, self._workspace.people[user], talk, name, rest.strip())
        ack = await self._deliver("slash_commands", payload)
        reply = self._reply(user, talk, ack)
        return {"ok": True, "reply": None if reply is None else {**ack, "ts": reply.ts}}

    async def click(self, user: str, *, value: object = None, confirm: bool = False, **where: object) -> Object:
        """Use an element of a message or of the open modal; `where` says which (see `find_target`)."""
        if not self._workspace.manifest.interactivity:
            raise Refused("interactivity_disabled")
        target = find_target(self._workspace, user, where)
        if target is None:
            return {"ok": False, "error": "no_such_button"}
        dialog = target.element.get("confirm")
        if dialog is not None and not confirm:
            words = {name: dialog[name]["text"] for name in ("title", "text", "confirm", "deny")}
            return {"ok": False, "error": "needs_confirm", "confirm": words}
        await self._deliver("interactive", self._clicked(user, target, target.value if value is None else value))
        return {"ok": True}

    async def submit(self, user: str, values: Object, *, view_id: str | None = None) -> Object:
        """Fill in the open modal and send it. Slack's client refuses an incomplete form by itself."""
        view = self._open_view(user, view_id)
        state = filled(view["blocks"], view["state"]["values"], values)
        errors = refusals(view["blocks"], state)
        if errors:
            return self._wrong(view, errors)
        view["state"] = {"values": state}
        payload = payloads.submission(self._workspace, self._workspace.people[user], dict(view))
        ack = await self._deliver("interactive", payload)
        self._workspace.changed()
        return after_submission(self._workspace.modals, user, view, ack)

    async def close(self, user: str) -> Object:
        """Close the open modal without sending it."""
        view = self._open_view(user, None)
        self._workspace.modals.close(user)
        cleared = bool(view["clear_on_close"])
        if cleared:
            self._workspace.modals.clear(user)
        self._workspace.changed()
        if view["notify_on_close"]:
            payload = payloads.closing(self._workspace, self._workspace.people[user], view, cleared=cleared)
            await self._deliver("interactive", payload)
        return {"ok": True}

    async def message(self, user: str, text: str, *, channel: str, thread_ts: str | None = None) -> Object:
        """Say something to everyone in a conversation."""
        talk = self._talk(user, channel)
        if talk.is_im and self._workspace.manifest.messages_read_only:
            return {"ok": False, "error": "messages_tab_read_only"}
        if thread_ts is not None:
            talk.find(thread_ts)
        said = self._workspace.say(talk, user, html.escape(text, quote=False), thread_ts=thread_ts)
        self._tell(talk, said)
        return {"ok": True, "ts": said.ts}

    async def again(self, user: str, *, fresh: bool = False) -> Object:
        """Send once more what the user sent last: the very same payload, or another press on what they then saw.

        That is what a client does that lost the answer, and what a second finger does on an old screen.
        """
        sent = [entry for entry in self._workspace.log if entry["kind"] == "deliver" and entry["method"] in _ACTS]
        mine = [entry for entry in sent if payloads.user_of(entry["request"]["payload"]) == user]
        if not mine:
            raise misuse("nothing_to_repeat")
        payload = copy.deepcopy(mine[-1]["request"]["payload"])
        if fresh:
            payloads.renew(self._workspace, payload)
        ack = await self._deliver(mine[-1]["method"], payload)
        return {"ok": True, "answer": ack}

    def change_person(self, user: str, changes: Object) -> Object:
        """Make someone leave, or a guest: the people directory changes, and the bot is told."""
        person = self._workspace.people[user]
        person |= changes | {"updated": max(person["updated"] + 1, int(self._workspace.time()))}
        person["is_restricted"] = (
            person["is_restricted"] or person["is_ultra_restricted"]
        )  # a guest of one channel is both
        self._workspace.changed()
        self._event("user_change", {"user": shown(self._workspace, person), "cache_ts": person["updated"]})
        return {"ok": True}

    def change_channel(self, channel: str, *, shared: bool) -> Object:
        """Share a channel with another workspace, or end it."""
        self._workspace.conversation(channel).shared = shared
        self._workspace.changed()
        return {"ok": True}

    def _clicked(self, user: str, target: Target, value: object) -> Object:
        choice = target.choice(value)
        action = target.action(self._workspace.new_ts(), choice)
        who = self._workspace.people[user]
        if isinstance(target.place, Message):
            state = _state(target, target.place.blocks or [], target.place.chosen.setdefault(user, {}), choice)
            return payloads.message_action(self._workspace, who, target.place, action, state)
        view = target.place
        view["state"]["values"] = _state(target, view["blocks"], view["state"]["values"], choice)
        return payloads.view_action(self._workspace, who, view, action)

    async def _deliver(self, kind: str, payload: Object) -> Object:
        try:
            ack = await self._delivery.deliver(kind, payload)
        except NotConnected as error:
            raise Refused("dispatch_failed") from error
        if ack is None:
            raise Refused("operation_timeout")
        return ack

    def _reply(self, user: str, talk: Conversation, ack: Object) -> Message | None:
        """Show what the ack of a command carried."""
        if not ack.get("text") and not ack.get("blocks"):
            return None
        response = ResponseUrl(user=user, channel=talk.id, issued=self._workspace.time(), source=None)
        try:
            return answer(self._workspace, response, ack)
        except Refused as refused:
            raise Refused("invalid_command_response", cause=refused.body) from refused

    def _wrong(self, view: Object, errors: dict[str, str]) -> Object:
        self._workspace.modals.errors[view["id"]] = errors
        self._workspace.changed()
        return {"ok": False, "errors": errors}

    def _open_view(self, user: str, view_id: str | None) -> Object:
        view = self._workspace.modals.top(user)
        if view is None or view_id not in (None, view["id"]):
            raise misuse("no_such_view")
        return view

    def _talk(self, user: str, channel: str | None) -> Conversation:
        talk = self._workspace.conversation(channel or seed.CHANNEL_ID)
        if user not in talk.members:
            raise Refused("channel_not_found")
        return talk

    def _tell(self, talk: Conversation, said: Message) -> None:
        kind = "im" if talk.is_im else "channel"
        about = {"user": said.user, "text": said.text, "ts": said.ts, "channel": talk.id, "event_ts": said.ts}
        about |= {"thread_ts": said.thread_ts} if said.thread_ts else {}
        self._event(f"message.{'im' if talk.is_im else 'channels'}", {"type": "message", "channel_type": kind, **about})
        if f"<@{seed.BOT_USER}>" in html.unescape(said.text) and not talk.is_im:
            self._event("app_mention", about)

    def _event(self, name: str, inner: Object) -> None:
        """Send an event that the app subscribed to."""
        if name in self._workspace.manifest.events:
            inner = {"type": name, "event_ts": self._workspace.new_ts(), **inner}
            self._delivery.send_event(payloads.event(self._workspace, inner))


def _state(target: Target, blocks: list[Object], held: Object, choice: Object) -> Object:
    """All values around a clicked element. A choice stays for the next click, until the message is replaced."""
    if choice and target.element["type"] != "overflow":
        held.setdefault(target.block["block_id"], {})[target.element["action_id"]] = choice
    return held_state(blocks, held)
