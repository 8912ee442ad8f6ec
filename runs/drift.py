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
        """One look, and whoever tells of it is woken. Raises Outage."""
        if await look(self.deps):
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


async def look(deps: RunDeps) -> bool:
    """Write down how production differs from what is known of it. Whether there is news. Raises Outage.

    What Fly cannot show is no drift.
    """
    app = deps.checklist.production.name

    def known_ones() -> tuple[MachineId, ...]:
        with deps.record.look() as work:
            return tuple(machine.id for machine in work.production.known(app))

    # Those too that a list leaves out though they are there (it happens: protocol pitfall).
    found, left_out = await listed(deps, app, await deps.aside(known_ones))

    def write() -> bool:
        with deps.record.work() as work:
            news = deps.is_runner() and _take_in(deps, (*found, *left_out), work)
            if news:
                work.commit()
            return news

    return await deps.aside(write)


def _take_in(deps: RunDeps, seen: Sequence[Machine], work: Work) -> bool:
    """Whether there is anything to write down."""
    production, last, app = work.production, work.journal.head(), deps.checklist.production.name
    before, head = production.known(app), last.seq if last else 0
    if not before:
        return _first_look(deps, seen, head, work)
    announced = intents(work.journal.entries(after=min(machine.since for machine in before)))
    compared = compare(before, seen, announced, head)
    if compared.known != before:
        production.keep(app, compared.known)
    return _tell(deps, compared, work) or compared.known != before


def _first_look(deps: RunDeps, seen: Sequence[Machine], head: int, work: Work) -> bool:
    """What is there is taken as it is, once nobody is changing it."""
    found = work.deployments.open()
    here = tuple(known(machine, since=head) for machine in seen if machine.reachable and machine.config)
    if not here or (found is not None and found.is_running):
        return False
    work.production.keep(deps.checklist.production.name, here)
    machines: list[Json] = [
        {"id": one.id, "digest": one.digest, "version": one.tag, "config": one.config_hash} for one in here
    ]
    work.journal.append(_fact(deps, "production.known", machines=machines))
    return True


def _tell(deps: RunDeps, compared: Look, work: Work) -> bool:
    """An entry and a notice for a drift that is news; what was seen last is what is acknowledged."""
    app = deps.checklist.production.name
    before = work.production.drift(app)
    is_news = bool(compared.lines) and (before is None or before.key != compared.key)
    if not is_news:
        if before is None or before.found == compared.found:
            return False
        work.production.see(replace(before, found=compared.found))
        return True
    drift = Drift(
        number=before.number if before else 0,
        app=app,
        key=compared.key,
        lines=tuple(map(deps.redactor.text, compared.lines)),
        found=compared.found,
        seen_at=deps.now(),
    )
    drift = work.production.see(drift)
    about: dict[str, Json] = {"machines": [*compared.machines], "changes": [*compared.lines]}
    work.journal.append(_fact(deps, "drift.seen", drift=drift.number, state=drift.key, **about))
    work.outbox.put(notices.drifted(drift))
    shown_anew(work)
    return True


def _fact(deps: RunDeps, kind: str, **body: Json) -> Fact:
    body = {"app": deps.checklist.production.name, **body}
    return Fact(kind=kind, at=deps.now(), by="bot", body=deps.redactor.body(body))
