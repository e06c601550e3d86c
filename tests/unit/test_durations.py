"""Durations as people write them, in the languages of plans; and what only looks like one."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plansync.durations import DAY, HOUR, WEEK, Duration, compact, read, rewritten, write, write_range

ONE_TIME = {
    "30 minutes": 30,
    "45 min": 45,
    "90m": 90,
    "1.5 hours": 90,
    "1,5 Stunden": 90,
    "1,000 hours": 1000 * HOUR,
    "0.125 days": HOUR,
    "1h 30m": 90,
    "1h30": 90,
    "1h30m": 90,
    "1 day, 2 hours": DAY + 120,
    "1 Tag und 2 Stunden": DAY + 120,
    "1½ h": 90,
    "1 1/2 hours": 90,
    "½ day": DAY // 2,
    "half a day": DAY // 2,
    "half-hour": 30,
    "1 and a half days": DAY + DAY // 2,
    "an hour": HOUR,
    "two weeks": 2 * WEEK,
    "~3d": 3 * DAY,
    "2+ hours": 120,
    "up to 3 days": 3 * DAY,
    "max. 2 Std.": 120,
    "3 working days": 3 * DAY,
    "2 person-days": 2 * DAY,
    "eine halbe Stunde": 30,
    "anderthalb Tage": DAY + DAY // 2,
    "1 semaine": WEEK,
    "une demi-journée": DAY // 2,
    "2 jours de travail": 2 * DAY,
    "una hora y media": 90,
    "3 semanas": 3 * WEEK,
    "meio dia": DAY // 2,
    "2 часа": 120,
    "полдня": DAY // 2,
    "полтора часа": 90,
    "15 дней": 15 * DAY,
    "2時間": 120,
    "２時間": 120,
    "1時間半": 90,
    "約32時間": 32 * HOUR,
    "2个小时": 120,
    "一个半小时": 90,
    "半天": DAY // 2,
    "3个工作日": 3 * DAY,
    "1시간 30분": 90,
    "3일간": 3 * DAY,
}


@pytest.mark.parametrize(("text", "minutes"), ONE_TIME.items())
def test_one_time_is_read_in_minutes(text: str, minutes: int) -> None:
    assert read(text) == Duration(minutes, minutes)


RANGES = {
    "2-3 hours": (120, 180),
    "4–6 weeks": (4 * WEEK, 6 * WEEK),
    "1 to 2 days": (DAY, 2 * DAY),
    "2 or 3 days": (2 * DAY, 3 * DAY),
    "2h–3h": (120, 180),
    "2h15-3h": (135, 180),
    "2 hours - 3 days": (120, 3 * DAY),
    "1d 4h - 2d": (DAY + 240, 2 * DAY),
    "30 min to 1 hour": (30, 60),
    "3-2 hours": (120, 180),
    "3-4 heures": (180, 240),
    "von 2 bis 3 Stunden": (120, 180),
    "de 2 a 3 horas": (120, 180),
    "от 2 до 3 часов": (120, 180),
    "2〜3時間": (120, 180),
    "2到3天": (2 * DAY, 3 * DAY),
    "2~3일": (2 * DAY, 3 * DAY),
}


@pytest.mark.parametrize(("text", "ends"), RANGES.items())
def test_both_ends_of_a_range_are_kept(text: str, ends: tuple[int, int]) -> None:
    assert read(text) == ends


REMARKS = {
    "4 SP (~16 hours)": (960, 960),
    "S (2-4 hours)": (120, 240),
    "約32時間（4-5日間の予定）": (1920, 1920),
    "40-50 hours (2-3 weeks)": (2400, 3000),
    "1 week (was 5 days)": (WEEK, WEEK),
    "16 hours, 2 days": (960, 960),
    "3 hours until the first message arrives": (180, 180),
    "Day 1 - 3 hours": (180, 180),
    "2 hours a day": (120, 120),
}


@pytest.mark.parametrize(("text", "ends"), REMARKS.items())
def test_the_first_time_counts_and_brackets_only_where_there_is_no_other(
    text: str, ends: tuple[int, int]
) -> None:
    assert read(text) == ends


@pytest.mark.parametrize(
    "text",
    [
        *(
            "",
            "5",
            "High",
            "Ongoing",
            "[To be estimated]",
            "(Est: 1 session)",
            "[X minutes/hours]",
            "3 months",
        ),
        *("M", "XL", "5 SP", "M1 complete", "Day 2", "DAY 2 (March 6 - Thu)", "Weeks 1-4", "Phase 1-2 weeks"),
        *("T-003 d", "v1.2 d", "2026-01-06 days", "3D model", "1H 2027", "5 M", "once a day", "0 hours"),
        *("第2周", "2日目", "3月5日", "1주차", "十五天", "3分支", "99999999 hours", "1:30 h"),
    ],
)
def test_what_is_no_time_reads_as_none(text: str) -> None:
    assert read(text) is None


@given(st.integers(1, 10_000 * HOUR))
def test_what_is_written_reads_as_the_same(minutes: int) -> None:
    assert read(write(minutes)) == Duration(minutes, minutes)


@given(st.integers(1, 100 * HOUR), st.integers(0, 100 * HOUR))
def test_a_written_range_reads_as_the_same(low: int, more: int) -> None:
    duration = Duration(low, low + more)

    assert read(write_range(duration)) == duration


def test_a_range_says_its_unit_once_where_both_ends_have_it() -> None:
    assert write_range(Duration(60, 120)) == "1-2 hours"
    assert write_range(Duration(30, 120)) == "30 minutes - 2 hours"
    assert write_range(Duration(120, 120)) == "2 hours"


@given(st.text(alphabet="0123456789 .,-–~½/hdwm半天時間aen()to", max_size=40) | st.text(max_size=40))
def test_any_text_reads_as_a_range_in_order_or_as_none(text: str) -> None:
    found = read(text)

    assert found is None or 0 <= found.low <= found.high


def test_a_text_of_any_length_is_read_at_once() -> None:
    for piece in ("1", "1 ", "1 h ", "(", "1-", "half a ", "一"):
        read(piece * 100_000)


@pytest.mark.parametrize(
    ("text", "minutes", "expected"),
    [
        ("2 hours", 180, "3 hours"),
        ("2 hours", 60, "1 hour"),
        ("1 hour", 90, "1.5 hours"),
        ("1.5 hours (with review)", 240, "4 hours (with review)"),
        ("2-3 days", 4 * DAY, "4 days"),
        ("2 hours - 3 days", DAY, "8 hours"),
        ("1h 30m", 105, "1.75h"),
        ("90m", 30, "30m"),
        ("2 days", 500, "8h 20m"),
        ("S (2-4 hours)", 300, "S (5 hours)"),
        ("3 Stunden", 60, "1 Stunden"),
        ("half a day", DAY, "1 day"),
        ("2小时", 90, "1.5小时"),
        ("three points", 90, "1h 30m"),
        ("2 hours, then 3 days more", 180, "3 hours, then 3 days more"),
        ("2 Days", 2400, "5 Days"),
        ("2 hours", 7, "7m"),
    ],
)
def test_another_time_is_said_as_the_first_one_was(text: str, minutes: int, expected: str) -> None:
    said = rewritten(text, minutes)

    assert said == expected


@given(st.sampled_from([*ONE_TIME, "2-3 days", "S (2-4 hours)", "5 points", ""]), st.integers(1, 100_000))
def test_what_is_said_instead_reads_as_what_it_says(text: str, minutes: int) -> None:
    assert read(rewritten(text, minutes)) in (Duration(minutes, minutes), read(compact(minutes)))
