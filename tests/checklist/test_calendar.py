"""Windows are Oslo's nights, Tuesday to Thursday; holidays, blackouts and unknown years are closed."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from checklist.calendar import Calendar, Closed, Window
from checklist.definition import BlackoutRule, WindowRule
from checklist.words import Role

OSLO = ZoneInfo("Europe/Oslo")
SECOND = timedelta(seconds=1)
# Nights from Tuesday to Thursday that are public holidays by the law of 1947 and the Easter tables, and 24 December.
SHUT_NIGHTS = {
    2026: [(1, 1), (4, 2), (5, 14), (12, 24)],
    2027: [(3, 25), (5, 6)],
}


def rule(*blackouts: BlackoutRule) -> WindowRule:
    return WindowRule(
        zone="Europe/Oslo",
        days=frozenset({1, 2, 3}),
        start=time(2),
        end=time(6),
        warn_start_after=time(5),
        country="NO",
        also_closed=((12, 24),),
        blackouts=blackouts,
    )


CALENDAR = Calendar(rule())


def oslo(year: int, month: int, day: int, hour: int = 0, minute: int = 0, second: int = 0) -> datetime:
    return datetime(year, month, day, hour, minute, second, tzinfo=OSLO)


def windows_of(year: int) -> list[Window]:
    windows = CALENDAR.next_windows(oslo(year, 1, 1), 300)
    return [window for window in windows if window.opens.astimezone(OSLO).year == year]


@pytest.mark.parametrize("month", [1, 7])
def test_a_window_opens_at_02_00_oslo_and_is_closed_again_from_06_00(month: int) -> None:
    opens, closes = oslo(2026, month, 7, 2).astimezone(UTC), oslo(2026, month, 7, 6).astimezone(UTC)

    assert CALENDAR.explain(opens - SECOND).reason is Closed.HOURS
    assert CALENDAR.explain(opens).open
    assert CALENDAR.explain(closes - SECOND).open
    assert CALENDAR.explain(closes).reason is Closed.HOURS


def test_a_window_follows_the_clock_on_the_wall_and_not_utc() -> None:
    winter, summer = CALENDAR.window_at(oslo(2026, 11, 25, 3)), CALENDAR.window_at(oslo(2026, 7, 7, 3))

    assert winter
    assert winter.label == "Wed 25 Nov 02:00–06:00 Oslo (CET, 01:00–05:00 UTC)"
    assert summer
    assert summer.label == "Tue 7 Jul 02:00–06:00 Oslo (CEST, 00:00–04:00 UTC)"


def test_windows_are_the_same_whatever_zone_the_instant_is_written_in() -> None:
    tokyo = oslo(2026, 11, 25, 3).astimezone(ZoneInfo("Asia/Tokyo"))

    window = CALENDAR.window_at(tokyo)

    assert window
    assert window.opens == datetime(2026, 11, 25, 1, tzinfo=UTC)
    assert window.opens.tzinfo is UTC
    assert window.id == "2026-11-25"


@pytest.mark.parametrize(
    ("day", "is_open"), [(23, False), (24, True), (25, True), (26, True), (27, False), (28, False)]
)
def test_only_tuesday_wednesday_and_thursday_nights_are_open(day: int, is_open: bool) -> None:
    explanation = CALENDAR.explain(oslo(2026, 11, day, 3))

    assert explanation.open is is_open
    assert explanation.reason is (None if is_open else Closed.WEEKDAY)


def test_the_first_minutes_of_tuesday_in_oslo_are_still_monday_in_utc() -> None:
    summer_tuesday = datetime(2026, 7, 6, 23, 59, 59, tzinfo=UTC)

    assert CALENDAR.explain(summer_tuesday).reason is Closed.HOURS
    assert CALENDAR.explain(summer_tuesday + SECOND).open


@pytest.mark.parametrize(
    ("day", "name"),
    [
        (oslo(2026, 1, 1, 3), "New Year's Day"),
        (oslo(2026, 4, 2, 3), "Maundy Thursday"),
        (oslo(2026, 5, 14, 3), "Ascension Day"),
        (oslo(2027, 3, 25, 3), "Maundy Thursday"),
        (oslo(2027, 5, 6, 3), "Ascension Day"),
        (oslo(2026, 12, 24, 3), "24 December"),
    ],
)
def test_a_bank_holiday_is_closed_and_named(day: datetime, name: str) -> None:
    explanation = CALENDAR.explain(day)

    assert explanation.reason is Closed.HOLIDAY
    assert explanation.holiday == name
    assert explanation.next
    assert explanation.next.opens > day


def test_a_start_after_05_00_is_open_and_late() -> None:
    assert not CALENDAR.explain(oslo(2026, 11, 25, 5)).late
    assert CALENDAR.explain(oslo(2026, 11, 25, 5, 0, 1)).late
    assert CALENDAR.explain(oslo(2026, 11, 25, 5, 0, 1)).open


@pytest.mark.parametrize("day", [(2026, 3, 29), (2026, 10, 25), (2027, 3, 28), (2027, 10, 31)])
def test_the_sundays_on_which_clocks_change_hold_no_window(day: tuple[int, int, int]) -> None:
    midnight = oslo(*day).astimezone(UTC)

    assert not any(CALENDAR.explain(midnight + timedelta(minutes=10 * step)).open for step in range(24 * 6))


def test_windows_keep_their_four_hours_across_a_change_of_clocks() -> None:
    windows = CALENDAR.next_windows(oslo(2026, 3, 24), 6)

    assert {window.closes - window.opens for window in windows} == {timedelta(hours=4)}
    assert [window.opens.hour for window in windows] == [1, 1, 1, 0, 0, 0]


def test_a_window_that_the_spring_change_would_open_starts_when_its_hour_is_over() -> None:
    sundays = Calendar(
        WindowRule(
            zone="Europe/Oslo",
            days=frozenset({6}),
            start=time(2),
            end=time(6),
            warn_start_after=time(5),
            country="NO",
            also_closed=(),
            blackouts=(),
        )
    )

    window = sundays.window_at(oslo(2026, 3, 29, 4))

    assert window
    assert (window.opens, window.closes) == (datetime(2026, 3, 29, 1, tzinfo=UTC), datetime(2026, 3, 29, 4, tzinfo=UTC))


def test_leap_day_2028_is_a_tuesday_like_any_other() -> None:
    assert CALENDAR.explain(oslo(2028, 2, 29, 2)).open


def test_the_year_changes_in_oslo_and_not_in_utc() -> None:
    assert CALENDAR.explain(datetime(2025, 12, 31, 23, 30, tzinfo=UTC)).holiday == "New Year's Day"
    assert CALENDAR.explain(datetime(2025, 12, 31, 22, 30, tzinfo=UTC)).reason is Closed.HOURS


@pytest.mark.parametrize(("year", "public", "eves"), [(2026, 154, 1), (2027, 154, 0)])
def test_a_year_has_154_windows_by_the_public_list_less_christmas_eve(year: int, public: int, eves: int) -> None:
    assert len(windows_of(year)) == public - eves


def test_a_blackout_closes_both_of_its_dates_and_says_whose_it_is() -> None:
    review = BlackoutRule(
        id="review", reason="Regulatory review", owner=Role.CEO, first=date(2026, 11, 24), last=date(2026, 11, 25)
    )
    calendar = Calendar(rule(review))

    explanation = calendar.explain(oslo(2026, 11, 24, 2))

    assert explanation.reason is Closed.BLACKOUT
    assert explanation.blackout == review
    assert explanation.next
    assert explanation.next.id == "2026-11-26"
    assert calendar.explain(oslo(2026, 11, 25, 5, 59, 59)).blackout == review
    assert calendar.explain(oslo(2026, 11, 26, 2)).open
    assert calendar.explain(oslo(2026, 11, 19, 2)).open


def test_a_blackout_whose_dates_are_not_known_closes_nothing() -> None:
    unknown = BlackoutRule(id="onboarding", reason="Partner integration", owner=Role.CEO)

    assert len(Calendar(rule(unknown)).next_windows(oslo(2026, 11, 23), 6)) == 6
    assert Calendar(rule(unknown)).explain(oslo(2026, 11, 24, 3)).open


def test_a_holiday_names_the_blackout_that_lists_the_holidays() -> None:
    bank = BlackoutRule(id="bank-holidays", reason="Minimal engineering support", owner=Role.CEO, holidays=True)

    explanation = Calendar(rule(bank)).explain(oslo(2026, 12, 24, 3))

    assert (explanation.reason, explanation.holiday, explanation.blackout) == (Closed.HOLIDAY, "24 December", bank)


@pytest.mark.parametrize("year", [1900, 2101])
def test_a_year_that_the_holiday_list_does_not_know_is_closed(year: int) -> None:
    nights = [oslo(year, 6, day, 3) for day in range(1, 8)]

    assert not any(CALENDAR.explain(night).open for night in nights)
    assert Closed.UNKNOWN_YEAR in {CALENDAR.explain(night).reason for night in nights}


def test_where_the_list_ends_there_is_no_next_window() -> None:
    explanation = CALENDAR.explain(oslo(2101, 1, 5, 3))

    assert explanation.next is None
    assert CALENDAR.next_windows(oslo(2101, 1, 5), 5) == ()


def test_the_next_windows_begin_with_the_one_that_is_open() -> None:
    during = oslo(2026, 11, 25, 5, 59, 59)

    assert [window.id for window in CALENDAR.next_windows(during, 3)] == ["2026-11-25", "2026-11-26", "2026-12-01"]
    assert CALENDAR.next_windows(during + SECOND, 1)[0].id == "2026-11-26"
    assert CALENDAR.next_windows(during, 0) == ()


def test_an_instant_without_a_zone_is_refused() -> None:
    naive = oslo(2026, 11, 25, 3).replace(tzinfo=None)

    with pytest.raises(ValueError, match="without a zone"):
        CALENDAR.explain(naive)


@pytest.mark.parametrize(("year", "month"), [(2026, 3), (2026, 5), (2026, 10), (2026, 12), (2027, 3), (2027, 5)])
def test_every_minute_agrees_with_an_oracle_that_counts_in_utc_alone(year: int, month: int) -> None:
    at = datetime(year, month, 1, tzinfo=UTC)
    end = datetime(year + month // 12, month % 12 + 1, 1, tzinfo=UTC)

    while at < end:
        assert (CALENDAR.window_at(at) is not None) is oracle(at), at.isoformat()
        at += timedelta(minutes=1)


def oracle(at: datetime) -> bool:
    """The same rule from the law: summer time from 01:00 UTC on March's last Sunday to October's, and no zone data."""
    local = at + timedelta(hours=2 if last_sunday(at.year, 3) <= at < last_sunday(at.year, 10) else 1)
    night = local.isoweekday() in (2, 3, 4) and 2 <= local.hour < 6
    return night and (local.month, local.day) not in SHUT_NIGHTS[local.year]


def last_sunday(year: int, month: int) -> datetime:
    last = datetime(year, month, 31, 1, tzinfo=UTC)
    return last - timedelta(days=last.isoweekday() % 7)
