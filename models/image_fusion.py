"""A picture's finding and the readings of its time, as one ranked diagnosis with both evidences."""

from collections.abc import Sequence
from datetime import datetime
from typing import Literal

from machine_profiles.profile import Profile
from models.diagnosis import Diagnosis
from models.image_support import supports
from models.photographs import PictureClass
from models.picture_witness import SEEN, Witness, defect_named, mode_shares
from models.results import Result

WEIGHT = 3.0  # a stated assumption: odds by which a certain picture raises the modes that its class supports
WITNESS_WEIGHT = 2.0  # likewise of a model that was not trained here, and so counts for less

Agreement = Literal["agree", "conflict", "picture only", "readings only", "neither"]


class CombinedMode(Result):
    """A failure mode with the share that the readings give it, and the chance of a picture class that supports it.

    `witness_probability`: the same by the vision or open_clip model that speaks for it most; 0 where none does.
    """

    failure_mode: str
    title: str
    readings_probability: float | None
    picture_probability: float
    witness_probability: float = 0.0
    combined_probability: float


class Fusion(Result):
    """`said`: agreement or conflict in words. `modes`: likeliest first; a share weighs modes against each other."""

    readings_until: datetime | None
    agreement: Agreement
    said: str
    moved: bool | None  # None: the readings could not be judged
    modes: tuple[CombinedMode, ...]
    not_judged: str | None = None
    witnesses_said: tuple[str, ...] = ()  # of each that speaks: whether the readings go with it


def combine(
    profile: Profile, classes: dict[PictureClass, float], defect: float | None, diagnosis: Diagnosis | None,
    until: datetime | None, not_judged: str | None, witnesses: Sequence[Witness] = (),
) -> Fusion:  # fmt: skip
    """`classes`: the picture's classes with their chances; `defect` is None where the picture was not judged.

    A mode's combined share is its share by the readings (equal where they show nothing), times 1 + (WEIGHT − 1) × the
    chance of a class that supports it, times 1 + (WITNESS_WEIGHT − 1) × how far the witnesses speak for it, over the
    sum of all.
    """
    by_picture = {
        mode.name: sum(chance for each, chance in classes.items() if supports(each, mode))
        for mode in profile.failure_modes
    }
    moved = diagnosis.moved if diagnosis else None
    by_readings = {each.failure_mode: each.probability for each in diagnosis.candidates} if moved and diagnosis else {}
    shown = defect is not None and defect >= SEEN
    told = [mode_shares(each, profile) for each in witnesses]
    by_witness = {mode.name: max((each.get(mode.name, 0.0) for each in told), default=0.0)
                  for mode in profile.failure_modes}  # fmt: skip
    raised = {
        mode.name: (by_readings.get(mode.name, 0.0) if by_readings else 1.0)
        * (1 + (WEIGHT - 1) * (by_picture[mode.name] if shown else 0.0))
        * (1 + (WITNESS_WEIGHT - 1) * by_witness[mode.name])
        for mode in profile.failure_modes
    }
    total = sum(raised.values()) or 1.0
    supported = [name for name, chance in by_picture.items() if shown and chance >= SEEN / 2]
    agreement, said = _agreement(profile, supported, shown, defect, moved, by_readings)
    modes = [
        CombinedMode(
            failure_mode=mode.name, title=mode.title, readings_probability=by_readings.get(mode.name),
            picture_probability=by_picture[mode.name] if defect is not None else 0.0,
            witness_probability=by_witness[mode.name], combined_probability=raised[mode.name] / total,
        )
        for mode in profile.failure_modes
    ]  # fmt: skip
    ranked = sorted(modes, key=lambda each: -each.combined_probability)
    return Fusion(
        readings_until=until, agreement=agreement, said=said, moved=moved,
        modes=tuple(ranked) if by_readings or supported or any(told) else (), not_judged=not_judged,
        witnesses_said=tuple(
            _witness_said(profile, each, shares, moved, by_readings)
            for each, shares in zip(witnesses, told, strict=True)
            if defect_named(each) is not None
        ),
    )  # fmt: skip


def _agreement(
    profile: Profile, supported: list[str], shown: bool, defect: float | None, moved: bool | None,
    by_readings: dict[str, float],
) -> tuple[Agreement, str]:  # fmt: skip
    titles = {mode.name: mode.title.lower() for mode in profile.failure_modes}
    first = next(iter(by_readings), None)
    if defect is None:
        if first:
            return "readings only", f"The picture says nothing; the readings look most like {titles[first]}."
        return "neither", "Neither the picture nor the readings say anything."
    if moved is None:
        return "picture only", "The readings of that time could not be judged; only the picture speaks."
    if shown and first:
        if first in supported:
            return "agree", f"Picture and readings agree: both point to {titles[first]}."
        named = ", ".join(titles[name] for name in supported[:3])
        goes = f"what is seen goes with {named}" if named else "what is seen goes with no failure mode of the profile"
        return "conflict", f"Picture and readings point to different things: {goes}; the readings look like " + (
            f"{titles[first]}."
        )
    if shown:
        return "conflict", "The picture shows damage, the readings do not: it may be early, or not felt by any sensor."
    if first:
        return "conflict", (
            f"The picture shows no defect, the readings have moved and look most like {titles[first]}: a sound part in "
            f"a picture does not clear the machine."
        )
    return "agree", "Neither the picture nor the readings show a defect."


def _witness_said(
    profile: Profile, witness: Witness, shares: dict[str, float], moved: bool | None, by_readings: dict[str, float]
) -> str:
    titles = {mode.name: mode.title.lower() for mode in profile.failure_modes}
    sees, first = (defect_named(witness) or 0.0) >= SEEN, next(iter(by_readings), None)
    if moved is None:
        return f"What {witness.by} sees has no readings beside it."
    if not sees:
        return (
            f"{witness.by} sees no defect, the readings look like {titles[first]}: the two conflict."
            if first
            else f"{witness.by} sees no defect, and the readings show none."
        )
    if first is None:
        return f"{witness.by} sees damage, the readings do not: the two conflict."
    named = sorted(shares, key=lambda name: -shares[name])
    if first in named:
        return f"What {witness.by} sees goes with {titles[first]}, as the readings do."
    goes = f"with {', '.join(titles[name] for name in named[:3])}" if named else "with no failure mode of the profile"
    return f"What {witness.by} sees goes {goes}; the readings look like {titles[first]}: the two conflict."
