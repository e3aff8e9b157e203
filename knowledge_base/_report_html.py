"""The report as one HTML page that holds everything it shows."""

import base64
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, select_autoescape

from knowledge_base.machine_report import ReportContent


def page(content: ReportContent) -> str:
    """Self-contained; text of logs and documents is escaped."""
    places = Environment(loader=FileSystemLoader(Path(__file__).parent), autoescape=select_autoescape(default=True))
    places.filters["inline"] = lambda picture: base64.b64encode(picture).decode()
    places.filters["units"] = lambda text: text.replace("degC", "°C")
    return places.get_template("report.html").render(content=content)
