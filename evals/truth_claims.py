"""Whether what the copilot claims of a plant is true, claim by claim."""

from collections.abc import Callable, Sequence

from evals.truth_asking import DEGRADES, Claims, Pictured
from evals.truth_plants import Truth
from machine_profiles.reading import SHIPPED, load_catalog
from models.health import AT_CAP
from models.plant_simulator import generator

WITHIN = 0.25
LEAD_HOURS = 12.0  # an alarm that comes later is too late to plan anything

Verdicts = Sequence[bool]

# what is claimed, in the order of the report; those indented are parts of the one above
MEANINGS = {
    "worst": "the failing machine is named the worst of the four",
    "mode": "its failure mode is among the first two that are named",
    "rul_interval": "its true remaining life lies within the interval",
    "rul_within_25": "the remaining life is right within 25 %",
    "alarm": "an alarm comes 12 h or more before the failure, and none on the sound machines",
    "  in_time": "an alarm comes 12 h or more before the failure",
    "  sound_quiet": "a sound machine is given no alarm",
    "  sensor_quiet": "a machine whose sensor is off is given no alarm",
    "drift": "the drift is found and its sensor named, and none is found on the sound machines",
    "  named": "the drift is found and its sensor named",
    "  quiet": "no drift is found on a sound machine",
    "  degrades": "what the failing machine shows is blamed on no sensor",
    "picture": "picture and readings are said to agree or conflict as they do, and the mode is among the first two",
}
FROM_MODELS = ("worst", "rul_interval", "rul_within_25", "alarm", "  in_time", "  sound_quiet", "  sensor_quiet")


def judge(truth: Truth, claims: Claims) -> dict[str, Verdicts]:
    """Each claim of MEANINGS with its verdicts on this plant; what was never claimed is wrong."""
    found: dict[str, Verdicts] = {
        "worst": [claims.worst == truth.failing],
        "mode": [truth.mode in claims.modes[:2]],
        "rul_interval": [_within(truth, claims, lambda low, high: low <= truth.rul_hours <= high)],
        "rul_within_25": [_near(truth, claims)],
        "  in_time": [lead_hours(truth, claims) is not None],
        "  sound_quiet": [claims.alarms.get(each) is False for each in truth.sound],
        "  sensor_quiet": [claims.alarms.get(truth.off) is False],
        "  named": [_named(truth, claims)],
        "  quiet": [claims.drifted.get(each) == "" for each in truth.sound],
        "  degrades": [claims.drifted.get(truth.failing) in ("", DEGRADES)],
        "picture": [_pictured(truth, claims.pictures, number) for number in range(2)],
    }
    found["alarm"] = [all((*found["  in_time"], *found["  sound_quiet"]))]
    found["drift"] = [all((*found["  named"], *found["  quiet"]))]
    return {name: found[name] for name in MEANINGS}


def lead_hours(truth: Truth, claims: Claims) -> float | None:
    """How long before the failure the first alarm came, of the moments asked about; None where none came in time."""
    later = claims.later if claims.later_of == truth.failing else {}
    alarms = {truth.rul_hours: claims.alarms.get(truth.failing, False), **later}
    return max((left for left, raised in alarms.items() if raised and left >= LEAD_HOURS), default=None)


def shuffled(truths: Sequence[Truth], seed: int) -> list[Truth]:
    """The same plants with other truths: roles dealt anew among the machines, modes and sensors drawn, lives exchanged.

    What claims score against them is what a copilot scores that knows the plants and not what is wrong with them.
    """
    dealt, catalog = [], load_catalog(SHIPPED)
    for place, truth in enumerate(truths):
        random = generator(seed, "shuffled", str(truth.plant))
        machines = [truth.failing, truth.off, *truth.sound]
        failing, off, *sound = (machines[int(at)] for at in random.permutation(4))
        other = truths[(place + 1) % len(truths)]
        flip = [bool(random.random() < 0.5) for _ in range(2)]
        drawn = [s.name for s in catalog[off].sensors if s.role == "condition"]
        dealt.append(
            truth.model_copy(
                update={
                    "failing": failing,
                    "off": off,
                    "sensors": tuple(str(each) for each in random.choice(drawn, len(truth.sensors), replace=False)),
                    "sound": tuple(sound),
                    "mode": str(random.choice(truth.modes)),
                    "rul_hours": other.rul_hours,
                    "agreements": tuple(
                        _OTHER[said] if turned else said for said, turned in zip(truth.agreements, flip, strict=True)
                    ),
                }
            )
        )
    return dealt


_OTHER = {"agree": "conflict", "conflict": "agree"}


def _within(truth: Truth, claims: Claims, holds: Callable[[float, float], bool]) -> bool:
    if claims.life is None:
        return False
    if claims.life.at_least:  # labels end there: the claim is a lower bound
        return truth.rul_hours >= AT_CAP * claims.life.hours
    return holds(claims.life.low, claims.life.high)


def _near(truth: Truth, claims: Claims) -> bool:
    life = claims.life
    near = life is not None and abs(life.hours - truth.rul_hours) <= WITHIN * truth.rul_hours
    return _within(truth, claims, lambda low, high: near)


def _named(truth: Truth, claims: Claims) -> bool:
    return claims.drifted.get(truth.off) in truth.sensors


def _pictured(truth: Truth, pictures: Sequence[Pictured | None], number: int) -> bool:
    found = pictures[number] if number < len(pictures) else None
    if found is None or found.agreement != truth.agreements[number]:
        return False
    return number == 1 or found.agreement == "conflict" or truth.mode in found.modes[:2]
