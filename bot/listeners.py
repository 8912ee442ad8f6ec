"""Slack's three doors: /drop typed, a button clicked, a modal submitted. Each checks, commits, acks and returns."""

import asyncio
import re
import uuid
from dataclasses import dataclass, replace

import structlog
from slack_bolt.async_app import AsyncAck, AsyncApp, AsyncRespond
from slack_bolt.response import BoltResponse
from slack_sdk.web.async_client import AsyncWebClient

from bot import asks
from bot.asks import Body
from bot.desk import Desk
from bot.directory import member_of
from bot.modals import modal_of
from bot.refusals import explain, field_errors
from bot.replies import reply
from bot.troubles import translated
from bot.views.blocks import spoken
from checklist.errors import Outage, RecordOutage, Refusal, TooFast
from checklist.people import Person
from checklist.policy import URGENT, WAYS_BACK, may_ever
from commands.deps import Ask
from commands.usage import USAGE, Verb, parse, verb_named

log = structlog.get_logger()
OPEN_WITHIN = 2.0  # seconds: the ack has three, and a rate limit would make the client wait on
ANY = re.compile("")  # an unknown button is refused with words, not with silence


def listen(app: AsyncApp, desk: Desk) -> None:
    """Join the doors to the desk."""
    doors = Doors(desk)
    app.command("/drop")(doors.typed)
    app.action(ANY)(doors.clicked)
    for verb in USAGE:
        app.view(verb)(doors.submitted)
    app.event("user_change")(doors.person_changed)
    app.error(doors.stumbled)


