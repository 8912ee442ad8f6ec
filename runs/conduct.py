"""The runs by name. Each is a few short parts that look before they act, so that any part may run again."""

from collections.abc import Mapping
from dataclasses import dataclass

from checklist import notices
from checklist.deployment import Deployment
from checklist.moves import Status
from checklist.ports import Work
from checklist.steps import Book
from checklist.words import DeploymentId, ItemId, Phase
from runs import deploy, prepare, releases, rollback
from runs.book import Deed, advance, preflight
from runs.deps import RunDeps
from runs.keeping import standings


@dataclass(frozen=True, slots=True, repr=False)  # the engine names its steps in the log: not with everything they hold
class Conductor:
    """What the durable engine calls, step by step; it also works without the engine."""

    deps: RunDeps

    async def survey(self, id: str) -> str:
        return await prepare.take_survey(self.deps, DeploymentId(id))

    async def check(self, id: str, item: str = "") -> str:
        return await prepare.check_items(self.deps, DeploymentId(id), item)

    async def preflight(self, id: str) -> bool:
        return await preflight(self.deps, DeploymentId(id))

    async def deploy_step(self, id: str) -> bool:
        return await self._advance(id, Book.DEPLOY, deploy.DEEDS)

    async def finish_step(self, id: str) -> bool:
        """A step of the deploy run, whatever the hour."""
        return await self._advance(id, Book.DEPLOY, deploy.FINISHING)

    async def rollback_step(self, id: str) -> bool:
        return await self._advance(id, Book.ROLLBACK, rollback.DEEDS)

    async def close_deploy(self, id: str) -> bool:
        """When every step is over, verification begins. Returns whether it does."""

        def close(found: Deployment, work: Work) -> Deployment:
            if found.status is not Status.DEPLOYING or found.next_step(Book.DEPLOY):
                return found
            work.journal.append(self.deps.fact("deployment.deployed", found.id, digest=found.release.digest))
            checked = (item for item in self.deps.checklist.items(Phase.POST) if item.is_read)
            found = found.proceeded(self.deps.checklist, at=self.deps.now())
            return found.checking(checked, at=self.deps.now())

        closed = (await self.deps.change(DeploymentId(id), close)).status is Status.VERIFYING
        await releases.end(self.deps, DeploymentId(id))
        return closed

    async def close_rollback(self, id: str) -> bool:
        """When every step is over, the previous version is back. Returns whether it is."""
        found = await self.deps.get(DeploymentId(id))
        if found.status is not Status.ROLLING_BACK or found.next_step(Book.ROLLBACK):
            await releases.end(self.deps, found.id)  # an earlier process may have died before it had said so
            return False
        seen = await standings(self.deps, found)

        def close(found: Deployment, work: Work) -> Deployment:
            if found.status is not Status.ROLLING_BACK or found.next_step(Book.ROLLBACK):
                return found
            work.journal.append(self.deps.fact("rollback.completed", found.id))
            found = found.seen(seen).rolled_back(at=self.deps.now())
            work.outbox.put(notices.rolled_back(found, self.deps.checklist.product))
            return found

        closed = (await self.deps.change(DeploymentId(id), close)).status is Status.ROLLED_BACK
        await releases.end(self.deps, DeploymentId(id))
        return closed

    async def _advance(self, id: str, book: Book, deeds: Mapping[ItemId, Deed]) -> bool:
        """One step. Where the run does not go on, Fly is told what became of its releases."""
        more = await advance(self.deps, DeploymentId(id), book, deeds)
        if not more:
            await releases.end(self.deps, DeploymentId(id))
        return more
