"""The drift watch: production is looked at again and again, and what none of our runs has done there is told."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import structlog

from checklist import notices
from checklist.drift import Drift, Look, compare, intents, known
from checklist.errors import Outage
from checklist.plan import Machine
from checklist.ports import Work
from checklist.record import Fact, Json
from checklist.words import MachineId
from commands.acknowledge import shown_anew
from runs.deps import RunDeps
from runs.reading import listed

EVERY = timedelta(seconds=60)
AGAIN = timedelta(seconds=10)  # after Fly or the record did not answer
TICK = 1.0  # seconds: a clock that was moved is noticed this soon
STEP_OVER = "step.done"
log = structlog.get_logger()


@dataclass(slots=True, kw_only=True)
class DriftWatch:
    """Asked by the process that runs. It only reads Fly, and writes down what it finds."""

    deps: RunDeps
    wake: Callable[[], None]  # somebody is to be told
    _next: datetime | None = None
    _read: int = 0  # the last entry that was looked at

    async def watch(self) -> None:
        """Until cancelled. Raises CancelledError once the process stops."""
        while True:
            await self.look_if_due()
            await self.deps.sleep(TICK)

    async def look_if_due(self) -> None:
        """At once, then a minute after the last look; sooner after one that failed, or when a step is over.

        What a step has left is known before anybody else can change it, so that a change is told as what it is.
        """
        try:
            if await self.deps.aside(self._step_is_over) or self._is_due():
                self._next = self.deps.now() + EVERY
                await self.look()
        except Outage as outage:
            log.warning("nobody can tell whether production drifted", system=outage.system, advice=outage.advice)
            self._next = self.deps.now() + AGAIN

    async def look(self) -> None:
        """One look. What Fly cannot show is no drift. Raises Outage."""
        seen = await self._production()

        def write() -> bool:
            with self.deps.record.work() as work:
                news = self.deps.is_runner() and self._take_in(seen, work)
                if news:
                    work.commit()
                return news

        if await self.deps.aside(write):
            self.wake()

    def _is_due(self) -> bool:
        """A clock that was set back far makes it due too."""
        now = self.deps.now()
        return self._next is None or not self._next - EVERY <= now < self._next

    def _step_is_over(self) -> bool:
        """Whether a run has ended a step since this was asked last."""
        with self.deps.record.look() as work:
            head = work.journal.head()
            news = work.journal.entries(after=self._read) if self._read else ()
            over = any(entry.fact.kind == STEP_OVER for entry in news)
        self._read = head.seq if head else 0
        return over

    @property
    def _app(self) -> str:
        return self.deps.checklist.production.name

    async def _production(self) -> tuple[Machine, ...]:
        """Every machine, those too that a list leaves out though they are there (it happens: protocol pitfall)."""
        found, left_out = await listed(self.deps, self._app, await self.deps.aside(self._known))
        return (*found, *left_out)

    def _known(self) -> tuple[MachineId, ...]:
        with self.deps.record.look() as work:
            return tuple(machine.id for machine in work.production.known(self._app))

    def _take_in(self, seen: Sequence[Machine], work: Work) -> bool:
        """Whether there is anything to write down."""
        production, last = work.production, work.journal.head()
        before, head = production.known(self._app), last.seq if last else 0
        if not before:
            return self._first_look(seen, head, work)
        announced = intents(work.journal.entries(after=min(machine.since for machine in before)))
        look = compare(before, seen, announced, head)
        if look.known != before:
            production.keep(self._app, look.known)
        return self._tell(look, work) or look.known != before

    def _first_look(self, seen: Sequence[Machine], head: int, work: Work) -> bool:
        """What is there is taken as it is, once nobody is changing it."""
        found = work.deployments.open()
        here = tuple(known(machine, since=head) for machine in seen if machine.reachable and machine.config)
        if not here or (found is not None and found.is_running):
            return False
        work.production.keep(self._app, here)
        machines: list[Json] = [
            {"id": one.id, "digest": one.digest, "version": one.tag, "config": one.config_hash} for one in here
        ]
        work.journal.append(self._fact("production.known", machines=machines))
        return True

    def _tell(self, look: Look, work: Work) -> bool:
        """An entry and a notice for a drift that is news; what was seen last is what is acknowledged."""
        before = work.production.drift(self._app)
        is_news = bool(look.lines) and (before is None or before.key != look.key)
        if not is_news:
            if before is None or before.found == look.found:
                return False
            work.production.see(replace(before, found=look.found))
            return True
        drift = Drift(
            number=before.number if before else 0,
            app=self._app,
            key=look.key,
            lines=tuple(map(self.deps.redactor.text, look.lines)),
            found=look.found,
            seen_at=self.deps.now(),
        )
        drift = work.production.see(drift)
        work.journal.append(
            self._fact(
                "drift.seen", drift=drift.number, state=drift.key, machines=[*look.machines], changes=[*look.lines]
            )
        )
        work.outbox.put(notices.drifted(drift))
        shown_anew(work)
        return True

    def _fact(self, kind: str, **body: Json) -> Fact:
        body = {"app": self._app, **body}
        return Fact(kind=kind, at=self.deps.now(), by="bot", body=self.deps.redactor.body(body))
