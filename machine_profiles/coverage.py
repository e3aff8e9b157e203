"""Where the figures of the shipped profiles come from: the page docs/machine_profiles.md."""

import sys
from collections import Counter
from collections.abc import Iterator

from machine_profiles.profile import Basis, Profile, Sourced
from machine_profiles.reading import SHIPPED, Catalog, load_catalog

BASES: tuple[Basis, ...] = ("datasheet", "standard", "estimate")
INTRODUCTION = """# Where the figures come from

Made by `python -m machine_profiles.coverage > docs/machine_profiles.md`; do not edit.

Every figure of a profile states its source and its basis. **datasheet**: the maker's document, as named. **standard**:
a clause of a standard, or what follows from one. **estimate**: neither; a usual value, an assumed duty or a
simplification, as its source says. No figure is better than its basis: check an estimate against your own machine
before you rely on it.
"""


def coverage(catalog: Catalog) -> str:
    """The page, in Markdown."""
    lines = [INTRODUCTION, *_overview(catalog)]
    for profile in catalog.values():
        lines += [
            "",
            f"## {profile.number}. {profile.name}",
            "",
            f"`{profile.id}`, {profile.kind}",
            "",
            *_rated(profile),
        ]
        lines += ["", "Other sources:", "", *_other_sources(profile)]
    return "\n".join(lines) + "\n"


def figures(profile: Profile) -> Iterator[tuple[str, Basis, str]]:
    """Where it stands in the profile, basis and source of every sourced part."""
    for name, figure in profile.rated.items():
        yield f"rated {name}", figure.basis, figure.source
    for sensor in profile.sensors:
        for part in ("normal", "warning", "alarm", "behaviour"):
            stated: Sourced | None = getattr(sensor, part)
            if stated is not None:
                yield f"{part} of {sensor.name}", stated.basis, stated.source
    for mode in profile.failure_modes:
        yield f"Weibull life of {mode.name}", mode.weibull.basis, mode.weibull.source
        yield f"P-F interval of {mode.name}", mode.pf_interval.basis, mode.pf_interval.source
        yield f"responses to {mode.name}", mode.responses_basis, mode.responses_source
    for task in profile.maintenance:
        yield f"interval of '{task.action}'", task.basis, task.source
    if profile.operating is not None:
        yield "operating pattern", profile.operating.basis, profile.operating.source


def rated_bases(profile: Profile) -> Counter[Basis]:
    return Counter(figure.basis for figure in profile.rated.values())


def _overview(catalog: Catalog) -> list[str]:
    lines = [
        "| | machine | rated figures: datasheet | standard | estimate | all figures: datasheet | standard | estimate |",
        "|---|---|---|---|---|---|---|---|",
    ]
    totals: Counter[str] = Counter()
    for profile in catalog.values():
        rated, every = rated_bases(profile), Counter(basis for _, basis, _ in figures(profile))
        totals.update({f"rated {basis}": rated[basis] for basis in BASES} | {basis: every[basis] for basis in BASES})
        cells = [str(counts[basis]) for counts in (rated, every) for basis in BASES]
        lines.append(f"| {profile.number} | {profile.name} | {' | '.join(cells)} |")
    cells = [str(totals[key]) for key in (*(f"rated {basis}" for basis in BASES), *BASES)]
    lines.append(f"| | **all** | {' | '.join(cells)} |")
    grounded = [profile for profile in catalog.values() if _no_estimate(profile)]
    lines += [
        "",
        f"Rated figures without any estimate: {len(grounded)} machines"
        f"{' (' + ', '.join(str(profile.number) for profile in grounded) + ')' if grounded else ''}.",
    ]
    return lines


def _no_estimate(profile: Profile) -> bool:
    return bool(profile.rated) and not rated_bases(profile)["estimate"]


def _rated(profile: Profile) -> list[str]:
    lines = ["| rated figure | value | basis | source |", "|---|---|---|---|"]
    for name, figure in profile.rated.items():
        unit = "" if figure.unit == "dimensionless" else f" {figure.unit}"
        source = figure.source.replace("|", "\\|")
        lines.append(f"| {name.replace('_', ' ')} | {figure.value:g}{unit} | {figure.basis} | {source} |")
    return lines


def _other_sources(profile: Profile) -> list[str]:
    """Each source of the figures that are not rated ones, with what it is the source of."""
    said: dict[tuple[Basis, str], list[str]] = {}
    for name, basis, source in figures(profile):
        if not name.startswith("rated "):
            said.setdefault((basis, source), []).append(name)
    return [f"- {basis}: {source} ({_shortened(names)})" for (basis, source), names in said.items()]


def _shortened(names: list[str]) -> str:
    return names[0] if len(names) == 1 else f"{names[0]} and {len(names) - 1} more"


if __name__ == "__main__":
    sys.stdout.write(coverage(load_catalog(SHIPPED)))
