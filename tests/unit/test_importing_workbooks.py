"""XLSX files: values as they were stored, and nothing of a hostile one reaches this process."""

from __future__ import annotations

import tempfile
import zipfile

import psutil
import pytest

from config import processes
from jobs.importing import workbooks
from jobs.running import JobError
from tests.workbooks import DATE, DURATION, TIME, cell, sheet, workbook


def _read(content: bytes, tab: str = "", notes: list[str] | None = None) -> list[tuple[int, list[str]]]:
    with tempfile.TemporaryFile() as file:
        file.write(content)
        return list(workbooks.rows(file, tab=tab, notes=[] if notes is None else notes))  # type: ignore[arg-type]


def test_values_are_written_as_they_are() -> None:
    row = [1, 1.5, True, False, "007", " x ", None, 'a "b", c\nd', 1e300, 0.1 + 0.2, 123456789012345, -3.0]
    ((number, cells),) = _read(workbook({"Data": sheet([row])}))
    assert number == 1
    assert cells[:8] == ["1", "1.5", "true", "false", "007", " x ", "", 'a "b", c\nd']
    assert cells[8:] == ["1e+300", "0.30000000000000004", "123456789012345", "-3"]


def test_dates_times_and_durations_are_told_by_their_style() -> None:
    row = [cell(45000, DATE), cell(45000.5, TIME), cell(1.25, DURATION), cell(45000)]
    assert _read(workbook({"Data": sheet([row])})) == [(1, ["2023-03-15", "2023-03-15 12:00:00", "30:00:00", "45000"])]


def test_a_formula_is_its_stored_value_and_errors_are_null_with_a_note() -> None:
    notes: list[str] = []
    row = [
        '<c t="str"><f>A1&amp;"x"</f><v>stored</v></c>',
        "<c ><f>1+1</f><v>3</v></c>",
        "<c ><f>1+1</f></c>",
        '<c r="D1" t="e"><v>#DIV/0!</v></c>',
        '<c r="E1" s="1" t="e"><f>NA()</f><v>#N/A</v></c>',
        "=1+1",
    ]
    assert _read(workbook({"Data": sheet([row])}), notes=notes) == [(1, ["stored", "3", "", "", "", "=1+1"])]
    assert notes == [
        "2 cells hold an error, such as #DIV/0!: null in the table",
        "1 formulas have no stored value: null in the table",
    ]


def test_notes_count_each_cell_once_wherever_pieces_end() -> None:
    notes: list[str] = []
    bad = '<c r="A1" t="e"><v>#DIV/0!</v></c>'
    _read(workbook({"Data": sheet([[bad, "x" * 97]] * 12_000)}), notes=notes)
    assert notes == ["12,000 cells hold an error, such as #DIV/0!: null in the table"]


def test_a_tab_is_chosen_by_its_name_and_rows_and_columns_begin_at_the_corner() -> None:
    later = sheet([]).replace("<sheetData>", '<sheetData><row r="3"><c r="B3"><v>9</v></c></row>')
    file = workbook({"One & <only>": sheet([[1]]), "Later": later})
    assert _read(file) == [(1, ["1"])]
    assert _read(file, "One & <only>") == [(1, ["1"])]
    assert _read(file, "Later") == [(1, ["", ""]), (2, ["", ""]), (3, ["", "9"])]
    with pytest.raises(JobError, match="no tab 'No'; it has 'One & <only>', 'Later'"):
        _read(file, "No")


def test_an_empty_tab_has_no_rows() -> None:
    assert _read(workbook({"Data": sheet([])})) == []


def test_a_zip_bomb_is_not_opened(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workbooks, "SMALL", 1024**2)
    monkeypatch.setattr(workbooks, "_PROGRAM", "/nothing/is/started")
    with pytest.raises(JobError, match="unpack to far more") as error:
        _read(workbook({"Data": sheet([["x" * 8_000_000]])}))
    assert error.value.facts["unpacked_bytes"] > 8_000_000


def test_an_archive_that_lies_of_its_size_ends_only_the_process_that_reads_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workbooks, "MAX_MEMORY", 256 * 1024**2)
    content = bytearray(workbook({"Data": sheet([["x" * 200_000_000]])}))
    with tempfile.TemporaryFile() as file:
        file.write(content)
        found = {part.filename: part.file_size for part in zipfile.ZipFile(file).infolist()}
    size = found["xl/worksheets/sheet1.xml"].to_bytes(4, "little")
    with pytest.raises(JobError, match=r"more than .* of memory|cannot be read|can be read"):
        _read(bytes(content.replace(size, (1000).to_bytes(4, "little"))))


def test_two_cells_at_the_ends_of_a_tab_do_not_fill_the_memory() -> None:
    ends = '<row r="1"><c r="A1"><v>1</v></c></row><row r="1048576"><c r="XFD1048576"><v>2</v></c></row>'
    with pytest.raises(JobError, match="more than 2 GiB of memory"):
        _read(workbook({"Data": sheet([]).replace("<sheetData>", f"<sheetData>{ends}")}))


def test_a_row_of_one_long_text_over_and_over_is_refused() -> None:
    with pytest.raises(JobError, match="Row 2 is longer than"):
        _read(workbook({"Data": sheet([["a"], ["x" * 30_000] * 200])}))


@pytest.mark.parametrize("part", ["xl/worksheets/sheet1.xml", "xl/workbook.xml", "xl/_rels/workbook.xml.rels"])
def test_entities_are_not_expanded(part: str) -> None:
    lols = "".join(f'<!ENTITY lol{n} "{f"&lol{n - 1};" * 10}">' for n in range(1, 10))
    bomb = sheet([["ENTITY"]], before=f'<!DOCTYPE x [<!ENTITY lol0 "lol">{lols}]>').replace("ENTITY<", "&lol9;<")
    with pytest.raises(JobError, match="can be read"):
        _read(workbook({"Data": sheet([[1]])}, **{part: bomb}))
    entity = sheet([["ENTITY"]], before='<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]>').replace("ENTITY<", "&e;<")
    with pytest.raises(JobError, match="can be read"):
        _read(workbook({"Data": entity}))


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"PK\x03\x04 and nothing else", "damaged archive"),
        (workbook({"Data": sheet([[1]])}).replace(b"xl/workbook.xml", b"xl/elsewhere.xm"), "no XLSX file"),
        (workbook({"Data": "<worksheet><sheetData><row><c>"}), "can be read"),
        (workbook({}), "no tabs"),
    ],
)
def test_a_damaged_workbook_is_told(content: bytes, why: str) -> None:
    with pytest.raises(JobError, match=why) as error:
        _read(content)
    assert error.value.permanent


def test_the_process_sees_nothing_of_the_service_and_ends_with_who_reads() -> None:
    with tempfile.TemporaryFile() as file:
        file.write(workbook({"Data": sheet([["x" * 100]] * 50_000)}))
        rows = workbooks.rows(file, tab="", notes=[])  # type: ignore[arg-type]
        next(rows)
        (reader,) = [
            one for one in psutil.Process().children() if processes.alive(one) and "workbook.py" in " ".join(one.cmdline())
        ]
        assert set(reader.environ()) <= {"LC_CTYPE"}
        rows.close()  # type: ignore[attr-defined]
        assert not reader.is_running()
