"""Fly's own list of releases is kept true beside the record. What fails here is told, and holds nothing up."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

from checklist.deployment import Deployment
from checklist.errors import Outage
from checklist.fly_releases import FlyRelease, ReleaseStatus
from checklist.moves import Status
from checklist.plan import reference
from checklist.record import Entry, Json
from checklist.steps import Book
from checklist.words import DeploymentId, ImageDigest, StrategyName
from runs.deps import RunDeps, seconds

WITHIN = timedelta(seconds=5)  # no deployment, and no way back, waits longer for the list
# What became of a release that is running, once its deployment has come so far.
ENDS: Mapping[Book, Mapping[Status, ReleaseStatus]] = {
    Book.DEPLOY: {
        Status.HALTED: ReleaseStatus.FAILED,
        Status.VERIFYING: ReleaseStatus.COMPLETE,
        Status.COMPLETED: ReleaseStatus.COMPLETE,
        Status.ROLLING_BACK: ReleaseStatus.INTERRUPTED,
        Status.ROLLBACK_INCOMPLETE: ReleaseStatus.INTERRUPTED,
        Status.ROLLED_BACK: ReleaseStatus.INTERRUPTED,
    },
    Book.ROLLBACK: {
        Status.ROLLBACK_INCOMPLETE: ReleaseStatus.FAILED,
        Status.ROLLED_BACK: ReleaseStatus.COMPLETE,
    },
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Counted:
    """The release that Fly counts for a run-book; or none, and why."""

    release: FlyRelease | None = None
    trouble: str = ""

    def marks(self, by: str) -> Mapping[str, str]:
        """What its machines say of it."""
        return self.release.marks(by) if self.release else {}

    @property
    def words(self) -> str:
        """For the note of a step: nothing when all is well."""
        return f"; fly releases does not tell it all ({self.trouble})" if self.trouble else ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bookkeeping:
    """The release of one run-book of a deployment: one for the way forward, and one for the way back."""

    deps: RunDeps
    deployment: DeploymentId
    book: Book

    async def begin(self, app: str, image: ImageDigest, strategy: StrategyName) -> Counted:
        """The release, running. The one that the record knows is gone on with."""
        release = await self._known()
        try:
            async with asyncio.timeout(seconds(WITHIN)):
                release = release or await self._create(app, image, strategy)
                await self._tell(release, ReleaseStatus.RUNNING)
        except (Outage, TimeoutError) as trouble:
            return Counted(release=release, trouble=await self._failed(trouble))
        return Counted(release=release)

    async def end(self, found: Deployment) -> None:
        """Say what became of the release, once that is known and was not said."""
        status = ENDS[self.book].get(found.status)
        told = await self._newest("release.told") if status else None
        if status is None or told is None or told.fact.body["status"] != ReleaseStatus.RUNNING:
            return
        release = await self._known()
        if release is None:
            return
        try:
            async with asyncio.timeout(seconds(WITHIN)):
                await self._tell(release, status, found.reason if status is ReleaseStatus.FAILED else "")
        except (Outage, TimeoutError) as trouble:
            await self._failed(trouble)

    async def _create(self, app: str, image: ImageDigest, strategy: StrategyName) -> FlyRelease:
        self.deps.mutating()
        named = reference(app, image)
        release = await self.deps.releases.create(app, image=named, strategy=strategy)
        body: dict[str, Json] = {"release": release.id, "version": release.version, "image": named}
        await self.deps.note(self.deps.fact("release.created", self.deployment, key=self._key, **body))
        return release

    async def _tell(self, release: FlyRelease, status: ReleaseStatus, trouble: str = "") -> None:
        told = await self._newest("release.told")
        if told and told.fact.body["status"] == status:
            return
        self.deps.mutating()
        await self.deps.releases.update(release, status, trouble=self.deps.redactor.text(trouble))
        body: dict[str, Json] = {"version": release.version, "status": str(status)}
        await self.deps.note(self.deps.fact("release.told", self.deployment, key=self._key, **body))

    async def _failed(self, trouble: Outage | TimeoutError) -> str:
        """An entry, and the words of it."""
        said = f"{trouble.system}: {trouble.advice}" if isinstance(trouble, Outage) else "Fly: no answer in time"
        words = self.deps.redactor.text(said)
        await self.deps.note(self.deps.fact("release.failed", self.deployment, key=self._key, reason=words))
        return words

    async def _known(self) -> FlyRelease | None:
        created = await self._newest("release.created")
        if created is None:
            return None
        body = created.fact.body
        return FlyRelease(
            id=str(body["release"]),
            version=int(str(body["version"])),
            status=ReleaseStatus.PENDING,
            image=str(body["image"]),
        )

    async def _newest(self, kind: str) -> Entry | None:
        def look() -> Entry | None:
            with self.deps.record.look() as work:
                return work.journal.newest(self.deployment, kind, self._key)

        return await self.deps.aside(look)

    @property
    def _key(self) -> str:
        return f"{self.deployment}/{self.book}"


async def end(deps: RunDeps, id: DeploymentId) -> None:
    """Say of each release of the deployment what became of it."""
    found = await deps.get(id)
    for book in ENDS:
        await Bookkeeping(deps=deps, deployment=id, book=book).end(found)
