"""Whether the bot is ready, looked at when somebody asks; what is seen on the way goes into the metrics."""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import structlog

from bot.metrics import Metrics
from checklist.errors import Outage
from checklist.ports import Record
from runs.deps import Aside

log = structlog.get_logger()


@dataclass(frozen=True, slots=True, kw_only=True)
class Readiness:
    """Looks at everything that the bot needs in order to serve."""

    record: Record
    app: str  # production
    aside: Aside
    slack: Callable[[], bool]
    is_runner: Callable[[], bool]
    run_states: Callable[[], Mapping[str, int]]
    metrics: Metrics
    within: float = 2.0  # seconds: a record that is locked for longer is not ready

    async def __call__(self) -> Mapping[str, bool]:
        """`record` (it can be written) and `slack` (it is connected)."""
        found = {"record": await self._looked(), "slack": self.slack()}
        self.metrics.record.set(found["record"])
        self.metrics.slack.set(found["slack"])
        self.metrics.runner.set(self.is_runner())
        return found

    async def _looked(self) -> bool:
        """Whether the record can be written; if so, the queues are counted too."""
        try:
            async with asyncio.timeout(self.within):
                await self.aside(self._written_and_taken_back)
                waiting, undelivered = await self.aside(self._messages)
                self.metrics.drift.set(await self.aside(self._drifted))
                self.metrics.outbox.set(waiting)
                self.metrics.undelivered.set(undelivered)
                self.metrics.show_runs(await self.aside(self.run_states))
        except (Outage, TimeoutError) as trouble:
            log.warning("the record cannot be written", trouble=type(trouble).__name__)
            return False
        return True

    def _written_and_taken_back(self) -> None:
        with self.record.work() as work:
            work.clicks.first("readyz")

    def _drifted(self) -> bool:
        with self.record.look() as work:
            return work.production.drift(self.app) is not None

    def _messages(self) -> tuple[int, int]:
        """How many notices wait, and how many messages were set aside."""
        with self.record.look() as work:
            return len(work.messages.pending()), len(work.messages.set_aside())
