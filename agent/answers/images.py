"""What a picture shows, in words; where nothing can be said of it, that."""

from agent.answers.asked import Asked
from agent.answers.figures import say_figure, say_probability, say_time
from agent.answers.naming import machine_name, say_list
from agent.answers.safety import before_touching
from agent.answers.said import Said
from models.image_fusion import CombinedMode, Fusion
from models.picture_witness import SEEN, Witness, defect_named
from models.thermal import HotSpot, ThermalFinding
from models.vision import ImageDiagnosis

SHOWN = 3
UNSURE = 0.6  # a chance of a defect between 1 − this and this is called open


def say_image(found: ImageDiagnosis, asked: Asked) -> Said:
    lines = [*_seen(found), *_spots(found.thermal), *_witnesses(found)]
    if found.plot:
        lines.append(f"The hot spots are drawn in {found.plot}")
    if found.fusion:
        lines += _beside_readings(found.fusion)
    hot = found.thermal is not None and bool(found.thermal.spots)
    damaged = (found.defect_probability or 0.0) >= UNSURE or any(
        (defect_named(each) or 0.0) >= SEEN for each in found.witnesses
    )
    advice = (before_touching(asked.kind(found.machine_id)),) if hot or damaged else ()
    return Said(
        finding=_finding(found, asked),
        figures=tuple(lines),
        advice=advice,
        rests_on=_rests_on(found),
        doubts=tuple(_doubts(found)),
    )


def _finding(found: ImageDiagnosis, asked: Asked) -> str:
    of = f" of {machine_name(found.machine_id, asked.catalog)}" if found.machine_id else ""
    picture = f"{found.image}{of}"
    if found.abstained:
        return f"I cannot judge {picture}: {found.why}. It tells neither that the part is sound nor that it is damaged."
    if found.thermal and (found.thermal.scaled or found.defect_probability is None):
        return f"{picture}: {_thermal(found.thermal)}"
    chance, first = found.defect_probability or 0.0, next((each for each in found.findings if each.finding), None)
    what = f" Most likely {first.title}." if first else ""
    if chance >= UNSURE:
        return f"{picture} shows a defect, by {say_probability(chance)} ({found.family}).{what}"
    if chance > 1 - UNSURE:
        return (
            f"{picture} is not clear: a defect is as likely as none ({say_probability(chance)}; {found.family}).{what}"
        )
    return (
        f"{picture} shows no defect that I would know ({found.family}; chance of a defect {say_probability(chance)}). "
        f"That is one view of one part, not the machine's condition."
    )


def _thermal(found: ThermalFinding) -> str:
    if not found.spots:
        return "no hot spot stands out from the parts around it."
    count = "one hot spot stands" if len(found.spots) == 1 else f"{len(found.spots)} hot spots stand"
    if not found.scaled:
        return f"{count} out from the parts around; how hot cannot be said."
    first = found.spots[0]
    rise = say_figure(first.rise_over_reference_c, "delta_degC")
    return (
        f"{count} out; the hottest has {say_figure(first.maximum_c, 'degC')}, {rise} over the other parts: "
        f"{found.severity}, {found.action}."
    )


def _seen(found: ImageDiagnosis) -> list[str]:
    others = [f"{each.title} ({say_probability(each.probability)})" for each in found.findings[:SHOWN]]
    return [f"Seen: {say_list(others)}"] if others else []


def _spots(found: ThermalFinding | None) -> list[str]:
    if found is None or not found.spots:
        return []
    if not found.scaled:
        return [f"Places that stand out from their surroundings: {len(found.spots)}"]
    lines = [f"Spot {number}: {_spot(spot)}" for number, spot in enumerate(found.spots[:SHOWN], 1)]
    lines.append(f"Reference, the median of the other parts: {say_figure(found.reference_c, 'degC')}")
    return [*lines, f"Severity by {found.standard}"]


def _spot(spot: HotSpot) -> str:
    said = (
        f"{say_figure(spot.maximum_c, 'degC')}, {say_figure(spot.rise_over_reference_c, 'delta_degC')} over the parts"
    )
    if spot.rise_over_ambient_c is not None:
        said += f", {say_figure(spot.rise_over_ambient_c, 'delta_degC')} over ambient ({spot.severity_over_ambient})"
    return said


def _witnesses(found: ImageDiagnosis) -> list[str]:
    return [line for each in found.witnesses for line in _witness(each)]


def _witness(each: Witness) -> list[str]:
    if not each.classes:
        return [each.said]
    chances = [f"{one.title} ({say_probability(one.probability)})" for one in each.classes[:SHOWN]]
    sure = "" if each.calibrated else ", by its own estimate, which nobody has calibrated"
    lines = [f"{each.by[0].upper()}{each.by[1:]} sees {say_list(chances)}{sure}"]
    if each.seen:
        lines.append(f"Its words: “{each.seen}”")
    return [*lines, each.said]


def _beside_readings(found: Fusion) -> list[str]:
    lines = [found.said, *(f"{line[0].upper()}{line[1:]}" for line in found.witnesses_said)]
    if found.modes:
        lines.append(f"Taken together: {say_list(_mode(each) for each in found.modes[:SHOWN])}")
    if found.not_judged:
        lines.append(f"The readings: {found.not_judged.rstrip('.')}")
    return lines


def _mode(each: CombinedMode) -> str:
    evidence = [f"picture {say_probability(each.picture_probability)}"] if each.picture_probability > 0 else []
    evidence += [f"witness {say_probability(each.witness_probability)}"] if each.witness_probability > 0 else []
    evidence += (
        [f"readings {say_probability(each.readings_probability)}"] if each.readings_probability is not None else []
    )
    return f"{each.title.lower()} {say_probability(each.combined_probability)} ({', '.join(evidence) or 'no evidence'})"


def _rests_on(found: ImageDiagnosis) -> str:
    said = f"Judged by {found.judged_by}."
    if found.taken_at:
        zone = "" if found.zone_known else ", the camera's clock taken for UTC"
        said += f" Taken {say_time(found.taken_at)}{zone}."
    elif found.fusion:
        said += " The file states no time, so the latest readings stand beside it."
    if found.fusion and found.fusion.readings_until:
        said += f" Readings up to {say_time(found.fusion.readings_until)}."
    return said


def _doubts(found: ImageDiagnosis) -> list[str]:
    doubts = []
    if found.abstained and found.clip_weights:
        doubts.append(f"Other kinds of pictures need another model. {found.clip_weights}")
    if found.thermal and not found.thermal.scaled:
        doubts.append("It has no temperature scale: only relative statements are possible, and no severity.")
    if found.thermal and found.thermal.scaled:
        doubts.append(
            "Temperatures hold for the emissivity and air temperature set in the camera; the table is for electrical "
            "equipment."
        )
    return doubts
