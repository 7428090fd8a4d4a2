"""xlsx files written by hand: as little of the format as a reader needs, so that every part can be spoilt."""

import datetime
import io
import zipfile
from xml.sax.saxutils import escape

MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
PACKAGE = "http://schemas.openxmlformats.org/package/2006"
TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml"
# Number formats of cells: general, a date, a date with time, two decimals, German date.
STYLES = f"""<?xml version="1.0"?><styleSheet xmlns="{MAIN}"><numFmts count="1"><numFmt numFmtId="164" formatCode="dd\\.mm\\.yyyy"/></numFmts>
<cellXfs count="5"><xf numFmtId="0"/><xf numFmtId="14"/><xf numFmtId="22"/><xf numFmtId="2"/><xf numFmtId="164"/></cellXfs></styleSheet>"""
DATE, TIME, DECIMALS, GERMAN = 1, 2, 3, 4


class Number:
    def __init__(self, text, style=0):
        self.text, self.style = str(text), style


class Raw:
    """A cell as it stands in the XML, between <c r="B5" and </c>."""

    def __init__(self, text):
        self.text = text


def serial(year, month, day, hour=0, minute=0):
    delta = datetime.datetime(year, month, day, hour, minute) - datetime.datetime(1899, 12, 30)
    return delta.days + delta.seconds / 86400


def date(year, month, day, style=DATE):
    return Number(int(serial(year, month, day)), style)


def column(index):
    letters = ""
    index += 1
    while index:
        index, rest = divmod(index - 1, 26)
        letters = chr(65 + rest) + letters
    return letters


def cell(reference, value, strings):
    if value is None or value == "":
        return ""
    if isinstance(value, Raw):
        return f'<c r="{reference}"{value.text}</c>'
    if isinstance(value, Number):
        return f'<c r="{reference}" s="{value.style}"><v>{value.text}</v></c>'
    if isinstance(value, bool):
        return f'<c r="{reference}" t="b"><v>{int(value)}</v></c>'
    strings.append(value)
    return f'<c r="{reference}" t="s"><v>{len(strings) - 1}</v></c>'


def sheet(rows, strings, first_row=1):
    """rows: lists of cells; None instead of a row leaves it out."""
    lines = []
    for number, row in enumerate(rows, first_row):
        if row is not None:
            cells = "".join(cell(f"{column(i)}{number}", value, strings) for i, value in enumerate(row))
            lines.append(f'<row r="{number}">{cells}</row>')
    return f'<?xml version="1.0"?><worksheet xmlns="{MAIN}"><sheetData>{"".join(lines)}</sheetData></worksheet>'


def workbook(sheets, parts=None, drop=()):
    """sheets: name → rows, or the XML of the sheet. Bytes of the file."""
    strings, files = [], {}
    for number, rows in enumerate(sheets.values(), 1):
        files[f"xl/worksheets/sheet{number}.xml"] = rows if isinstance(rows, str) else sheet(rows, strings)
    names = "".join(f'<sheet name="{escape(name)}" sheetId="{i}" r:id="rId{i}"/>' for i, name in enumerate(sheets, 1))
    targets = "".join(f'<Relationship Id="rId{i}" Type="{OFFICE}/worksheet" Target="worksheets/sheet{i}.xml"/>'
                      for i in range(1, len(sheets) + 1))
    overrides = "".join(f'<Override PartName="/xl/worksheets/sheet{i}.xml" ContentType="{TYPE}.worksheet+xml"/>'
                        for i in range(1, len(sheets) + 1))
    files["[Content_Types].xml"] = f"""<?xml version="1.0"?><Types xmlns="{PACKAGE}/content-types">
<Override PartName="/xl/workbook.xml" ContentType="{TYPE}.sheet.main+xml"/><Override PartName="/xl/styles.xml" ContentType="{TYPE}.styles+xml"/>
<Override PartName="/xl/sharedStrings.xml" ContentType="{TYPE}.sharedStrings+xml"/>{overrides}</Types>"""
    files["xl/workbook.xml"] = f'<?xml version="1.0"?><workbook xmlns="{MAIN}" xmlns:r="{OFFICE}"><sheets>{names}</sheets></workbook>'
    files["xl/_rels/workbook.xml.rels"] = f'<?xml version="1.0"?><Relationships xmlns="{PACKAGE}/relationships">{targets}</Relationships>'
    files["xl/styles.xml"] = STYLES
    files["xl/sharedStrings.xml"] = (f'<?xml version="1.0"?><sst xmlns="{MAIN}">'
                                     + "".join(f'<si><t xml:space="preserve">{escape(text)}</t></si>' for text in strings) + "</sst>")
    files.update(parts or {})
    output = io.BytesIO()
    with zipfile.ZipFile(output, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            if name not in drop:
                archive.writestr(name, content)
    return output.getvalue()
