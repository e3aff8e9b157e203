"""The page kept with a synthetic data set: how like the record it is, what was tried, what it obeys."""

from collections.abc import Sequence
from html import escape
from typing import Any

import numpy as np
import pandas as pd

from machine_profiles.profile import Profile

BINS = 24
SHOWN_ROWS = 5000
STYLE = """
body{font:15px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;color:#222}
h1{font-size:1.5rem}h2{font-size:1.1rem;margin-top:2rem}table{border-collapse:collapse}
td,th{padding:.25rem .8rem;border-bottom:1px solid #ddd;text-align:left}td.n{text-align:right}
.grid{display:grid;grid-template-columns:repeat(auto-fill,minmax(17rem,1fr));gap:1rem}
figure{margin:0}figcaption{font-size:.85rem}.real{fill:#8aa4bf}.synthetic{fill:none;stroke:#c4502f;stroke-width:2}
.note{color:#555;font-size:.9rem}
"""
EXPLAINED = {
    "lives": "whole lives drawn from the recorded lives' descriptions and rendered; RUL is true by construction",
    "gaussian_copula": "rows and their RUL learnt together with SDV's Gaussian copula, one for each stage of wear",
    "ctgan": "rows and their RUL learnt together with SDV's CTGAN",
    "tvae": "rows and their RUL learnt together with SDV's TVAE",
    "par": "whole sequences learnt with SDV's PAR, in 40 steps a life; the weakest method, kept for comparison",
}


def page(
    profile: Profile,
    made_from: str,
    scores: dict[str, Any],
    real: pd.DataFrame,
    synthetic: pd.DataFrame,
    loss: pd.DataFrame | None,
    seed: int,
) -> str:
    """A self-contained HTML page. `real` and `synthetic` hold the columns compared, sensors and rul_hours."""
    units = {sensor.name: sensor.unit for sensor in profile.sensors} | {"rul_hours": profile.modelling.time_unit}
    parts = [
        f"<h1>Synthetic data for {escape(profile.name)}</h1>",
        f"<p>{escape(profile.id)}, made from {escape(made_from)} with <b>{scores['method']}</b> "
        f"({EXPLAINED[scores['method']]}); {len(synthetic)} rows, seed {seed}.</p>",
        "<h2>Quality</h2>",
        _table(
            ("SDV QualityReport", "score, 0 to 1"),
            [
                ("overall", f"{scores['quality']:.3f}"),
                ("column shapes: does each column have the right distribution?", f"{scores['column_shapes']:.3f}"),
                ("column pair trends: do columns hang together alike?", f"{scores['column_pair_trends']:.3f}"),
                ("rows that break a constraint", str(scores["violations"])),
            ],
        ),
        f"<p class=note>Over all {scores['pairs']} pairs of columns. SDV's default leaves out pairs whose recorded "
        f"correlation is below 0.5: it scores {scores['quality_by_sdv_default']:.3f} overall, with "
        f"{scores['pairs_in_sdv_default']} pairs in it.</p>",
        "<p class=note>High quality says that single rows look real. Whether models learn from them is told below.</p>",
        "<h2>Usefulness</h2>",
        _tried(scores),
        "<h2>Column by column</h2>",
        "<p class=note>Bars: recorded. Line: synthetic. The figure is the column's shape score.</p>",
        "<div class=grid>",
        *[_histogram(c, units.get(c, ""), real[c], synthetic[c], score) for c, score in scores["by_column"].items()],
        "</div>",
        "<h2>Constraints</h2>",
        "<ul>" + "".join(f"<li>{escape(words)}</li>" for words in scores["constraints"]) + "</ul>",
    ]
    if loss is not None:
        parts += [f"<h2>Loss over {scores['epochs']} epochs</h2>", "<div class=grid>", *_curves(loss), "</div>"]
    title = f"Synthetic data, {escape(profile.id)}"
    return (
        f"<!doctype html><html lang=en><meta charset=utf-8><title>{title}</title><style>{STYLE}</style>"
        f"<body>{''.join(parts)}</body></html>\n"
    )


