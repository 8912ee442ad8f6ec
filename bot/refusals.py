"""Refusals put into words: what is wrong, and what to do next. The only place where a "no" is prose."""

from collections.abc import Callable, Iterable, Mapping
from typing import TypeVar, cast

from bot.views.drift import drifted
from bot.views.text import STATUS_WORDS, escape
from checklist import errors as e
from checklist.calendar import Closed, Explanation, day_and_clock
from checklist.errors import Refusal
from checklist.people import Standing

R = TypeVar("R", bound=Refusal)
WORDS: dict[type[Refusal], Callable[[Refusal], str]] = {}

WHO_ASKED: Mapping[Standing, str] = {
    Standing.MEMBER: "You are a full member.",
    Standing.GUEST: "You are a guest here.",
    Standing.BOT: "This is a bot's account.",
    Standing.DEACTIVATED: "This account was deactivated.",
    Standing.FOREIGN: "You are of another workspace.",
    Standing.UNKNOWN: "This workspace does not know this account.",
}


def words(kind: type[R]) -> Callable[[Callable[[R], str]], Callable[[R], str]]:
    """Register the words of one kind of refusal."""

    def register(say: Callable[[R], str]) -> Callable[[R], str]:
        WORDS[kind] = cast(Callable[[Refusal], str], say)
        return say

    return register


def explain(refusal: Refusal) -> str:
    """The refusal in words, safe to show."""
    return WORDS[type(refusal)](refusal)


def field_errors(refusal: Refusal) -> Mapping[str, str]:
    """Errors to be shown on the fields of a modal; empty when the refusal is about none of them."""
    if isinstance(refusal, e.BadFields):
        return {field.field: f"{field.problem}. Write {field.instead}." for field in refusal.fields}
    if isinstance(refusal, e.BadField):
        return {refusal.field: f"{refusal.problem}. Write {refusal.instead}."}
    if isinstance(refusal, e.NoImage):
        return {"image": f"The registry does not have {refusal.image}. Push it first, or name another."}
    if isinstance(refusal, e.MissingWords):
        return {refusal.what: "This must not be empty."}
    return {}


@words(e.Stranger)
def _(no: e.Stranger) -> str:
    return "You are not in the deployment team, so nothing was done. Ask the team to add you to `checklist.yml`."


@words(e.WrongTeam)
def _(no: e.WrongTeam) -> str:
    return "You are of another workspace, so nothing was done. Ask a full member of the deployment team to do it."


@words(e.NotAMember)
def _(no: e.NotAMember) -> str:
    whom = WHO_ASKED[no.standing]
    return f"{whom} Only full members of this workspace may ask for anything, so nothing was done."


@words(e.MembersStale)
def _(no: e.MembersStale) -> str:
    seen = f"since {day_and_clock(no.seen_at)}" if no.seen_at else "yet"
    return (
        f"Slack has not confirmed {seen} that you are a full member, and nothing goes forward on old news. Try again "
        "when Slack answers. Stopping and rolling back work all the same: `/drop rollback`."
    )


@words(e.SharedChannel)
def _(no: e.SharedChannel) -> str:
    return (
        f"The deploy channel <#{escape(no.channel, 20)}> is shared with another workspace, so nothing goes forward. "
        "Stop sharing it, or name another channel in `checklist.yml`. Rolling back works all the same."
    )


@words(e.TooFast)
def _(no: e.TooFast) -> str:
    return (
        f"That is more than Drop answers one person in so short a time, so nothing was done. Ask again in {no.wait} s. "
        "Rolling back, rejecting and approving are never limited."
    )


@words(e.UnknownVerb)
def _(no: e.UnknownVerb) -> str:
    verbs = (f"/drop {name}" for name in no.near)
    return f"There is no `/drop {escape(no.typed, 40)}`.{_meant(verbs)} `/drop help` lists what there is."


@words(e.MissingWords)
def _(no: e.MissingWords) -> str:
    return f"`/drop {no.verb}` is not complete: the {no.what} is missing. `/drop help` shows how it is typed."


@words(e.BadField)
def _(no: e.BadField) -> str:
    return f"{no.field}: {escape(no.problem)}. Write {escape(no.instead)}."


@words(e.BadFields)
def _(no: e.BadFields) -> str:
    return "\n".join(f"• {field.field}: {escape(field.problem)}. Write {escape(field.instead)}." for field in no.fields)


