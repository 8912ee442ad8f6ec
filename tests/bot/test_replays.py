"""The memory of what came before is bounded in number and in time."""

from bot.replays import Replays


class Time:
    """A monotonic clock that a test moves."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def test_a_key_counts_once_for_as_long_as_it_could_come_again() -> None:
    time = Time()
    replays = Replays(600.0, monotonic=time)

    first = replays.first("a")
    time.now = 599.0
    again = replays.first("a")
    time.now = 601.0

    assert (first, again, replays.first("a")) == (True, False, True)


def test_what_failed_may_come_again() -> None:
    replays = Replays(600.0)
    replays.first("a")

    replays.forget("a")
    replays.forget("never seen")

    assert replays.first("a")


def test_however_many_come_only_so_many_are_remembered_the_newest() -> None:
    replays = Replays(600.0, most=100)

    for n in range(1000):
        assert replays.first(str(n))

    assert len(replays) == 100
    assert not replays.first("999")
    assert replays.first("0")


def test_what_is_too_old_takes_no_room() -> None:
    time = Time()
    replays = Replays(600.0, monotonic=time)
    for n in range(50):
        replays.first(str(n))

    time.now = 1000.0
    replays.first("new")

    assert len(replays) == 1
