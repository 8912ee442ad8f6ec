"""A scene: people act, the scene prints what they and Drop say, and waits for what should come of it."""

import asyncio
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from sandbox import seed
from sandbox.client import Control
from sandbox.clock import OSLO
from sandbox.history import read_record
from sandbox.shell import Shell
from sandbox.slack.wire import Object
from sandbox.small_disk import SmallDisk
from sandbox.stories import looks

_LOOK_AGAIN_SECONDS = 0.1
_PATIENCE_SECONDS = 30.0
_PATIENT_TIMES = 3
_BOT_AWAY = {"dispatch_failed", "operation_timeout"}
_NAMES = {person.key: person.name for person in seed.PEOPLE}


class Unexpected(Exception):
    """The story did not go as it should; the words say what was missing."""


class Redrawn(Unexpected):
    """The card was drawn anew between the look and the click, so the button is another one now."""


class Scene:
    """One story's stage. With `patient`, people ask again when the bot was away, and take "done already" as done."""

    def __init__(
        self,
        control: Control,
        *,
        say: Callable[[str], None],
        record: str,  # its DATABASE_URL
        # The workplace's checklist as YAML gives it, of which a story reads who does what.
        checklist: Mapping[str, Any],
        patient: bool = False,
        shell: Shell | None = None,
        disk: SmallDisk | None = None,
    ) -> None:
        self.control = control
        self.checklist = checklist
        self.patient = patient
        self._say = say
        self.record = record
        self._shell = shell
        self._disk = disk
        self._offset = timedelta()

    # What people do

    async def says(self, person: str, text: str) -> str:
        """Type a command; the bot's answer, which only this person sees."""
        self.tells(_NAMES[person], text)
        reply = await self.asks(person, text)
        if reply:
            self.tells(seed.BOT_NAME, reply, to=_NAMES[person])
        return reply

    async def asks(self, person: str, text: str) -> str:
        """Type a command without a line in the conversation: a look for the story's own sake."""
        answer = await self._again(person, lambda: self.control.says(person, text))
        _accepted(answer, text)
        return str((answer.get("reply") or {}).get("text", ""))

    async def clicks(self, person: str, label: str, *, beside: str = "", **where: object) -> None:
        """Press a button, and confirm the dialog if there is one; `beside` says in the conversation which it was."""
        self.tells(_NAMES[person], f"[{label}] {beside}".rstrip())
        _accepted(await self._again(person, lambda: self.control.clicks(person, label, **where)), label)

    async def submits(self, person: str, **values: object) -> None:
        """Fill in the modal that is open, and send it."""
        view = (await self.until(lambda state: state["view"], 3, f"a modal opens for {person}", who=person))["view"]
        shown = " · ".join(f"{name}: {_short(value)}" for name, value in values.items())
        self.tells(_NAMES[person], f"“{view['title']['text']}” {shown}")
        answer = await self._again(person, lambda: self.control.submits(person, **values))
        _accepted(answer, view["title"]["text"])

    async def becomes(self, person: str, **facts: object) -> None:
        """Change someone's account in the workspace's directory, and wait until Slack has told the bot."""
        await self.control.changes(person, **facts)
        self.tells("Slack", f"{_NAMES[person]} is now {', '.join(f'{name}: {value}' for name, value in facts.items())}")
        deadline = time.monotonic() + _PATIENCE_SECONDS
        while not _told_of_everyone((await self.control.log())["slack"]):
            if time.monotonic() > deadline:
                raise Unexpected("the bot took what Slack tells of an account")
            await asyncio.sleep(_LOOK_AGAIN_SECONDS)

    async def moves_clock(self, *, to: str) -> None:
        """Set the clock to a moment of the day in Oslo, `06:01`."""
        now = datetime.fromisoformat((await self.look())["now"])
        hour, minute = to.split(":")
        await self.control.moves_clock(to=now.replace(hour=int(hour), minute=int(minute), second=0).isoformat())
        await self.look()
        self.tells("Clock", f"it is {to} in Oslo")

    async def moves_clock_on(self, *, minutes: int) -> None:
        """Let so many minutes pass at once."""
        await self.control.moves_clock(minutes * 60)
        await self.look()
        self.tells("Clock", f"{minutes} min later")

    async def breaks(self, fault: str, *, on: bool = True) -> None:
        """Turn a fault on or off."""
        await self.control.faults(fault, on=on)
        self.tells("Fault", f"{fault} is {'on' if on else 'off'}")

    async def types(self, *words: str) -> tuple[int, str]:
        """Give drop-bot a command in the host's shell; its exit code, and what it said."""
        self.tells("Shell", "drop-bot " + " ".join(words))
        code, said = await self.in_the_shell(*words)
        self.tells("Shell", said.rstrip())
        return code, said

    async def in_the_shell(self, *words: str) -> tuple[int, str]:
        """The same, and nobody is told of it."""
        if self._shell is None:
            raise Unexpected("there is no shell on this stage")
        return await self._shell(*words)

    async def fills_the_disk(self) -> None:
        """Somebody else's files take all the space that is left."""
        self._small_disk().fill(Path(self.record.removeprefix("sqlite:///")))
        self.tells("Disk", "no space is left")

    async def clears_the_disk(self) -> None:
        self._small_disk().clear()
        self.tells("Disk", "there is space again")

    def _small_disk(self) -> SmallDisk:
        if self._disk is None:
            raise Unexpected("the disk of this stage cannot be filled")
        return self._disk

    async def kills(self) -> None:
        """SIGKILL the bot."""
        await self.control.kills()
        self.tells("Kill", "the bot is dead")

    async def stops(self) -> object:
        """Tell the bot to stop; its exit code."""
        code: object = (await self.control.stops())["exit"]
        self.tells("Stop", f"the bot was told to stop, and exited with {code}")
        return code

    async def starts_again(self, *, ignoring: str = "") -> float:
        """Start the bot; the seconds until its record goes on with an entry that is not of the ignored kind."""
        begun, last = time.monotonic(), len(self.entries())
        await self.control.starts()
        seconds = await self.goes_on(lambda kind: kind != ignoring, after=last, since=begun)
        self.tells("Start", f"the record goes on {seconds:.1f} s after the bot was started")
        return seconds

    async def goes_on(self, fits: Callable[[str], bool], *, after: int, since: float) -> float:
        """Wait for an entry, after so many, whose kind fits; the seconds since that moment, on the monotonic clock."""
        while not any(fits(entry["kind"]) for entry in self.entries()[after:]):
            if time.monotonic() - since > _PATIENCE_SECONDS:
                raise Unexpected("no bot went on where the last one was ended")
            await asyncio.sleep(_LOOK_AGAIN_SECONDS / 2)
        return time.monotonic() - since

    # What they see

    async def look(self, who: str = "john") -> Object:
        """The screen of a person now."""
        state = await self.control.state(who)
        self._offset = timedelta(seconds=state["offset_seconds"])
        return state

    async def until(
        self, condition: Callable[[Object], object], within: float, what: str, *, who: str = "john"
    ) -> Object:
        """Wait for a screen that fits. Raises Unexpected after `within` seconds; patient people wait longer."""
        within *= _PATIENT_TIMES if self.patient else 1
        deadline = time.monotonic() + within
        while not condition(state := await self.look(who)):
            if time.monotonic() > deadline:
                raise Unexpected(f"within {within:g} s: {what}. The card says: {looks.headline(state, 'CR-001')}")
            await asyncio.sleep(_LOOK_AGAIN_SECONDS)
        return state

    async def sees(self, text: str, within: float = 10) -> Object:
        """Wait until a message in the channel says so."""
        return await self.until(lambda state: any(text in one for one in looks.said(state)), within, f"“{text}”")

    async def hears(self, person: str, text: str, within: float = 5) -> None:
        """Wait until the bot says so to this person alone."""
        what = f"{_NAMES[person]} is told “{text}”"
        state = await self.until(lambda s: any(text in one for one in looks.heard(s)), within, what, who=person)
        self.tells(seed.BOT_NAME, next(one for one in reversed(looks.heard(state)) if text in one), to=_NAMES[person])

    async def headline(self, text: str, within: float = 10, handle: str = "CR-001") -> Object:
        """Wait until the deployment's card says so."""
        return await self.until(lambda state: text in looks.headline(state, handle), within, f"the card says “{text}”")

    def entries(self) -> list[Object]:
        """The record as it is now."""
        return read_record(self.record)

    def requires(self, fact: object, what: str) -> None:
        """Raise Unexpected unless it is so."""
        if not fact:
            raise Unexpected(what)

    def tells(self, who: str, text: str, *, to: str = "") -> None:
        """Print a line of the conversation, with the time in Oslo."""
        now = (datetime.now(UTC) + self._offset).astimezone(OSLO)
        first, *more = text.splitlines() or [""]
        self._say(f"{now:%H:%M:%S}  {who:<13} {f'(to {to}) ' if to else ''}{first}")
        for line in more[:12]:
            self._say(f"{'':<24} {line}")

    async def _again(self, person: str, act: Callable[[], Any]) -> Object:  # Any: what an act returns is awaited only
        """Act, and if people are patient, act again while the bot is away."""
        answer: Object = await act()
        deadline = time.monotonic() + _PATIENCE_SECONDS
        while self.patient and answer.get("error") in _BOT_AWAY and time.monotonic() < deadline:
            await asyncio.sleep(_LOOK_AGAIN_SECONDS * 3)
            answer = await act()
            if "errors" in answer:  # the first try had come through after all
                await self.control.closes(person)
                return {"ok": True}
        return answer


def _told_of_everyone(log: list[Object]) -> bool:
    """Whether the bot has acked every event."""
    return all(entry["status"] for entry in log if entry["kind"] == "deliver" and entry["method"] == "events_api")


def _accepted(answer: Object, act: str) -> None:
    if not answer.get("ok"):
        problem = answer.get("errors") or answer.get("error")
        kind = Redrawn if problem == "no_such_button" else Unexpected
        raise kind(f"“{act}” was not taken: {problem}")


def _short(value: object) -> str:
    text = ", ".join(map(str, value)) if isinstance(value, list) else str(value)
    return text if len(text) <= 60 else text[:59] + "…"
