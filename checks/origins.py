"""Where a probe may go: the origins that the checklist names, and nowhere else."""

import re
from collections.abc import Iterable

import httpx

_DISGUISED = re.compile(r"%2e|%2f|%5c|[\\\s]", re.IGNORECASE)  # what a server might read as another path
_PORTS = {"http": 80, "https": 443}


class Origins:
    """Scheme, host and port must be exactly those of one origin, and the path must lie under the origin's own."""

    def __init__(self, urls: Iterable[str]) -> None:
        self._origins = tuple(httpx.URL(url) for url in urls)

    def allowed(self, url: str) -> httpx.URL | None:
        """The parsed url, which is the one to request; None when no origin covers it."""
        if _DISGUISED.search(url):
            return None
        try:
            asked = httpx.URL(url)
        except httpx.InvalidURL:
            return None
        if asked.userinfo or not any(_covers(origin, asked) for origin in self._origins):
            return None
        return asked


def _covers(origin: httpx.URL, asked: httpx.URL) -> bool:
    root = origin.path.rstrip("/")
    return _place(origin) == _place(asked) and (asked.path == root or asked.path.startswith(f"{root}/"))


def _place(url: httpx.URL) -> tuple[str, bytes, int | None]:
    return url.scheme, url.raw_host, url.port or _PORTS.get(url.scheme)
