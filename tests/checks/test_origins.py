"""T12: a probe goes to the origins that the checklist names, and nowhere else."""

import httpx
import pytest

from checks.origins import Origins

ORIGINS = Origins(["https://getdrop.no", "http://127.0.0.1:8787/production", "https://staging.getdrop.no:8443/"])

ALLOWED = [
    "https://getdrop.no",
    "https://getdrop.no/",
    "https://getdrop.no/api/health",
    "https://getdrop.no:443/api/health?x=1",
    "https://GETDROP.no/api/health#part",
    "http://127.0.0.1:8787/production",
    "http://127.0.0.1:8787/production/api/health",
    "http://127.0.0.1:8787/production/a/../b",
    "https://staging.getdrop.no:8443/api/health",
]
REFUSED = [
    "",
    "/api/health",
    "getdrop.no/api/health",
    "//getdrop.no/api/health",
    "http://getdrop.no/api/health",
    "https://getdrop.no:8443/api/health",
    "https://getdrop.no.evil.com/",
    "https://evil.com/https://getdrop.no/",
    "https://evil.com?https://getdrop.no/",
    "https://evil.com#https://getdrop.no/",
    "https://xgetdrop.no/",
    "https://www.getdrop.no/",
    "https://getdrop.no./",
    "https://getdrop.no@evil.com/",
    "https://getdrop.no:443@evil.com/",
    "https://user@getdrop.no/",
    "https://user:password@getdrop.no/",
    "https://evil.com\\@getdrop.no/",
    "https://getdrop.no\\@evil.com/",
    "https://getdrop.no\\.evil.com/",
    "https://getdrop.no%2eevil.com/",
    "https://getdrop.no%40evil.com/",
    "https://getdrop.no\t/",
    "https://getdrop.no /",
    "https://getdrop.no\r\nHost: evil.com/",
    "https:getdrop.no/",
    "https:///getdrop.no/",
    "https://",
    "ftp://getdrop.no/",
    "file:///etc/passwd",
    "gopher://getdrop.no/",
    "data:text/plain,ok",
    "javascript:alert(1)",
    "ws://getdrop.no/",
    "http://169.254.169.254/latest/meta-data/",
    "http://[fdaa::3]/",
    "http://[fdaa::3]:4280/v1/apps",
    "http://_api.internal:4280/v1/apps",
    "http://localhost:8787/production/api/health",
    "http://127.0.0.1/production/api/health",
    "http://127.0.0.1:8788/production/api/health",
    "http://127.1:8787/production/api/health",
    "http://2130706433:8787/production/api/health",
    "http://0x7f000001:8787/production/api/health",
    "http://0177.0.0.1:8787/production/api/health",
    "http://0.0.0.0:8787/production/api/health",
    "http://[::1]:8787/production/api/health",
    "http://[::ffff:127.0.0.1]:8787/production/api/health",
    "http://[64:ff9b::7f00:1]:8787/production/",
    "http://[2002:7f00:1::]:8787/production/",
    "https://127.0.0.1:8787/production/api/health",
    "http://127.0.0.1:8787/",
    "http://127.0.0.1:8787/productions",
    "http://127.0.0.1:8787/production2/api/health",
    "http://127.0.0.1:8787/staging/api/health",
    "http://127.0.0.1:8787/production/../staging/api/health",
    "http://127.0.0.1:8787/production/../../control/kill",
    "http://127.0.0.1:8787/production/%2e%2e/staging",
    "http://127.0.0.1:8787/production/..%2fstaging",
    "http://127.0.0.1:8787/production/..%5cstaging",
    "http://127.0.0.1:8787/Production/api/health",
    "http://127.0.0.1:8787//production/api/health",
    "http://127.0.0.1:8787/%70roduction-other/",
    "http://127.0.0.1:99999/production",
    "http://127.0.0.1:8787:80/production",
]


@pytest.mark.parametrize("url", ALLOWED)
def test_a_configured_origin_may_be_asked(url: str) -> None:
    assert ORIGINS.allowed(url) == httpx.URL(url)


@pytest.mark.parametrize("url", REFUSED)
def test_everything_else_is_refused(url: str) -> None:
    assert ORIGINS.allowed(url) is None


def test_without_origins_nothing_may_be_asked() -> None:
    assert Origins([]).allowed("https://getdrop.no/") is None