@dataclass(frozen=True, slots=True)
class Doors:
    """The listeners. They add nothing but Slack."""

    desk: Desk

    async def typed(self, ack: AsyncAck, body: Body, client: AsyncWebClient, respond: AsyncRespond) -> None:
        """/drop VERB …: answered with the ack itself, seen by the person alone."""
        try:
            ask = asks.typed(body, await self._admitted(body))
            look = _only_look(ask)
            self._permit(look, body)
            if await self._opened_modal(ask, body, client):
                await ack()
                return
            result = await self.desk.perform(look)
        except Refusal as refusal:
            await self._write_down(refusal, body)
            text = explain(refusal)
            await ack(text=text, blocks=spoken(text))
            return
        except Outage as outage:
            await self._tell(outage, ack, respond)
            return
        deps = self.desk.deps
        shown = "plan" if _shows_plan(body, look) else parse(body.get("text") or "").verb
        answer = reply(shown, result, deps.checklist, clock_moved=deps.clock.moved)
        await ack(text=answer.text, blocks=answer.blocks or spoken(answer.text))

    async def clicked(self, ack: AsyncAck, body: Body, client: AsyncWebClient, respond: AsyncRespond) -> None:
        """A button: its modal opens, or its command runs. The card is redrawn by the publisher."""
        try:
            ask = asks.clicked(body, await self._admitted(body))
            self._permit(ask, body)
            if not await self._opened_modal(ask, body, client):
                await self.desk.perform(ask)
        except Refusal as refusal:
            written = await self._write_down(refusal, body)
            if written or not isinstance(refusal, TooFast):  # a mashed button is answered once
                self.desk.afterwards(_respond(respond, explain(refusal)))
        except Outage as outage:
            self.desk.afterwards(_respond(respond, _outage(outage)))
        await ack()

    async def submitted(self, ack: AsyncAck, body: Body, client: AsyncWebClient) -> None:
        """A modal: a wrong field is an error on that field; any other "no" is said to the person."""
        try:
            ask = asks.submitted(body, await self._admitted(body))
            self._permit(ask, body)
            await self.desk.perform(ask)
        except Refusal as refusal:
            await self._write_down(refusal, body)
            on_fields = {field: text for field, text in field_errors(refusal).items() if field in _blocks(body)}
            await ack(response_action="errors", errors=on_fields or {_blocks(body)[-1]: explain(refusal)})
            return
        except Outage as outage:
            await ack(response_action="errors", errors={_blocks(body)[-1]: _outage(outage)})
            return
        await ack()

    async def person_changed(self, ack: AsyncAck, body: Body) -> None:
        """Slack tells that somebody left, became a guest, or came back."""
        team = self.desk.deps.checklist.workspace.team_id
        if asks.teams(body) == {team}:
            now = self.desk.members.system.now()
            await self.desk.members.changed(member_of(body["event"]["user"], team=team, at=now))
        await ack()

    async def stumbled(self, error: Exception, body: Body, respond: AsyncRespond) -> BoltResponse:
        """A bug, the last resort: a reference for the person, the traceback for the log."""
        reference = uuid.uuid4().hex[:8]
        log.error("bug", reference=reference, exc_info=error)
        text = f"Something went wrong on our side. Nothing more was done. Tell the team this reference: {reference}"
        answer: dict[str, object] = {}
        match body.get("type"):
            case "event_callback":
                pass  # there is nobody to tell, and told again it would be no better
            case "view_submission":
                answer = {"response_action": "errors", "errors": dict.fromkeys(_blocks(body)[-1:], text)}
            case "block_actions":
                self.desk.afterwards(_respond(respond, text))
            case _:
                answer = {"response_type": "ephemeral", "text": text}
        return BoltResponse(status=200, body=answer or "")  # an event's ack carries nothing

    async def _tell(self, outage: Outage, ack: AsyncAck, respond: AsyncRespond) -> None:
        """With the ack; but a locked record is waited for longer than Slack waits for one, so that is said after it."""
        if isinstance(outage, RecordOutage):
            self.desk.afterwards(_respond(respond, _outage(outage)))
            await ack()
            return
        await ack(text=_outage(outage))

    async def _admitted(self, body: Body) -> Person:
        """Who asks, if they may ask for anything now. Raises TooFast, WrongTeam, NotAMember, Outage."""
        user, verb = asks.user(body), USAGE.get(asks.verb(body))
        who = self._who(user)
        if not self.desk.flood.counts(who) and not self._is_urgent(user, verb):
            raise TooFast(who, self.desk.flood.wait)
        return await self.desk.members.person(user, asks.teams(body), verb)

    def _permit(self, ask: Ask, body: Body) -> None:
        """Raises UnknownVerb, Stranger, MembersStale, SharedChannel."""
        self.desk.members.permit(asks.user(body), verb_named(ask.verb))

    def _is_urgent(self, user: str, verb: Verb | None) -> bool:
        """Whether it is asked by one of those who may, and never waits."""
        team = self.desk.deps.checklist.team
        named = team.by_slack(user)
        if verb is None or verb.move not in URGENT or named is None:
            return False
        return may_ever(verb.move, named.id, team)

    def _who(self, user: str) -> str:
        """The person behind the account, or the account of a stranger."""
        named = self.desk.deps.checklist.team.by_slack(user)
        return named.id if named else user

    async def _opened_modal(self, ask: Ask, body: Body, client: AsyncWebClient) -> bool:
        """Open the modal that the ask needs, if it needs one: the only call outward before the ack."""
        opens = modal_of(ask)
        view = await self.desk.look(ask.verb)(lambda: opens(ask, self.desk.deps)) if opens else None
        if view is None:
            return False
        try:
            async with translated(), asyncio.timeout(OPEN_WITHIN):
                await client.views_open(trigger_id=body["trigger_id"], view=view)
        except Outage:
            if verb_named(ask.verb).move not in WAYS_BACK:
                raise
            return False  # a way back does not wait for Slack to ask why
        return True

    async def _write_down(self, refusal: Refusal, body: Body) -> bool:
        """Every refusal is an entry, but of a flood only its beginning. Returns whether it was written."""
        who, flood = self._who(asks.user(body)), self.desk.flood
        if flood.floods(who):
            if not flood.begins(who):
                return False
            refusal = TooFast(who, flood.wait)
        asked = str(body.get("text") or asks.verb(body))[:80]
        await self.desk.refused(refusal, by=who, verb=asked)
        self.desk.wake()
        return True


def _only_look(ask: Ask) -> Ask:
    """`/drop approve CR-001` shows the plan; only with eight digits of its digest it signs."""
    return replace(ask, verb="status") if ask.verb == "approve" and not ask.words else ask


def _shows_plan(body: Body, ask: Ask) -> bool:
    return ask.verb == "status" and str(body.get("text") or "").strip().startswith("approve")


def _blocks(body: Body) -> list[str]:
    """The block ids of the modal's inputs, in order."""
    view = body.get("view") or {}
    return list((view.get("state") or {}).get("values") or ())


def _outage(outage: Outage) -> str:
    again = " Try again in a moment." if outage.retry else ""
    return f"{outage.system}: {outage.advice}. Nothing was changed.{again}"


async def _respond(respond: AsyncRespond, text: str) -> None:
    try:
        async with translated():
            await respond(text=text, blocks=spoken(text), response_type="ephemeral", replace_original=False)
    except Outage as outage:
        log.warning("the answer did not arrive", advice=outage.advice)
