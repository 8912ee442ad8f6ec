"""What a missing answer means."""

import httpx
import pytest

from checklist.errors import Ambiguous
from fly.errors import unanswered

LOST = [httpx.ReadTimeout, httpx.WriteTimeout, httpx.ReadError, httpx.WriteError, httpx.RemoteProtocolError]
NOT_SENT = [httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.LocalProtocolError]


@pytest.mark.parametrize("error", LOST)
def test_a_change_that_was_sent_and_not_answered_may_have_happened(error: type[httpx.TransportError]) -> None:
    assert isinstance(unanswered(error(""), changes=True), Ambiguous)
    assert not isinstance(unanswered(error(""), changes=False), Ambiguous)


@pytest.mark.parametrize("error", NOT_SENT)
def test_a_change_that_was_never_sent_did_not_happen(error: type[httpx.TransportError]) -> None:
    outage = unanswered(error(""), changes=True)

    assert not isinstance(outage, Ambiguous)
    assert outage.retry


def test_an_error_never_shows_a_token() -> None:
    outage = unanswered(httpx.LocalProtocolError("Illegal header value b'FlyV1 fm2_sandboxdeploy'"), changes=False)

    assert "sandboxdeploy" not in str(outage)