@words(e.NoImage)
def _(no: e.NoImage) -> str:
    return f"The registry does not have `{escape(no.image)}`. Push the image first, or name another one."


@words(e.NoSuchDeployment)
def _(no: e.NoSuchDeployment) -> str:
    return f"There is no {escape(no.asked, 20)}. `/drop status` shows the open deployment."


@words(e.NothingOpen)
def _(no: e.NothingOpen) -> str:
    return "No deployment is open. `/drop deploy` opens one."


@words(e.AlreadyOpen)
def _(no: e.AlreadyOpen) -> str:
    return f"{no.open} is still open, and one deployment is open at a time. Finish or abandon it first: `/drop status`."


@words(e.NotAllowed)
def _(no: e.NotAllowed) -> str:
    if no.move == "withdraw":
        return "Only whoever signed the approval may withdraw it. Nothing was done. An approver may reject before that."
    roles = ", ".join((*no.roles, *(f"the {part}" for part in no.parts))) or "nobody"
    said = f"{_move(no.move)} is for {roles}, and you hold none of these roles."
    return f"{said} Nothing was done. `/drop whoami` shows yours."


@words(e.AgentsMayNot)
def _(no: e.AgentsMayNot) -> str:
    return f"{_move(no.move)} needs a human. An agent may request and attest, never decide."


@words(e.NotIndependent)
def _(no: e.NotIndependent) -> str:
    return f"You are the {no.part} of {no.deployment}, so this must be done by somebody else. Nothing was done."


@words(e.NotNow)
def _(no: e.NotNow) -> str:
    status = STATUS_WORDS[no.deployment.status]
    touched = (
        " Production was already touched: roll back instead." if no.move == "abandon" and no.deployment.mutated else ""
    )
    return f"{no.deployment.id} is {status} now, so it cannot be done.{touched} `/drop status` shows what can."


@words(e.AlreadyDone)
def _(no: e.AlreadyDone) -> str:
    return f"That was done already: {no.deployment.id} is {STATUS_WORDS[no.deployment.status]}. Nothing was done twice."


@words(e.MovedOn)
def _(no: e.MovedOn) -> str:
    return f"{no.deployment} changed while you asked. Look at `/drop status` and ask again."


@words(e.NoSuchItem)
def _(no: e.NoSuchItem) -> str:
    return f"The checklist has no item `{escape(no.asked, 40)}`.{_meant(no.near)} `/drop checklist` lists them."


@words(e.NotForHand)
def _(no: e.NotForHand) -> str:
    if no.item.id == "change-approved":
        return "The approval is given with *Approve*, never by hand."
    if no.mark.state == "passed":
        return f"`{no.item.id}` was proved by its check, and takes nobody's word. `/drop check` reads it again."
    return (
        f"`{no.item.id}` is {no.mark.state.replace('_', ' ')}: a person may speak only where the check could not tell. "
        f"Fix what it found, then `/drop check {no.item.id}`."
    )


@words(e.NotWaivable)
def _(no: e.NotWaivable) -> str:
    return (
        f"`{no.item}` is never waived: the checklist says so. An item is settled by its check or by its role, "
        "a step by *Retry step*; or it goes back with *Roll back*."
    )


@words(e.WrongRole)
def _(no: e.WrongRole) -> str:
    roles = " or the ".join(no.roles)
    return f"`{no.item}` belongs to the {roles}, and you do not hold that role. Nothing was done."


@words(e.AlreadySettled)
def _(no: e.AlreadySettled) -> str:
    return f"`{no.item.id}` is settled already: {no.mark.state}. Nothing was done twice."


@words(e.ItemsOpen)
def _(no: e.ItemsOpen) -> str:
    shown = "\n".join(f"• `{item.id}` {mark.state}, from the {item.role}" for item, mark in no.items[:12])
    more = f"\n… and {len(no.items) - 12} more" if len(no.items) > 12 else ""
    return f"{len(no.items)} items of {no.deployment} must be settled first:\n{shown}{more}"


@words(e.MaintenanceHidden)
def _(no: e.MaintenanceHidden) -> str:
    return (
        f"{no.app} has a secret named MAINTENANCE_MODE. A secret hides the environment, so maintenance mode could be "
        f"neither set nor ended. Take it away with `fly secrets unset MAINTENANCE_MODE --app {no.app}`, then "
        f"`/drop check {no.deployment}`, and ask for approval again."
    )


