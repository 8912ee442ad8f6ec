"""Which digest a tag names when the registry does not answer: Fly's GraphQL knows it too."""

import asyncio
import re
from datetime import timedelta

from pydantic import BaseModel

from checklist.errors import Outage
from checklist.ports import Registry
from checklist.words import ImageDigest
from fly.errors import SYSTEM
from fly.graphql import GraphQL

IMAGE = "query ($appName: String!, $imageRef: String!) { app(name: $appName) { image(ref: $imageRef) { digest } } }"
FIRST = 0.6  # of the time is the registry's own
_DIGEST = re.compile(r"sha256:[0-9a-f]{64}")


class _Image(BaseModel):
    digest: str


class _App(BaseModel):
    image: _Image | None = None


class _Data(BaseModel):
    app: _App


class EitherRegistry:
    """The port Registry over the registry itself, and over GraphQL where that is down (flyctl #4596)."""

    def __init__(self, registry: Registry, graphql: GraphQL) -> None:
        self._registry = registry
        self._graphql = graphql

    async def digest(self, repository: str, reference: str, *, within: timedelta) -> ImageDigest | None:
        """A clear no of the registry is one. Raises the registry's Outage when neither of them answers."""
        try:
            return await self._registry.digest(repository, reference, within=within * FIRST)
        except Outage as outage:
            try:
                async with asyncio.timeout((within * (1 - FIRST)).total_seconds()):
                    return await self._resolved(repository, reference)
            except (Outage, TimeoutError):
                raise outage from None

    async def _resolved(self, repository: str, reference: str) -> ImageDigest | None:
        mark = "@" if reference.startswith("sha256:") else ":"
        named = {"appName": repository, "imageRef": f"registry.fly.io/{repository}{mark}{reference}"}
        data = await self._graphql.query("resolve image", IMAGE, dict(named))
        try:
            image = _Data.model_validate(data).app.image
        except ValueError as error:
            raise Outage(SYSTEM, "GraphQL's answer cannot be understood") from error
        if image is None:
            return None
        if not _DIGEST.fullmatch(image.digest):
            raise Outage(SYSTEM, "GraphQL answered without a digest")
        return ImageDigest(image.digest)
