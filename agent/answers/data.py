"""Data that was made or labelled, in words."""

from agent.answers.asked import Asked
from agent.answers.figures import count, say_hours, say_number
from agent.answers.naming import machine_name, say_list
from agent.answers.said import Said
from models.rul import LabelResult
from models.synthesis import SynthesisResult

_METHODS = {
    "lives": "as whole lives", "gaussian_copula": "with a Gaussian copula", "ctgan": "with CTGAN",
    "tvae": "with TVAE", "par": "with PAR",
}  # fmt: skip


def say_synthesis(found: SynthesisResult, asked: Asked) -> Said:
    machine = machine_name(found.machine_id, asked.catalog)
    broken = "none breaks" if not found.violations else f"{found.violations:,} break"
    trends = "not known" if found.column_pair_trends is None else say_number(found.column_pair_trends)
    figures = [
        f"Quality {say_number(found.quality)} of 1 (column shapes {say_number(found.column_shapes)}, "
        f"pair trends {trends})",
        f"Of the rows, {broken} a constraint of the profile",
    ]
    if found.taught:
        taught = say_list(
            f"{say_number(each.average_precision)} / {say_number(each.rul_r2)} from {each.trained_on} data"
            for each in found.taught
        )
        figures.append(f"A small model reaches failure average precision / RUL R² on held-out recorded lives: {taught}")
    if found.closeness is not None:
        copied = "none is a copy" if not found.closeness.copies else f"{found.closeness.copies:,} are copies"
        figures.append(f"Of {count(found.closeness.compared, 'row')} compared with recorded ones, {copied}")
    if len(found.tried) > 1:
        tried = say_list(f"{each.method} {say_number(each.score)}" for each in found.tried)
        figures.append(f"Chosen among {tried}, by {found.scored_by}")
    lives = f" in {count(found.lives, 'life', 'lives')}" if found.method in ("lives", "par") else ""
    return Said(
        finding=f"Made {count(found.rows, 'synthetic row')}{lives} for {machine}, {_METHODS[found.method]}: "
        f"data set {found.dataset}.",
        figures=tuple(figures),
        rests_on=f"Learnt from {found.made_from} with seed {found.seed}; the report is {found.report}.",
        doubts=("It is made, not measured: judge a model by recorded lives only.",),
    )


def say_labels(found: LabelResult, asked: Asked) -> Said:
    unit = asked.time_unit(found.machine_id)
    figures = [
        f"{count(found.labelled_rows, 'row')} of {count(found.failed_lives, 'failed life', 'failed lives')} "
        "have an exact RUL",
        f"Labels are flat above {say_hours(found.cap_hours, unit)} ({found.cap_source})",
    ]
    if found.estimated_lives:
        figures[0] = (
            f"{count(found.labelled_rows, 'row')} of {count(found.estimated_lives, 'life', 'lives')} have an estimated "
            f"RUL: {found.policy.rstrip('.')}"
        )
    if found.median_life_hours is not None:
        figures.append(f"Half of the lives last {say_hours(found.median_life_hours, unit)} or more")
    if found.failures_by_mode:
        modes = say_list(f"{mode.replace('_', ' ')} {number}" for mode, number in found.failures_by_mode.items())
        figures.append(f"Failures: {modes}")
    censored = count(found.censored_lives, "life that has", "lives that have")
    return Said(
        finding=f"Labelled {found.made_from} of {machine_name(found.machine_id, asked.catalog)} with RUL: "
        f"data set {found.dataset}, {count(found.rows, 'row')}.",
        figures=tuple(figures),
        doubts=(
            f"{count(found.censored_rows, 'row').capitalize()} of {censored} not failed stand apart: "
            "how long they would have lasted is not known, and they count as no failure.",
        )
        if found.censored_rows
        else (),
    )
