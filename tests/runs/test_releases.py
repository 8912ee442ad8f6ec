"""Fly's list of releases beside the record: kept true as the deployment goes on, and never in its way."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from checklist.deployment import Deployment
from checklist.errors import Outage
from checklist.fly_releases import FlyRelease, ReleaseStatus
from checklist.moves import Status
from checklist.steps import Book
from checklist.words import StrategyName
from runs.deps import RunDeps
from runs.releases import Bookkeeping, end
from tests.checklist.builders import NEW, opened, shipped
from tests.commands.office import Office
from tests.runs.test_preflight import Production, deps_of

RELEASE = FlyRelease(id="r64", version=64, status="pending", image="")


@dataclass(slots=True)
class List:
    """Fly's list, which may be away."""

    away: bool = False
    told: list[str] = field(default_factory=list)

    async def create(self, app: str, *, image: str, strategy: StrategyName) -> FlyRelease:
        self._say(f"created {strategy} {image[-6:]}")
        return RELEASE

    async def update(self, release: FlyRelease, status: ReleaseStatus, *, trouble: str = "") -> None:
        self._say(f"{release.version} {status}" + (f": {trouble}" if trouble else ""))

    async def newest(self, app: str) -> tuple[FlyRelease, ...]:
        return ()

    def _say(self, words: str) -> None:
        if self.away:
            raise Outage("Fly", "500")
        self.told.append(words)


@dataclass(slots=True)
class Night:
    """A deployment, and the list of releases beside it."""

    office: Office
    listed: List
    deps: RunDeps
    deployment: Deployment

    async def begins(self, book: Book = Book.DEPLOY) -> str:
        books = Bookkeeping(deps=self.deps, deployment=self.deployment.id, book=book)
        return (await books.begin("drop-app", NEW, StrategyName.ROLLING)).words

    async def comes_to(self, status: Status, reason: str = "") -> None:
        found = self.office.deployment(self.deployment.id)
        with self.office.record.work() as work:
            work.deployments.save(replace(found, status=status, reason=reason))
            work.commit()
        await end(self.deps, self.deployment.id)


@pytest.fixture
async def night(tmp_path: Path) -> AsyncIterator[Night]:
    office, listed = Office(tmp_path), List()
    deps = replace(deps_of(office, Production(()), shipped()), releases=listed)
    yield Night(office, listed, deps, office.puts(opened()))
    office.closes()


async def test_a_deployment_is_one_release_however_often_it_is_gone_on_with(night: Night) -> None:
    await night.begins()
    await night.begins()
    await night.comes_to(Status.VERIFYING)
    await night.comes_to(Status.COMPLETED)

    assert night.listed.told == ["created rolling 555555", "64 running", "64 complete"]
    assert [fact.kind for fact in night.office.entries()][-3:] == ["release.created", "release.told", "release.told"]


async def test_a_halt_is_a_failed_release_which_runs_again_after_a_retry(night: Night) -> None:
    await night.begins()
    await night.comes_to(Status.HALTED, reason="deploy-trigger: not healthy")
    await night.begins()

    assert night.listed.told[1:] == ["64 running", "64 failed: deploy-trigger: not healthy", "64 running"]


async def test_a_deployment_that_is_rolled_back_while_it_runs_was_interrupted(night: Night) -> None:
    await night.begins()
    await night.begins(Book.ROLLBACK)
    await night.comes_to(Status.ROLLING_BACK)
    await night.comes_to(Status.ROLLED_BACK)

    assert night.listed.told[2:] == ["created rolling 555555", "64 running", "64 interrupted", "64 complete"]


async def test_a_list_that_is_away_is_told_and_holds_nothing_up(night: Night) -> None:
    night.listed.away = True

    words = await night.begins()
    await night.comes_to(Status.VERIFYING)

    assert words == "; fly releases does not tell it all (Fly: 500)"
    assert [fact.body["reason"] for fact in night.office.entries("release.failed")] == ["Fly: 500"]


async def test_what_became_of_a_release_is_said_later_when_the_list_was_away(night: Night) -> None:
    await night.begins()
    night.listed.away = True
    await night.comes_to(Status.VERIFYING)
    night.listed.away = False
    await night.comes_to(Status.COMPLETED)

    assert night.listed.told[-1] == "64 complete"
