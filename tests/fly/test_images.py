"""Which image a tag names is known as long as the registry or GraphQL answers (flyctl #4596)."""

import asyncio
from datetime import timedelta

import pytest

from checklist.errors import Outage
from checklist.words import ImageDigest
from fly.images import EitherRegistry
from tests.fly.servers import Fly

WITHIN = timedelta(seconds=1.5)


class Silent:
    """A registry that does not answer in its time."""

    async def digest(self, repository: str, reference: str, *, within: timedelta) -> ImageDigest | None:
        await asyncio.sleep(0)
        raise Outage("Fly's registry", f"did not answer within {within.total_seconds():.1f} s", retry=True)


async def named(fly: Fly, reference: str) -> ImageDigest | None:
    return await EitherRegistry(fly.registry, fly.releases.graphql).digest("drop-app", reference, within=WITHIN)


@pytest.mark.parametrize("fault", ["registry-down", "graphql-down"])
async def test_one_of_the_two_is_enough(fly: Fly, fault: str) -> None:
    there = await named(fly, "v0.5.0")
    fly.faults.switch(fault, on=True)

    assert there
    assert await named(fly, "v0.5.0") == there
    assert await named(fly, there) == there
    assert await named(fly, "v9.9.9") is None


async def test_the_registry_s_own_trouble_is_told_when_neither_answers(fly: Fly) -> None:
    fly.faults.switch("registry-down", on=True)
    fly.faults.switch("graphql-down", on=True)

    with pytest.raises(Outage, match="Fly's registry"):
        await named(fly, "v0.5.0")


async def test_a_registry_that_is_slow_leaves_graphql_its_time(fly: Fly) -> None:
    found = await EitherRegistry(Silent(), fly.releases.graphql).digest("drop-app", "v0.5.0", within=WITHIN)

    assert found == await fly.registry.digest("drop-app", "v0.5.0", within=WITHIN)
