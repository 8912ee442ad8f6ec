"""Fly's image registry: which digest a tag names, and whether an image is still there."""

import asyncio
import re
from datetime import timedelta
from urllib.parse import quote

import httpx

from checklist.errors import Outage
from checklist.words import ImageDigest
from fly.errors import refused, unanswered
from fly.tokens import password

SYSTEM = "Fly's registry"
MANIFESTS = ", ".join(
    (
        "application/vnd.oci.image.index.v1+json",
        "application/vnd.docker.distribution.manifest.list.v2+json",
        "application/vnd.oci.image.manifest.v1+json",
        "application/vnd.docker.distribution.manifest.v2+json",
    )
)
_DIGEST = re.compile(r"sha256:[0-9a-f]{64}")


class FlyRegistry:
    """The port Registry over the registry's HTTP API (FLY_REGISTRY_URL, without /v2)."""

    def __init__(self, http: httpx.AsyncClient, *, base_url: str, token: str) -> None:
        self._http = http
        self._base = base_url.rstrip("/")
        self._auth = httpx.BasicAuth("x", password(token))

    async def digest(self, repository: str, reference: str, *, within: timedelta) -> ImageDigest | None:
        try:
            async with asyncio.timeout(within.total_seconds()):
                answer = await self._look(repository, reference, within)
        except TimeoutError as error:
            raise Outage(SYSTEM, "did not answer in time", retry=True) from error
        except httpx.HTTPError as error:
            raise unanswered(error, changes=False, system=SYSTEM) from error
        if answer.status_code == 404:
            return None
        if not answer.is_success:
            raise refused(answer, changes=False, system=SYSTEM)
        return _named(answer)

    async def _look(self, repository: str, reference: str, within: timedelta) -> httpx.Response:
        return await self._http.head(
            f"{self._base}/v2/{quote(repository)}/manifests/{quote(reference, safe=':')}",
            headers={"Accept": MANIFESTS},
            auth=self._auth,
            timeout=within.total_seconds(),
        )


def _named(answer: httpx.Response) -> ImageDigest:
    digest = answer.headers.get("docker-content-digest", "")
    if not _DIGEST.fullmatch(digest):
        raise Outage(SYSTEM, "answered without a digest")
    return ImageDigest(digest)