@words(e.SurveyMissing)
def _(no: e.SurveyMissing) -> str:
    seen = (
        f"The newest survey of production is from {day_and_clock(no.taken_at)}"
        if no.taken_at
        else "Production was not surveyed yet"
    )
    return f"{seen}. `/drop check {no.deployment}` reads it again; then ask for approval."


@words(e.PlanChanged)
def _(no: e.PlanChanged) -> str:
    now = f"The plan to sign is `{no.current[:8]}`" if no.current else "There is no plan to sign now"
    lines = "".join(f"\n• {escape(change)}" for change in no.changes[:8])
    return f"That plan was replaced. {now}: read it on the card before you sign.{lines}"


@words(e.WindowClosed)
def _(no: e.WindowClosed) -> str:
    return f"{why_closed(no.explanation)} Rolling back is possible at any hour."


@words(e.WindowOpen)
def _(no: e.WindowOpen) -> str:
    until = f" until {day_and_clock(no.closes)}" if no.closes else ""
    return f"The window of {no.deployment} is open{until}: *Retry step* goes on, and nothing needs to be let off."


@words(e.SignerMayNot)
def _(no: e.SignerMayNot) -> str:
    return (
        f"Whoever approved {no.deployment}, `{escape(no.signer, 40)}`, may no longer approve, so the approval does not "
        "count. If production was not touched, ask for approval again; else roll back, at any hour."
    )


@words(e.ClockWrong)
def _(no: e.ClockWrong) -> str:
    if no.skew is None:
        return "The clock of the bot's machine was not compared with Slack's and Fly's yet. Try again in a moment."
    seconds = round(no.skew.total_seconds())
    said = f"The clock of the bot's machine is {abs(seconds)} s {'slow' if seconds > 0 else 'fast'}"
    return f"{said}, so nobody can tell whether the window is open. Set it right; rolling back is possible meanwhile."


@words(e.ApprovalEnded)
def _(no: e.ApprovalEnded) -> str:
    ended = (
        f"{no.deployment} was for a window that ended {day_and_clock(no.ended_at)}; an approval ends with its window."
    )
    if no.touched:
        return f"{ended} A named role may roll back, at any hour; or an approver has the rest done with *Finish*."
    return f"{ended} Ask for another one: `/drop submit {no.deployment} DATE`, and `/drop window` lists the dates."


@words(e.CountedAlready)
def _(no: e.CountedAlready) -> str:
    return f"This `{no.verb}` was counted already, once. Nothing was done twice."


@words(e.Drifted)
def _(no: e.Drifted) -> str:
    return drifted(no.drift)


@words(e.NothingDrifted)
def _(no: e.NothingDrifted) -> str:
    return "There is nothing to acknowledge: production is as it is known. `/drop status` shows where things stand."


@words(e.DriftedOn)
def _(no: e.DriftedOn) -> str:
    return f"Production was changed again since that was said. {drifted(no.drift)}"


@words(e.NoSuchSignOff)
def _(no: e.NoSuchSignOff) -> str:
    return f"There is no sign-off `{escape(no.asked, 40)}`. There are {', '.join(f'`{name}`' for name in no.known)}."


def why_closed(explanation: Explanation) -> str:
    """Why nothing may start now, and when it may."""
    blackout = f" ({escape(explanation.blackout.reason)})" if explanation.blackout else ""
    reasons = {
        Closed.WEEKDAY: "deployments start from Tuesday to Thursday",
        Closed.HOURS: "the hours are over or not yet begun",
        Closed.HOLIDAY: f"{escape(explanation.holiday)} is a bank holiday",
        Closed.BLACKOUT: f"a blackout is in force{blackout}",
        Closed.UNKNOWN_YEAR: "the holidays of this year are not known",
    }
    why = reasons[explanation.reason] if explanation.reason else "it is not the window of this deployment"
    after = f" The next one: {explanation.next.label}." if explanation.next else ""
    return f"The window is closed: {why}.{after}"


def _move(move: str) -> str:
    return move.replace("_", " ").capitalize()


def _meant(near: Iterable[str]) -> str:
    """What somebody may have meant to type; nothing where nothing comes near."""
    names = " or ".join(f"`{name}`" for name in near)
    return f" Did you mean {names}?" if names else ""
