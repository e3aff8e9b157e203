"""The report as a PDF on A4, to print and to sign."""

import io
from pathlib import Path
from xml.sax.saxutils import escape

from reportlab.lib import colors
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle, getSampleStyleSheet
from reportlab.lib.units import mm
from reportlab.lib.utils import ImageReader
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import Flowable, Image, KeepTogether, Paragraph, SimpleDocTemplate, Spacer, Table, TableStyle

from knowledge_base.machine_report import ReportContent, Section

WIDTH = A4[0] - 36 * mm
STATE_COLOURS = {"alarm": "#c0262d", "act": "#d98200", "watch": "#c9a400", "sound": "#2e7d32"}
_STYLES = getSampleStyleSheet()
_TEXT = ParagraphStyle("text", parent=_STYLES["BodyText"], fontSize=9.5, leading=12.5)
_NAME = ParagraphStyle("name", parent=_TEXT, fontName="Helvetica-Bold")
_SMALL = ParagraphStyle("small", parent=_TEXT, fontSize=8, leading=10, textColor=colors.HexColor("#44576a"))
_HEAD = ParagraphStyle(
    "head", parent=_STYLES["Heading2"], fontSize=12, textColor=colors.HexColor("#1f4e79"), spaceBefore=10
)


def write(content: ReportContent, path: Path) -> None:
    document = SimpleDocTemplate(
        str(path), pagesize=A4, leftMargin=18 * mm, rightMargin=18 * mm, topMargin=16 * mm, bottomMargin=18 * mm,
        title=content.title, author="Millwright",
    )  # fmt: skip
    story: list[Flowable] = [
        Paragraph(_plain(content.title), ParagraphStyle("title", parent=_STYLES["Title"], alignment=0, fontSize=17)),
        Paragraph(_plain(content.subtitle), _TEXT),
        Paragraph(_plain(content.made), _SMALL),
        Spacer(1, 4 * mm),
        _verdict(content),
    ]
    for section in content.sections:
        story += _section(section)
    if content.left_out:
        story += _section(Section("Not known", lines=content.left_out))
    story.append(KeepTogether([Paragraph("Checked and released", _HEAD), _signatures()]))

    def footer(canvas: Canvas, document: SimpleDocTemplate) -> None:
        canvas.setFont("Helvetica", 7.5)
        canvas.drawString(18 * mm, 10 * mm, content.subtitle)
        canvas.drawRightString(A4[0] - 18 * mm, 10 * mm, f"Page {document.page}")

    document.build(story, onFirstPage=footer, onLaterPages=footer)


def _verdict(content: ReportContent) -> Table:
    table = Table([[Paragraph(_plain(content.verdict), _NAME)]], colWidths=[WIDTH])
    colour = colors.HexColor(STATE_COLOURS.get(content.state, "#1f4e79"))
    table.setStyle(
        TableStyle(
            [("LINEBEFORE", (0, 0), (0, -1), 4, colour), ("BACKGROUND", (0, 0), (-1, -1), colors.HexColor("#f2f5f8"))]
        )
    )
    return table


def _section(section: Section) -> list[Flowable]:
    head = Paragraph(_plain(section.title), _HEAD)
    body: list[Flowable] = []
    if section.rows:
        cells = [[Paragraph(_plain(name), _NAME), Paragraph(_plain(value), _TEXT)] for name, value in section.rows]
        table = Table(cells, colWidths=[0.38 * WIDTH, 0.62 * WIDTH])
        table.setStyle(
            TableStyle(
                [("LINEBELOW", (0, 0), (-1, -1), 0.4, colors.HexColor("#cfd8e0")), ("VALIGN", (0, 0), (-1, -1), "TOP")]
            )
        )
        body.append(table)
    body += [Paragraph(f"• {_plain(line)}", _TEXT) for line in section.lines]
    for caption, picture in section.pictures:
        width, height = ImageReader(io.BytesIO(picture)).getSize()
        scale = min(WIDTH / width, 165 * mm / height)
        image = Image(io.BytesIO(picture), width * scale, height * scale)
        body.append(KeepTogether([image, Paragraph(_plain(caption), _SMALL)]))
    return [KeepTogether([head, *body[:1]]), *body[1:]]


def _signatures() -> Table:
    table = Table(
        [["Checked by", "Signature and date"], ["", ""], ["Released by", "Signature and date"], ["", ""]],
        colWidths=[0.4 * WIDTH, 0.6 * WIDTH],
        rowHeights=[16, 34, 16, 34],
    )
    table.setStyle(TableStyle([("GRID", (0, 0), (-1, -1), 0.5, colors.grey), ("FONTSIZE", (0, 0), (-1, -1), 9)]))
    return table


def _plain(text: str) -> str:
    """Text of logs and documents is shown, never read as markup; what the base fonts lack is spelt out."""
    return escape(text.replace("≥", ">=").replace("≤", "<=").replace("−", "-").replace("degC", "°C"))
