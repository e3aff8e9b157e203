"""A second opinion on a picture, by a model that was not trained here: what it sees, and whether the head agrees."""

from collections.abc import Iterable
from typing import Literal

from machine_profiles.profile import Profile
from models.image_support import supports
from models.photographs import PictureClass
from models.results import Result
from models.visual_defects import visual_defects

SEEN = 0.5  # chance of a defect from which a picture is said to show one

Accord = Literal["agree", "conflict", "alone", "silent"]


class NamedDefect(Result):
    """`defect_class`: a name of models/visual_defects.yaml. `finding` is None for `sound`."""

    defect_class: str
    title: str
    finding: str | None
    probability: float


class Witness(Result):
    """`silent`: why it says nothing of the picture; then nothing else is stated. `seen`: its own words, cut short and
    with digits struck out. `calibrated`: whether its chances were fitted on labelled pictures."""

    by: str
    source: Literal["vision model", "open_clip"]
    classes: tuple[NamedDefect, ...] = ()  # likeliest first
    failure_modes: dict[str, float] = {}  # of the machine's profile, that it names
    calibrated: bool = False
    seen: str | None = None
    silent: str | None = None
    accord: Accord = "silent"
    said: str = ""


def defect_named(witness: Witness) -> float | None:
    """The chance of a defect by the witness; None where it says nothing."""
    if witness.silent or not witness.classes:
        return None
    return min(1.0, sum(each.probability for each in witness.classes if each.finding))


def mode_shares(witness: Witness, profile: Profile) -> dict[str, float]:
    """How far it speaks for each failure mode: named as such, or by a class that supports it."""
    chance, known = defect_named(witness), visual_defects()
    if chance is None or chance < SEEN:
        return {}
    shares = {
        mode.name: max(
            witness.failure_modes.get(mode.name, 0.0),
            sum(n.probability for n in witness.classes if n.finding and supports(known[n.defect_class].seen, mode)),
        )
        for mode in profile.failure_modes
    }
    return {name: min(1.0, share) for name, share in shares.items() if share > 0}


def beside_the_head(witness: Witness, head: float | None, classes: Iterable[PictureClass]) -> Witness:
    """The same witness with its accord: `head` is the trained head's chance of a defect, None where it abstained;
    `classes` what the head sees, likeliest first."""
    mine = defect_named(witness)
    if mine is None:
        return witness.model_copy(
            update={"accord": "silent", "said": f"Judged without {witness.by}: {witness.silent or 'it cannot tell'}."}
        )
    first = next((each for each in witness.classes if each.finding), None)
    if head is None:
        return witness.model_copy(
            update={"accord": "alone", "said": f"Only {witness.by} judges what is seen; nothing here bears it out."}
        )
    if (mine >= SEEN) != (head >= SEEN):
        sees, not_ = (witness.by, "the trained head") if mine >= SEEN else ("the trained head", witness.by)
        return witness.model_copy(
            update={"accord": "conflict", "said": f"They conflict: {sees} sees a defect, {not_} sees none."}
        )
    if mine < SEEN or first is None:
        return witness.model_copy(
            update={"accord": "agree", "said": f"The trained head and {witness.by} agree: neither sees a defect."}
        )
    seen = visual_defects()[first.defect_class].seen
    theirs = next(iter(classes), None)
    if theirs is None or _alike(seen, theirs):
        said = f"The trained head and {witness.by} agree: both see a defect of this kind, {first.title}."
        return witness.model_copy(update={"accord": "agree", "said": said})
    said = f"Both see a defect, of different kinds: the trained head {theirs.title}, {witness.by} {first.title}."
    return witness.model_copy(update={"accord": "conflict", "said": said})


def _alike(one: PictureClass, other: PictureClass) -> bool:
    return one.finding == other.finding or bool({*one.mechanisms} & {*other.mechanisms})
