"""A workplace with the real bot at work in it: how a test lets people act, and looks at what they see."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass

import pytest

from bot.app import House
from checklist.definition import Section
from checklist.deployment import Deployment
from checklist.marks import MarkState
from checklist.moves import Status
from checklist.record import Fact
from checklist.words import DeploymentId, ItemId, PersonId, Phase, Role
from commands.deps import Ask
from sandbox import seed
from sandbox.client import Control
from sandbox.server import Sandbox
from storage.work import SqlRecord
from tests.bot.looks import Seen, block, elements, until, was_read
from tests.storage.examples import afresh

JOHN, ALEM, VALIDATOR, STRANGER = "john", "alem", "validator", "stranger"
CR = DeploymentId("CR-001")
on_both_databases = pytest.mark.parametrize("database", ["sqlite", "postgresql"], indirect=True)
WORDS = "I looked at this with care and it is as it should be"

RELEASE = {
    "version": "0.5.0",
    "commit": "abcdef1",
    "customers": "Nothing changes",
    "risk": "Low",
    "security": "None",
    "outcome": "Faster payments",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """People act through the sandbox's control API; the record is read where the bot keeps it."""

    sandbox: Sandbox
    people: Control
    house: House

    # People

    async def says(self, person: str, text: str) -> str:
        """Type a command; returns the words of the bot's reply, or "" when it opened a modal."""
        answer = await self.people.says(person, text)
        assert answer["ok"], answer
        return str(answer["reply"]["text"]) if answer["reply"] else ""

    async def clicks(self, person: str, label: str, **where: object) -> str:
        """Click by label; returns the words that the bot then said to that person alone, if it said any."""
        before = {message["ts"] for message in await self.whispers(person)}
        answer = await self.people.clicks(person, label, **where)
        assert answer["ok"], answer
        await self.house.desk.settled()
        return "\n".join(m["text"] for m in await self.whispers(person) if m["ts"] not in before)

    async def submits(self, person: str, **values: object) -> dict[str, str]:
        """Send the open modal; returns the errors on its fields."""
        answer = await self.people.submits(person, **values)
        return {} if answer["ok"] else dict(answer["errors"])

    # What they see

    async def view(self, person: str) -> Seen | None:
        """The modal that is open for this person."""
        view: Seen | None = (await self.people.state(person))["view"]
        return view

    async def messages(self, person: str = JOHN) -> list[Seen]:
        """Everything this person sees, oldest first in each conversation."""
        talks = (await self.people.state(person))["messages"]
        return [message for talk in talks.values() for message in talk]

    async def whispers(self, person: str) -> list[Seen]:
        return [message for message in await self.messages(person) if message["ephemeral"]]

    async def channel(self) -> list[str]:
        """What stands in the channel for all, without threads."""
        talk = (await self.people.state(JOHN))["messages"][seed.CHANNEL_ID]
        return [m["text"] for m in talk if not m["ephemeral"] and m.get("thread_ts") in (None, m["ts"])]

    async def card(self, id: DeploymentId = CR) -> str:
        """The text of the root card, or "" before it stands there. There is one, edited in place."""
        cards = [text for text in await self.channel() if text.startswith(f"{id} · Drop")]
        assert len(cards) <= 1, cards
        return "".join(cards)

    async def shows(self, headline: str) -> None:
        """Wait until the root card has this headline; there is one root card, edited in place."""

        async def shown() -> bool | None:
            return await self.card() == headline or None

        await until(shown, f"the card never said {headline!r}", within=20)

    async def headlined(self, word: str) -> bool | None:
        """Whether the root card's headline has the word by now."""
        return word in await self.card() or None

    async def quiet(self) -> None:
        """Wait until the bot has said and drawn all it has to, as far as it may."""

        async def silent() -> bool | None:
            before = await self.messages()
            await asyncio.sleep(0.1)
            with self.house.ground.record.look() as work:
                waiting = work.messages.pending()
            return (not waiting and before == await self.messages()) or None

        await until(silent, "the bot never came to rest", within=20)

    async def sees(self, text: str, *, person: str = JOHN, within: float = 20) -> Seen:
        """Wait until a message that says this stands somewhere this person looks."""

        async def shown() -> Seen | None:
            return next((m for m in await self.messages(person) if text in m["text"]), None)

        return await until(shown, f"no message says {text!r}", within=within)

    async def sees_button(self, person: str, label: str, **where: str) -> None:
        """Wait until the button stands somewhere this person looks."""
        await until(lambda: self._button(person, label, **where), f"no button {label}", within=20)

    async def sees_button_in(self, person: str, label: str, target: str, id: DeploymentId = CR) -> str:
        """Wait until the button stands under this item or section; returns the block in which it does."""

        async def shown() -> str | None:
            blocks = [b for m in await self.messages(person) for b in m["blocks"]]
            here = [b for b in blocks if str(b.get("block_id")).startswith(f"{id}/{target}/")]
            labels = ((b["block_id"], e["text"]["text"]) for b in here for e in elements(b) if e["type"] == "button")
            return next((name for name, text in labels if text == label), None)

        return await until(shown, f"no button {label} under {target}", within=20)

    async def no_longer_sees_button(self, person: str, label: str) -> None:
        async def gone() -> bool | None:
            return None if await self._button(person, label) else True

        await until(gone, f"the button {label} stayed", within=20)

    async def _button(self, person: str, label: str, channel: str = "") -> Seen | None:
        talks = (await self.people.state(person))["messages"]
        messages = [m for id, talk in talks.items() if channel in ("", id) for m in talk]
        shown = [e for m in messages for part in m["blocks"] for e in elements(part)]
        return next((e for e in shown if e["type"] == "button" and e["text"]["text"] == label), None)

    async def block_of(self, person: str, target: str, id: DeploymentId = CR) -> str:
        """The block_id, with its revision, under which an item or a section stands now."""

        async def shown() -> str | None:
            blocks = [b["block_id"] for m in await self.messages(person) for b in m["blocks"] if b.get("block_id")]
            return next((name for name in blocks if name.startswith(f"{id}/{target}/")), None)

        return await until(shown, f"nothing of {target}", within=20)

    async def machines(self) -> list[Seen]:
        """Production's machines."""
        machines: list[Seen] = (await self.people.state())["machines"][seed.PRODUCTION_APP]
        return machines

    async def runs_on(self) -> set[str]:
        """The versions that production's machines run."""
        return {str(machine["tag"]) for machine in await self.machines()}

    async def updates(self) -> list[Seen]:
        """The machine updates that Fly was sent."""
        log = (await self.people.log())["fly"]
        return [e for e in log if e["method"] == "POST" and e["path"].rpartition("/")[2] in seed.PRODUCTION_MACHINES]

    # The record

    def entries(self, kind: str = "") -> list[Fact]:
        """The facts of the record, in order."""
        with self.house.ground.record.look() as work:
            facts = [entry.fact for entry in work.journal.entries()]
        return [fact for fact in facts if kind in ("", fact.kind)]

    def refusals(self) -> list[object]:
        """Which refusals the record holds, in order."""
        return [fact.body["refusal"] for fact in self.entries("ask.refused")]

    def deployment(self, id: DeploymentId = CR) -> Deployment:
        with self.house.ground.record.look() as work:
            return work.deployments.get(id)

    def knows_what_stands(self) -> None:
        """What the bot knows of the newest deployment is what a process that begins now would read."""
        record = self.house.ground.record
        assert isinstance(record, SqlRecord)
        for _ in range(10):  # a run may be at work in between
            with record.look() as known, afresh(record).look() as read:
                mine, stands = known.deployments.last(), read.deployments.last()
            if (mine and mine.revision) == (stands and stands.revision):
                break
        assert mine == stands

    def opened(self) -> Deployment | None:
        with self.house.ground.record.look() as work:
            return work.deployments.last()

    async def becomes(self, *statuses: Status, within: float = 25) -> Deployment:
        """Wait until the deployment has one of these statuses."""

        async def there() -> Deployment | None:
            found = self.deployment()
            return found if found.status in statuses else None

        return await until(there, f"never {statuses}", within=within)

    async def until(self, fits: Callable[[Deployment], bool], *, within: float = 20) -> Deployment:
        """Wait until the deployment fits."""

        async def there() -> Deployment | None:
            found = self.deployment()
            return found if fits(found) else None

        return await until(there, "the deployment never became so", within=within)

    # Whole stretches of the way, as people go it

    async def opens(self, by: str = JOHN, **fields: object) -> dict[str, str]:
        """Someone opens a deployment by its modal; returns the errors on its fields."""
        assert await self.says(by, f"/drop deploy {RELEASE['version']}") == ""
        return await self.submits(by, **self.release(**fields))

    def release(self, **fields: object) -> dict[str, object]:
        """How the modal is filled in, but for what the test says."""
        return {**RELEASE, "maintenance": "no", **fields}

    async def window_offered(self, person: str, number: int) -> str:
        """The window of that number, from 0, that the open modal offers."""
        options = block(await self.view(person), "window")["element"]["options"]
        return str(options[number]["value"])

    async def elsewhere_opens(self, person: str) -> None:
        """The same person opens the release in another window, without touching the modal that is open here."""
        deps = self.house.desk.deps
        windows = deps.calendar.next_windows(deps.now(), 1)
        chosen = {"image": "", "migrations": "no", "maintenance": "no", "engineer": person}
        fields = {**RELEASE, **chosen, "window": windows[0].opens.isoformat()}
        by = deps.checklist.team.people[PersonId(person)]
        await self.house.desk.perform(Ask(verb="deploy", by=by, key="another window", fields=fields))

    async def prepares(self, by: str = JOHN, **fields: object) -> Deployment:
        """A deployment is opened, its checks are read, and everyone speaks for what no check can tell."""
        assert await self.opens(by, **fields) == {}
        await self.is_read()
        await self.settles(Phase.PRE)
        return self.deployment()

    async def is_read(self) -> Deployment:
        """Wait until every check that was queued has been read, and production was surveyed before."""
        return await self.until(was_read)

    async def is_surveyed_again(self) -> None:
        """John has the world read again, production first."""
        before = len(self.entries("survey.taken"))
        await self.says(JOHN, f"/drop check {CR}")
        await self.until(lambda _: len(self.entries("survey.taken")) > before)
        await self.is_read()

    async def knows_production(self) -> None:
        """Wait until the bot has looked at production once: what is changed from then on is changed."""

        async def known() -> bool | None:
            return bool(self.entries("production.known")) or None

        await until(known, "production was never looked at", within=20)

    def someone_changes_production(self) -> None:
        """Another hand sets an environment variable on the first production machine."""
        machine = self.sandbox.world.platform.machines(seed.PRODUCTION_APP)[0]
        old = machine.version
        config = {**old.config, "env": {**old.config["env"], "LOG_LEVEL": "debug"}}
        machine.update(config, old.reference, old.image, launch=True)

    async def asks_for_approval(self, by: str = JOHN, **fields: object) -> Deployment:
        await self.prepares(by, **fields)
        await self.says(by, f"/drop submit {CR}")
        return await self.becomes(Status.AWAITING_APPROVAL)

    async def is_approved(self, **fields: object) -> Deployment:
        deployment = await self.asks_for_approval(JOHN, **fields)
        assert deployment.plan
        await self.says(ALEM, f"/drop approve {CR} {deployment.plan.digest[:8]}")
        return await self.becomes(Status.APPROVED)

    async def starts(self) -> None:
        """What acts is asked for, everyone confirms what the start needs, and John starts."""
        await self.has_what_acts_done()
        await self.settles(Phase.PRE)
        answer = await self.says(JOHN, f"/drop start {CR}")
        assert "deploying" in answer, answer

    async def starts_once_it_is_acknowledged(self) -> None:
        """What another hand had changed stops the start; Alem answers for it, and John goes on."""
        await self.starts()
        halted = await self.becomes(Status.HALTED)
        assert halted.reason.startswith("production was changed outside of Drop")
        await self.says(ALEM, "/drop acknowledge It has been so for long, and it may stay")
        await self.says(JOHN, f"/drop retry {CR}")

    async def has_what_acts_done(self) -> None:
        """John asks for each check that acts and was not asked for yet."""
        for item in self.house.ground.checklist.items(Phase.PRE):
            if item.acts and self.deployment().mark(item.id).state is MarkState.OPEN:
                await self.says(JOHN, f"/drop check {CR} {item.id}")
                await self.is_read()

    async def waits_for(self, person: str, step: str) -> None:
        """Wait until the run waits for this person to say how the step went."""
        deployment = await self.until(lambda found: any(s.id == step and s.state == "waiting" for s in found.steps))
        waiting = deployment.step(ItemId(step))
        assert waiting is not None
        assert self.holder(waiting.role) == person

    async def states(self, person: PersonId, section: str, items: list[ItemId]) -> None:
        """One statement, in the modal, for items of a section."""
        await self.says(person, f"/drop attest {CR} {section}")
        errors = await self.submits(person, items=items, words=WORDS)
        assert errors == {}, errors

    async def settles(self, phase: Phase) -> None:
        """Whoever holds the role attests or confirms each item that waits for a person."""
        deployment = self.deployment()
        for section in self.house.ground.checklist.sections:
            if section.phase is phase:
                await self._settles(deployment, section)

    async def _settles(self, deployment: Deployment, section: Section) -> None:
        stated: dict[PersonId, list[ItemId]] = {}
        for item in section.items:
            mark, holder = deployment.mark(item.id), self.holder(item.role)
            if mark.awaits_statement(item):
                stated.setdefault(holder, []).append(item.id)
            elif mark.awaits_confirmation(item) and item.id != "change-approved":
                await self.says(holder, f"/drop confirm {CR} {item.id}")
        for holder, named in stated.items():
            await self.states(holder, section.id, named)

    def holder(self, role: Role) -> PersonId:
        """Someone who holds the role: where several do, one who did not open the deployment."""
        holders = [person.id for person in self.house.ground.checklist.team.holders(role)]
        others = [person for person in holders if person != self.deployment().requester]
        return (others or holders)[0]
