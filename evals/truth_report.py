"""The report of a truth run: one HTML file that needs nothing else, and the JSON result beside it."""

from html import escape
from pathlib import Path
from string import Template

from evals.truth import ClaimScore, PlantRecord, TruthResult
from models.storage import whole_file

PAGE = Path(__file__).parent / "truth_page.html"


def write_truth_report(result: TruthResult, folder: Path) -> Path:
    """Write truth.json and truth.html into the folder, each whole; the path of the page."""
    folder.mkdir(parents=True, exist_ok=True)
    page = folder / "truth.html"
    for path, text in ((folder / "truth.json", result.model_dump_json(indent=1)), (page, render(result))):
        with whole_file(path) as temporary:
            temporary.write_text(text, encoding="utf-8")
    return page


def render(result: TruthResult) -> str:
    controls = list(result.claims[0].controls)
    lead = f"{result.lead_hours:.0f} h" if result.lead_hours is not None else "–"
    return Template(PAGE.read_text(encoding="utf-8")).substitute(
        title=escape(f"{result.model}: what it claims of {result.plants} fresh plants"),
        head="".join(f"<th>{escape(name.replace('_', ' '))}</th>" for name in controls),
        claims="\n".join(_claim(each) for each in result.claims),
        facts=f"seed {result.seed}; first alarm, median: {lead} before the failure; {widths(result)}; "
        f"{result.cpu_seconds_per_plant} s of CPU a plant; {result.seconds:.0f} s",
        protocol=escape(result.protocol),
        plants="\n".join(_plant(each) for each in sorted(result.records, key=lambda r: -len(r.wrong))),
    )


def widths(result: TruthResult) -> str:
    said = (f"{name.replace('_', ' ')} {hours:.0f} h" for name, hours in result.interval_hours.items())
    return f"median width of the RUL interval: {', '.join(said)}"


def percent(share: float | None) -> str:
    return "–" if share is None else f"{share:.0%}"


def _claim(score: ClaimScore) -> str:
    low, high = score.interval.low, score.interval.high
    bar = (
        f'<div class="bar"><i style="left:{low:.1%};width:{high - low:.1%}"></i><b style="left:{score.share:.1%}"></b>'
        + "".join(f'<s style="left:{share:.1%}"></s>' for share in score.controls.values() if share is not None)
        + "</div>"
    )
    controls = "".join(f"<td>{percent(share)}</td>" for share in score.controls.values())
    return (
        f"<tr><td>{escape(score.meaning)}</td><td><b>{percent(score.share)}</b></td><td>{percent(low)} to "
        f"{percent(high)}</td><td>{score.right}/{score.n}</td><td>{bar}</td>{controls}</tr>"
    )


def _plant(record: PlantRecord) -> str:
    truth, told = record.truth, record.claims
    life = told.life
    said = "nothing"
    if life is not None:
        said = (
            f"at least {life.hours:.0f} h"
            if life.at_least
            else f"{life.hours:.0f} h ({life.low:.0f} to {life.high:.0f})"
        )
    facts = (
        ("failing", truth.failing, told.worst),
        ("failure mode", truth.mode, ", ".join(told.modes)),
        ("hours left", f"{truth.rul_hours:.0f} h", said),
        (
            "sensor off",
            f"{truth.off}: {' and '.join(truth.sensors)} ({truth.sensor_fault})",
            told.drifted.get(truth.off),
        ),
        (
            "pictures",
            ", ".join(f"{shot}: {a}" for shot, a in zip(truth.pictures, truth.agreements, strict=True)),
            ", ".join(p.agreement if p else "nothing" for p in told.pictures),
        ),
        ("alarms later", "", ", ".join(f"{left:g} h: {'yes' if rang else 'no'}" for left, rang in told.later.items())),
    )
    rows = "".join(
        f"<tr><td>{name}</td><td>{escape(so)}</td><td>{escape(claimed or 'nothing')}</td></tr>"
        for name, so, claimed in facts
    )
    answers = "".join(
        f"<details><summary>{escape(asked)}</summary><pre>{escape(answer)}</pre></details>"
        for asked, answer in told.answers.items()
    )
    wrong = f"not true: {escape(', '.join(name.strip() for name in record.wrong))}" if record.wrong else "all true"
    return (
        f'<details class="{"fail" if record.wrong else "pass"}"><summary>plant {truth.plant}: {escape(truth.failing)}, '
        f"{escape(truth.mode)} <small>{wrong}</small></summary><table><tr><th></th><th>true</th><th>claimed</th></tr>"
        f"{rows}</table>{answers}</details>"
    )
