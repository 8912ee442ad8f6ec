"""The desk: where an ask is carried out, a refusal is written down, and what can wait is done after the ack."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass, field, replace
from typing import TypeVar

import structlog

from bot.flood import Floodgate
from bot.members import Members
from bot.metrics import Metrics
from checklist.errors import RecordFull, RecordOutage, Refusal
from checklist.policy import URGENT, WAYS_BACK
from checklist.record import Fact, Json
from checklist.redaction import Redactor
from commands.deps import Ask, Deps
from commands.usage import USAGE, Verb, verb_named
from runs.deps import Aside

T = TypeVar("T")
log = structlog.get_logger()


def nothing_kept_back() -> bool:
    return False


def at_once(work: Callable[[], T]) -> Awaitable[T]:
    """For who only looks: nobody waits behind a record that is locked."""
    return asyncio.to_thread(work)


@dataclass(slots=True, kw_only=True)
class Desk:
    """Between Slack's listeners and the commands."""

    deps: Deps
    members: Members
    aside: Aside
    urgent: Aside  # where nothing waits behind what others ask
    wake: Callable[[], None]
    beside: Aside = at_once  # where who only looks waits for nobody
    metrics: Metrics = field(default_factory=Metrics)
    redactor: Redactor = field(default_factory=Redactor)
    flood: Floodgate = field(default_factory=Floodgate)
    reserve: Callable[[], bool] = nothing_kept_back  # releases the space for a rollback; whether there was any
    _later: set[asyncio.Task[None]] = field(default_factory=set)

    async def perform(self, ask: Ask) -> object:
        """Carry the ask out. A secret that somebody pasted into it goes no further. Raises Refusal, Outage."""
        ask = self._without_secrets(ask)
        verb = verb_named(ask.verb)
        with self.metrics.command(verb.name):
            asked = await verb.look(ask, self.deps) if verb.look else ask
            result = await self._carry_out(verb, asked)
        if not verb.reads:
            self.wake()
        if not verb.endless:
            self.flood.gives_back(ask.by.id)
        return result

    async def _carry_out(self, verb: Verb, ask: Ask) -> object:
        """On a full disk a rollback, and nothing else, is written into the space that was kept back for it."""
        lane = self.beside if verb.reads else self.lane(verb.name)
        try:
            return await lane(lambda: verb.command(ask, self.deps))
        except RecordFull:
            if verb.move not in WAYS_BACK or not self.reserve():
                raise
        log.warning("the ballast was released for a rollback")
        return await lane(lambda: verb.command(ask, self.deps))

    def lane(self, verb: str) -> Aside:
        """Where an ask of this verb takes its turn at the record."""
        known = USAGE.get(verb)
        return self.urgent if known and known.move in URGENT else self.aside

    def look(self, verb: str) -> Aside:
        """Where one looks at the record for an ask of this verb: nobody is waited for who writes to it."""
        return self.urgent if self.lane(verb) is self.urgent else self.beside

    async def refused(self, refusal: Refusal, *, by: str, verb: str, deployment: str = "") -> None:
        """Every refusal is an entry: who asked for what, and which "no" it was. Without a record it is logged alone."""
        kind = type(refusal).__name__
        self.metrics.refusals.labels(kind).inc()
        word = verb.split(" ")[0]  # of what was typed no more than a known verb is logged
        log.info("refused", verb=word if word in USAGE else "", by=by, refusal=kind)
        body: dict[str, Json] = {"verb": self.redactor.text(verb), "refusal": kind, "about": deployment}
        fact = Fact(kind="ask.refused", at=self.deps.now(), by=by, body=body)

        def write() -> None:
            with self.deps.record.work() as work:
                work.journal.append(fact)
                work.commit()

        try:
            await self.aside(write)
        except RecordOutage as outage:
            log.warning("a refusal could not be recorded", refusal=kind, by=by, advice=outage.advice)

    def _without_secrets(self, ask: Ask) -> Ask:
        hidden = self.redactor
        fields = {name: hidden.text(value) for name, value in ask.fields.items()}
        return replace(ask, words=hidden.text(ask.words), target=hidden.text(ask.target), fields=fields)

    def afterwards(self, doing: Coroutine[None, None, None]) -> None:
        """Do this once the ack is out; kept from the garbage collector until it is done."""
        task = asyncio.create_task(doing)
        self._later.add(task)
        task.add_done_callback(self._later.discard)

    async def settled(self, *, within: float | None = None) -> None:
        """Wait until everything that was put off is done, but no longer than that: whoever got no answer asks again."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(within):
                while self._later:
                    await asyncio.gather(*self._later)
