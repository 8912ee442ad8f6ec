"""The sandbox's clock moves, says so in a file, and opens inside a deployment window."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from sandbox.clock import OSLO, Clock, next_opening

NOON = datetime(2026, 7, 7, 12, tzinfo=UTC)


def oslo(year: int, month: int, day: int, hour: int = 2, minute: int = 10) -> datetime:
    return datetime(year, month, day, hour, minute, tzinfo=OSLO)


def test_a_moved_clock_is_real_time_plus_what_the_file_says(tmp_path: Path) -> None:
    clock = Clock(tmp_path / "clock", real=lambda: NOON)

    clock.move(90)
    clock.move(-30)

    assert clock.now() == NOON + timedelta(seconds=60)
    assert (tmp_path / "clock").read_text() == "+60.000\n"


def test_a_clock_set_to_a_moment_goes_on_from_there(tmp_path: Path) -> None:
    clock = Clock(tmp_path / "clock", real=lambda: NOON)

    clock.set(NOON - timedelta(hours=1))

    assert clock.offset_seconds == -3600
    assert float((tmp_path / "clock").read_text()) == -3600


def test_a_time_without_a_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="zone"):
        Clock().set(datetime.fromisoformat("2026-07-07"))


@pytest.mark.parametrize(
    ("after", "opens"),
    [
        (oslo(2026, 7, 3, 12), oslo(2026, 7, 7)),  # a Friday waits for Tuesday
        (oslo(2026, 7, 7, 2, 9), oslo(2026, 7, 7)),
        (oslo(2026, 7, 7), oslo(2026, 7, 8)),
        (oslo(2026, 4, 1, 3), oslo(2026, 4, 7)),  # Maundy Thursday, then Easter
        (oslo(2026, 12, 23, 3), oslo(2026, 12, 29)),  # the banks are closed on Christmas Eve
    ],
)
def test_the_sandbox_opens_in_the_next_window(after: datetime, opens: datetime) -> None:
    assert next_opening(after) == opens
