"""The page kept with a synthetic data set: how like the record it is, what it teaches, what it obeys."""

from collections.abc import Sequence
from html import escape
from typing import Any

import pandas as pd

from machine_profiles.profile import Profile
from models.lives import Lives

STYLE = """
:root{color-scheme:light dark;--paper:#fff;--ink:#1d2530;--faint:#c5ccd6;--quiet:#596577;--real:#7d9cc0;--made:#c8501f;
--good:#1a7a43;--bad:#b3261e}
@media (prefers-color-scheme:dark){:root{--paper:#12171e;--ink:#e4e9f0;--faint:#3b4656;--quiet:#9ba8b9;--real:#6f96c4;
--made:#ff8d5c;--good:#5cc98b;--bad:#ff8a80}}
body{font:15px/1.55 system-ui,sans-serif;max-width:62rem;margin:2rem auto;padding:0 1.2rem;background:var(--paper);
color:var(--ink)}
h1{font-size:1.5rem;margin-bottom:.3rem}h2{font-size:1.1rem;margin:2.2rem 0 .4rem}
table{border-collapse:collapse;margin:.5rem 0}
td,th{padding:.28rem 1rem .28rem 0;border-bottom:1px solid var(--faint);text-align:left;vertical-align:top}
td.n,th.n{text-align:right;font-variant-numeric:tabular-nums}
.note{color:var(--quiet);font-size:.9rem;max-width:48rem}.good{color:var(--good)}.bad{color:var(--bad)}
.key i{display:inline-block;width:1.4em;height:.7em;margin:0 .35em 0 1em;background:var(--real)}
.key i.made{background:none;border-top:3px solid var(--made);height:.35em}
svg{max-width:100%;height:auto}ul{padding-left:1.1rem;columns:2;column-gap:2rem;font-size:.9rem}
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
    tables: tuple[pd.DataFrame, pd.DataFrame],
    lives: tuple[Lives, Lives],
    loss: pd.DataFrame | None,
    seed: int,
) -> str:
    """A self-contained HTML page, for dark and light.

    tables: recorded and synthetic rows with the columns compared, sensors and rul_hours; lives: the same as lives.
    """
    from models import _synthesis_plots as plots  # heavy: matplotlib

    (real, made), time_unit = tables, profile.modelling.time_unit
    units = {sensor.name: sensor.unit for sensor in profile.sensors} | {"rul_hours": time_unit}
    title = f"Synthetic data, {escape(profile.id)}"
    parts = [
        f"<h1>Synthetic data for {escape(profile.name)}</h1>",
        f"<p>{escape(profile.id)}, made from {escape(made_from)} with <b>{scores['method']}</b> "
        f"({EXPLAINED[scores['method']]}): {len(lives[1].rows):,} rows, seed {seed}.</p>",
        "<h2>Does it look like the record?</h2>",
        _quality(scores),
        "<h2>What does a model learn from it?</h2>",
        _taught(scores, time_unit),
        "<h2>Column by column</h2>",
        "<p class='note key'><i></i>recorded <i class=made></i>synthetic. The figure is the column's shape score, 1 "
        "where both distributions are the same.</p>",
        plots.distributions(real, made, scores["by_column"], units),
    ]
    if scores["life_checks"]:
        shown = _of_commonest_mode(*lives)
        sensor = _telling(profile, shown[0])
        lead = profile.modelling.rul_cap_hours or scores["life_checks"]["recorded_median_hours"] / 2.5
        parts += [
            "<h2>Do its lives run like recorded ones?</h2>",
            _life_checks(scores["life_checks"], time_unit),
            plots.courses(*shown, sensor, units[sensor], time_unit, lead),
            plots.lengths(*lives, time_unit),
        ]
    if scores["closeness"]:
        parts += ["<h2>Does it copy the record?</h2>", _closeness(scores["closeness"])]
    if loss is not None:
        parts += [f"<h2>Loss over {scores['epochs']} epochs</h2>", plots.losses(loss)]
    parts += [
        "<h2>Constraints</h2>",
        f"<p>{_verdict(scores['violations'] == 0, 'No row breaks one', str(scores['violations']) + ' rows break one')}"
        ". Ranges run from the lowest to the highest of normal band, limits and recorded readings.</p>",
        "<ul>" + "".join(f"<li>{escape(words)}</li>" for words in scores["constraints"]) + "</ul>",
    ]
    return (
        f"<!doctype html><html lang=en><meta charset=utf-8><meta name=viewport content='width=device-width'>"
        f"<title>{title}</title><style>{STYLE}</style><body>{''.join(parts)}</body></html>\n"
    )


def _quality(scores: dict[str, Any]) -> str:
    return _table(
        ("SDV QualityReport", "0 to 1"),
        [
            ("overall", f"{scores['quality']:.3f}"),
            ("column shapes: does each column have the right distribution?", f"{scores['column_shapes']:.3f}"),
            ("column pair trends: do columns hang together alike?", _known(scores["column_pair_trends"])),
        ],
    ) + (
        f"<p class=note>Over all {scores['pairs']} pairs of columns. SDV's default leaves out pairs whose recorded "
        f"correlation is below 0.5: it scores {_known(scores['quality_by_sdv_default'])} overall, with "
        f"{scores['pairs_in_sdv_default']} pairs in it. High quality says that single rows look real; whether models "
        f"learn from them is told next.</p>"
    )


def _taught(scores: dict[str, Any], time_unit: str) -> str:
    said = f"<p class=note>{escape(scores['scored_by'][:1].upper() + scores['scored_by'][1:])}.</p>"
    if not scores["taught"]:
        return said
    lines = [
        (
            t["trained_on"], f"{t['average_precision']:.3f}", f"{t['f1']:.3f}", f"{t['rul_r2']:.3f}",
            f"{t['rul_rmse_hours']:.0f}",
        )
        for t in scores["taught"]
    ]  # fmt: skip
    head = ("trained on", "failure AP", "failure F1", "RUL R²", f"RUL RMSE, {time_unit}")
    made = _table(head, lines) + (
        f"<p class=note>Judged on recorded lives that neither the synthesis nor the model saw. Chance has an average "
        f"precision of {scores['prevalence']:.3f}; F1 is at its best threshold.</p>"
    )
    if len(scores["tried"]) < 2:
        return made + said
    tried = [
        (
            t["method"] + (" (kept)" if t["method"] == scores["method"] else ""),
            f"{t['score']:.3f}",
            f"{t['seconds']:.1f}",
        )
        for t in scores["tried"]
    ]
    tried.append(("the recorded lives themselves", f"{scores['recorded_score']:.3f}", ""))
    return made + _table(("method tried", "score", "seconds"), tried) + said


def _life_checks(checks: dict[str, Any], time_unit: str) -> str:
    return _table(
        ("failed lives", "recorded", "synthetic"),
        [
            ("compared", str(checks["recorded_lives"]), str(checks["synthetic_lives"])),
            (
                f"median {time_unit} from first row to last",
                f"{checks['recorded_median_hours']:.0f}", f"{checks['synthetic_median_hours']:.0f}",
            ),
            (
                "health index rising towards failure (rank correlation with time)",
                f"{checks['recorded_monotonicity']:.2f}", f"{checks['synthetic_monotonicity']:.2f}",
            ),
        ],
    ) + (
        f"<p class=note>The two distributions of length differ by {checks['length_distance']:.2f} at most "
        f"(Kolmogorov-Smirnov, 0 to 1). Where few rows hold many lives, stretches are left out; hours stay true.</p>"
    )  # fmt: skip


def _closeness(near: dict[str, Any]) -> str:
    copied = _verdict(near["copies"] == 0, "none is a copy", f"{near['copies']} are copies")
    return (
        f"<p>Of {near['compared']:,} synthetic rows compared, {copied}. The closest recorded row lies "
        f"{near['median']:.3f} standard deviations away (median); between different recorded lives it is "
        f"{near['recorded_median']:.3f}. {near['nearer_than_usual']:.0%} lie nearer than 5 % of those do.</p>"
    )


def _of_commonest_mode(recorded: Lives, made: Lives) -> tuple[Lives, Lives]:
    """The failed lives of the mode that most recorded lives ended by, of those that both sides have."""
    modes = [part.ends.loc[part.ends["ended_by"] == "failure", "failure_mode"].fillna("") for part in (recorded, made)]
    counts = modes[0][modes[0].isin(set(modes[1]))].value_counts()
    if counts.empty:
        return recorded, made
    first, second = (
        part.only(list(part.ends.loc[(part.ends["failure_mode"].fillna("") == counts.index[0]), "life"]))
        for part in (recorded, made)
    )
    return first, second


def _telling(profile: Profile, recorded: Lives) -> str:
    """The condition sensor that moves most, in standard deviations, from the lives' first quarter to their ends."""
    condition = [sensor.name for sensor in profile.sensors if sensor.role == "condition"]
    failed = recorded.rows[recorded.rows["life"].isin(recorded.failed)]
    place = failed.groupby("life").cumcount() / failed.groupby("life")["hours"].transform("size")
    spread = failed[condition].std().replace(0.0, float("inf"))
    first, last = (failed.loc[part].groupby("life")[condition].mean() for part in (place < 0.25, place > 0.95))
    return str(((last - first).abs().mean() / spread).fillna(0.0).idxmax())


def _known(value: float | None) -> str:
    return "not known" if value is None else f"{value:.3f}"


def _verdict(well: bool, good: str, bad: str) -> str:
    return f"<span class={'good' if well else 'bad'}>{escape(good if well else bad)}</span>"


def _table(head: tuple[str, ...], lines: Sequence[tuple[str, ...]]) -> str:
    def cells(tag: str, line: tuple[str, ...]) -> str:
        return "".join(f"<{tag}{' class=n' if i else ''}>{escape(cell)}</{tag}>" for i, cell in enumerate(line))

    body = "".join(f"<tr>{cells('td', line)}</tr>" for line in lines)
    return f"<table><tr>{cells('th', head)}</tr>{body}</table>"
