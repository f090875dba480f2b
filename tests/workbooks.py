"""XLSX files for tests, written part by part, so that they can be as odd as a test needs them."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping, Sequence
from xml.sax.saxutils import escape, quoteattr

MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
PACKAGE = "http://schemas.openxmlformats.org/package/2006"
DATE, TIME, DURATION = 's="1"', 's="2"', 's="3"'  # styles of cells
HEAD = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>'
STYLES = (
    f'{HEAD}<styleSheet xmlns="{MAIN}"><fonts><font/></fonts><fills><fill/></fills><borders><border/></borders>'
    '<cellStyleXfs><xf/></cellStyleXfs><cellXfs><xf numFmtId="0"/><xf numFmtId="14" applyNumberFormat="1"/>'
    '<xf numFmtId="22" applyNumberFormat="1"/><xf numFmtId="46" applyNumberFormat="1"/></cellXfs></styleSheet>'
)


def cell(value: object, attributes: str = "") -> str:
    """Return a cell of a text, a number, a boolean or nothing."""
    if value is None:
        return "<c/>"
    if isinstance(value, bool):
        return f'<c t="b"><v>{int(value)}</v></c>'
    if isinstance(value, str):
        return f'<c t="inlineStr"><is><t xml:space="preserve">{escape(value)}</t></is></c>'
    return f"<c {attributes}><v>{value}</v></c>"


def sheet(rows: Sequence[Sequence[object]], before: str = "") -> str:
    """Return a tab's part; values that begin with `<c` are cells as they stand."""
    content = "".join(
        f"<row>{''.join(one if isinstance(one, str) and one.startswith('<c ') else cell(one) for one in row)}</row>"
        for row in rows
    )
    return f'{HEAD}{before}<worksheet xmlns="{MAIN}"><sheetData>{content}</sheetData></worksheet>'


def workbook(tabs: Mapping[str, str], **more: str | bytes) -> bytes:
    """Return a file of tabs by their names, with more parts, or other ones, by theirs."""
    named = list(enumerate(tabs.items(), 1))
    sheets = "".join(f'<sheet name={quoteattr(name)} sheetId="{at}" r:id="rId{at}"/>' for at, (name, _) in named)
    targets = "".join(_relation(f"rId{at}", "worksheet", f"worksheets/sheet{at}.xml") for at, _ in named)
    types = '<Default Extension="xml" ContentType="application/xml"/>'
    parts: dict[str, str | bytes] = {
        "[Content_Types].xml": f'{HEAD}<Types xmlns="{PACKAGE}/content-types">{types}</Types>',
        "_rels/.rels": _relations(_relation("rId1", "officeDocument", "xl/workbook.xml")),
        "xl/workbook.xml": f'{HEAD}<workbook xmlns="{MAIN}" xmlns:r="{OFFICE}"><sheets>{sheets}</sheets></workbook>',
        "xl/_rels/workbook.xml.rels": _relations(targets + _relation("rId0", "styles", "styles.xml")),
        "xl/styles.xml": STYLES,
        **{f"xl/worksheets/sheet{at}.xml": content for at, (_, content) in named},
        **more,
    }
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return file.getvalue()


def _relation(name: str, kind: str, target: str) -> str:
    return f'<Relationship Id="{name}" Type="{OFFICE}/{kind}" Target="{target}"/>'


def _relations(relations: str) -> str:
    return f'{HEAD}<Relationships xmlns="{PACKAGE}/relationships">{relations}</Relationships>'
