"""Master schedules: text files of scans."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schedules.policies.basic import master_files
from schedules.policies.basic.master import parse
from schedules.policies.errors import Unplannable
from tests.unit.observing.making import overlapping, spans

HEADING = "A survey\n\nstart | stop | rotation | patch | az_min | az_max | el | pass | sub\n"
ROW = "2026-03-01 00:00:00 | 2026-03-01 01:00:00 | 0.5 | north | 40 | 90.5 | 48 | 1 | 2"
NEXT = "2026-03-01 02:00:00 | 2026-03-01 03:00:00 | 0 | south | 200 | 140 | 50 | 1 | 3"


def test_a_line_is_a_scan() -> None:
    (scan,) = parse(HEADING + ROW + "\n").scans
    assert spans([scan]) == [(0, 3600)]
    assert (scan.name, scan.kind, scan.az, scan.alt, scan.throw) == ("north", "master", 40, 48, 50.5)
    assert scan.details == {"rotation": 0.5, "pass": 1, "sub": 2}


def test_a_throw_is_the_same_whichever_bound_comes_first() -> None:
    assert parse(HEADING + NEXT).scans[0].throw == 60


def test_times_may_have_an_offset() -> None:
    assert spans(parse(HEADING + ROW.replace("01:00:00", "02:00:00+01:00")).scans) == [(0, 3600)]


def test_empty_lines_and_comments_count_for_nothing() -> None:
    assert len(parse(f"{HEADING}\n# more\n  \n{NEXT}\n  # and more\n{ROW}\n").scans) == 2


def test_scans_are_in_order_whatever_the_order_of_lines() -> None:
    assert [scan.name for scan in parse(HEADING + f"{NEXT}\n{ROW}").scans] == ["north", "south"]


@pytest.mark.parametrize("text", ["", "one line", HEADING, HEADING + "\n\n"])
def test_a_file_may_hold_no_scan(text: str) -> None:
    assert parse(text).scans == []


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("2026-03-01 00:00:00", "1 columns instead of 9 (start | stop | rotation | patch | az_min | az_max | el | pass | sub)"),
        (ROW + " | 3", "10 columns instead of 9"),
        (ROW.replace("2026-03-01 00:00:00", "soon"), "start is no time such as 2026-01-01 00:00:00"),
        (ROW.replace("01:00:00", "25:00:00"), "stop is no time"),
        (ROW.replace("01:00:00", "00:00:00"), "stop is not after start"),
        (ROW.replace("| 0.5", "| much"), "rotation is no number"),
        (ROW.replace("40", "nan"), "az_min has to be from -360 to 720"),
        (ROW.replace("90.5", "721"), "az_max has to be from -360 to 720"),
        (ROW.replace("48", "90.1"), "el has to be from 0 to 90"),
        (ROW.replace("| 1 |", "| 1.5 |"), "pass is no whole number"),
        (ROW[:-1] + "x", "sub is no whole number"),
        (ROW.replace("north", ""), "patch has to be"),
        (ROW.replace("north", "o'hara"), "patch has to be"),
        (ROW.replace("north", "x\\'); evil("), "patch has to be"),
    ],
)
def test_a_malformed_line_is_told_by_its_number(line: str, message: str) -> None:
    with pytest.raises(Unplannable) as told:
        parse(f"{HEADING}{NEXT}\n{line}\n")
    assert told.value.message.startswith(f"line 5: {message}")


def test_all_malformed_lines_are_told_at_once() -> None:
    with pytest.raises(Unplannable) as told:
        parse(HEADING + "x\n" + ROW + "\ny\n" * 12)
    assert told.value.message.count("columns instead") == 10
    assert told.value.message.endswith("and 3 more")


def test_lines_that_overlap_are_told() -> None:
    with pytest.raises(Unplannable, match="line 5: overlaps line 4"):
        parse(f"{HEADING}{ROW}\n{ROW.replace('00:00:00', '00:30:00').replace('01:00:00', '01:30:00')}")


class TestRepeat:
    TEXT = HEADING.replace("A survey", "A survey, repeat: 1 day") + f"{ROW}\n{NEXT}"

    def test_a_schedule_goes_on_before_its_first_line_and_after_its_last(self) -> None:
        for day in (-400, 0, 1, 5000):
            t0 = datetime(2026, 3, 1, tzinfo=UTC) + timedelta(days=day)
            found = parse(self.TEXT).between(t0, t0 + timedelta(hours=24))
            assert [(scan.start - t0, scan.end - t0) for scan in found] == [
                (timedelta(0), timedelta(hours=1)),
                (timedelta(hours=2), timedelta(hours=3)),
            ]

    def test_without_it_there_is_nothing_but_its_lines(self) -> None:
        plain = parse(HEADING + ROW)
        assert plain.between(datetime(2026, 3, 2, tzinfo=UTC), datetime(2027, 3, 2, tzinfo=UTC)) == []
        assert len(plain.between(datetime(2020, 3, 2, tzinfo=UTC), datetime(2027, 3, 2, tzinfo=UTC))) == 1

    def test_sidereal_days_are_shorter_and_begin_at_whole_seconds(self) -> None:
        master = parse(self.TEXT.replace("1 day", "1 sidereal day"))
        year = master.between(datetime(2026, 3, 1, tzinfo=UTC), datetime(2027, 3, 1, tzinfo=UTC))
        assert year[365 * 2].start - year[0].start == timedelta(seconds=round(365 * 86_164.0905))
        assert all(scan.start.microsecond == 0 for scan in year)
        assert overlapping(year) == []

    @given(st.integers(-(10**9), 10**9), st.integers(1, 10**6))
    def test_any_range_has_its_share(self, start: int, length: int) -> None:
        t0 = datetime(2026, 3, 1, tzinfo=UTC) + timedelta(seconds=start)
        found = parse(self.TEXT).between(t0, t0 + timedelta(seconds=length))
        seconds = sum(scan.duration.total_seconds() for scan in found)
        assert abs(seconds - length / 12) <= 2 * 3600
        assert all(t0 <= scan.start < scan.end <= t0 + timedelta(seconds=length) for scan in found)
        assert overlapping(found) == []

    @pytest.mark.parametrize("told", ["repeat: daily", "repeat: 0 days", "repeat: 1.5 days", "Repeat:"])
    def test_a_period_that_is_none_is_told(self, told: str) -> None:
        with pytest.raises(Unplannable, match="line 2: repeat needs a number of days"):
            parse(HEADING.replace("\n\n", f"\n{told}\n"))

    def test_a_schedule_has_to_end_before_it_repeats(self) -> None:
        longer = NEXT.replace("2026-03-01 03:00:00", "2026-03-02 00:00:01")
        with pytest.raises(Unplannable, match="line 5: ends later than the schedule repeats"):
            parse(self.TEXT.replace(NEXT, longer))


class TestFiles:
    def test_the_one_that_comes_along_is_of_use_on_any_date(self) -> None:
        for year in (1900, 2026, 2100):
            t0 = datetime(year, 5, 17, 3, 7, tzinfo=UTC)
            found = master_files.read("survey", [master_files.SHIPPED]).between(t0, t0 + timedelta(days=1))
            assert timedelta(hours=18) < sum((scan.duration for scan in found), timedelta()) < timedelta(hours=22)

    def test_a_folder_gives_more_and_comes_first(self, tmp_path: Path) -> None:
        (tmp_path / "wide.txt").write_text(HEADING + ROW)
        (tmp_path / "survey.txt").write_text(HEADING + NEXT)
        folders = [tmp_path, master_files.SHIPPED]
        assert sorted(master_files.names(folders)) == ["survey", "wide"]
        assert len(master_files.read("survey", folders).scans) == 1

    @pytest.mark.parametrize("name", ["../secret", "secret", "wide.txt", "/etc/passwd", "", ".", "sub/wide", "w*", "wide\0"])
    def test_a_name_that_is_no_file_of_the_folder_is_refused(self, tmp_path: Path, name: str) -> None:
        (tmp_path / "secret.txt").write_text(HEADING + ROW)
        folder = tmp_path / "schedules"
        (folder / "sub").mkdir(parents=True)
        (folder / "wide.txt").write_text(HEADING + ROW)
        with pytest.raises(Unplannable, match="known are wide") as told:
            master_files.read(name, [folder, tmp_path / "missing"])
        assert repr(name) in told.value.message

    def test_a_malformed_file_is_named_with_its_lines(self, tmp_path: Path) -> None:
        (tmp_path / "bad.txt").write_text(HEADING + "x")
        (tmp_path / "latin.txt").write_bytes(HEADING.encode() + b"\xff")
        with pytest.raises(Unplannable, match="Master schedule 'bad': line 4: 1 columns"):
            master_files.read("bad", [tmp_path])
        with pytest.raises(Unplannable, match="Master schedule 'latin' is no text in UTF-8"):
            master_files.read("latin", [tmp_path])