def _tried(scores: dict[str, Any]) -> str:
    if not scores["tried"]:
        return f"<p>No methods were compared: {escape(scores['scored_by'])}.</p>"
    lines = [
        (
            t["method"] + (" (kept)" if t["method"] == scores["method"] else ""),
            f"{t['score']:.3f}",
            f"{t['seconds']:.1f} s",
        )
        for t in scores["tried"]
    ]
    lines.append(("the recorded lives themselves", f"{scores['recorded_scores']['score']:.3f}", ""))
    return f"<p>Score: {escape(scores['scored_by'])}.</p>" + _table(("trained on", "score", "time"), lines)


def _table(head: tuple[str, ...], lines: Sequence[tuple[str, ...]]) -> str:
    body = "".join(
        "<tr>" + "".join(f"<td{' class=n' if i else ''}>{escape(cell)}</td>" for i, cell in enumerate(line)) + "</tr>"
        for line in lines
    )
    return f"<table><tr>{''.join(f'<th>{escape(cell)}</th>' for cell in head)}</tr>{body}</table>"


def _histogram(column: str, unit: str, real: "pd.Series[float]", synthetic: "pd.Series[float]", score: float) -> str:
    left, right = (part.dropna().to_numpy(float)[:SHOWN_ROWS] for part in (_mixed(real), _mixed(synthetic)))
    both = np.concatenate([left, right])
    low, high = (float(v) for v in np.quantile(both, [0.002, 0.998]))
    edges = np.linspace(low, high if high > low else low + 1.0, BINS + 1)
    shares = [np.histogram(part.clip(edges[0], edges[-1]), edges)[0] / max(len(part), 1) for part in (left, right)]
    top = max(float(np.max(shares)), 1e-9)
    width, height = 260.0, 90.0
    step = width / BINS
    bars = "".join(
        f"<rect class=real x={i * step:.1f} y={height * (1 - s / top):.1f} width={step - 1:.1f} "
        f"height={height * s / top:.1f} />"
        for i, s in enumerate(shares[0])
    )
    line = " ".join(f"{(i + 0.5) * step:.1f},{height * (1 - s / top):.1f}" for i, s in enumerate(shares[1]))
    return (
        f"<figure><svg viewBox='0 0 {width:g} {height + 14:g}' role=img aria-label='{escape(column)}'>{bars}"
        f"<polyline class=synthetic points='{line}'/>"
        f"<text x=0 y={height + 12:g} font-size=10>{low:.4g}</text>"
        f"<text x={width:g} y={height + 12:g} font-size=10 text-anchor=end>{high:.4g} {escape(unit)}</text></svg>"
        f"<figcaption>{escape(column)} <b>{score:.3f}</b></figcaption></figure>"
    )


def _mixed(values: "pd.Series[float]") -> "pd.Series[float]":
    """Rows from all over the table: its first ones would be of one life only."""
    return values.iloc[:: max(len(values) // SHOWN_ROWS, 1)]


def _curves(loss: pd.DataFrame) -> list[str]:
    figures = []
    for name in [c for c in loss if "loss" in str(c).lower()]:
        values = loss[name].to_numpy(float)
        low, high = float(values.min()), float(values.max())
        scaled = 90.0 * (1 - (values - low) / ((high - low) or 1.0))
        places = np.linspace(0.0, 260.0, len(values))
        points = " ".join(f"{x:.1f},{y:.1f}" for x, y in zip(places, scaled, strict=True))
        figures.append(
            f"<figure><svg viewBox='0 0 260 95'><polyline class=synthetic points='{points}'/></svg>"
            f"<figcaption>{escape(str(name))}: {values[0]:.3g} to {values[-1]:.3g}</figcaption></figure>"
        )
    return figures
