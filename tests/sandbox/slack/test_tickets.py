"""A trigger is good for three seconds and a response URL for half an hour."""

import pytest

from sandbox.slack.tickets import Tickets
from sandbox.slack.wire import Refused


class Stopwatch:
    """Time that passes when a test says so."""

    def __init__(self) -> None:
        self.now = 1_760_000_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def time() -> Stopwatch:
    return Stopwatch()


def test_a_trigger_ends_after_three_seconds(time: Stopwatch) -> None:
    tickets = Tickets(time)
    in_time, late = tickets.trigger("U0JOHN"), tickets.trigger("U0JOHN")

    time.now += 3
    assert tickets.exchange(in_time) == "U0JOHN"

    time.now += 0.1
    with pytest.raises(Refused, match="expired_trigger_id"):
        tickets.exchange(late)


def test_a_trigger_that_was_never_given_is_invalid(time: Stopwatch) -> None:
    with pytest.raises(Refused, match="invalid_trigger_id"):
        Tickets(time).exchange("1.2.3")


def test_a_response_url_ends_after_half_an_hour(time: Stopwatch) -> None:
    tickets = Tickets(time)
    name = tickets.response(user="U0JOHN", channel="C0DROPDEPLOY", source=None)

    time.now += 30 * 60 + 1

    with pytest.raises(Refused, match="expired_url"):
        tickets.use_response(name)
