"""Fresh small plants whose truth is known: one machine fails, one has a sensor that is off, two are sound."""

from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Literal

import numpy as np
import pandas as pd

from evals.benchmarks.drift.worlds import REFERENCE_DAYS, WINDOW_DAYS, world
from machine_profiles.errors import MillwrightError
from machine_profiles.profile import FailureMode, Operating, Profile
from machine_profiles.reading import SHIPPED, load_catalog
from models.degradation import Course, draw_course, shows
from models.demo_machine import NOW
from models.image_fusion import Agreement
from models.image_support import supports
from models.photographs import picture_classes
from models.plant_simulator import generator, running_times, simulate_rows
from models.results import Result
from models.storage import Storage
from models.telemetry import MAIN, Telemetry

LEFT = (0.05, 0.7)  # share of the way from P to F that is left when the plant is first asked
FEWEST_LEFT = 24.0
LATER = (96.0, 48.0, 24.0, 12.0)  # operating hours left when it is asked again
SENSOR_FAULTS = ("bias", "frozen", "noisier", "clipped", "swapped")
SCRATCHED = Path(__file__).parent / "scenarios" / "fixtures" / "scratched_steel.png"
DAYS = REFERENCE_DAYS + WINDOW_DAYS
BEGUN = 4000.0  # on the meter

Shot = Literal[
    "hot", "cool", "scratched"
]  # thermograms with a hot spot and without, and a photograph of scratched steel
SHOWS = {"hot": "substation_thermal/hotspot", "scratched": "neu_det/scratches"}  # by picture class
SensorFault = Literal["bias", "frozen", "noisier", "clipped", "swapped"]


class Truth(Result):
    """What is really so. `sensors`: the one that is off, two where they are swapped. `now`: when `rul_hours` is left.

    `later`: the moments at which so many hours are left. `pictures`: of the failing machine and of the first sound one;
    `agreements`: what picture and readings then must be said to do.
    """

    plant: int
    failing: str
    mode: str
    modes: tuple[str, ...]  # of the failing machine, whichever may come
    rul_hours: float
    off: str
    sensors: tuple[str, ...]
    sensor_fault: SensorFault
    sound: tuple[str, str]
    now: datetime
    later: dict[float, datetime]
    pictures: tuple[Shot, Shot]
    agreements: tuple[Agreement, Agreement]


@dataclass(frozen=True)
class TruthPlant:
    """`rows`: what was recorded of each machine, the failing one up to its failure, the others up to `now`."""

    truth: Truth
    rows: dict[str, pd.DataFrame]

    def record(self, telemetry: Telemetry, until: datetime) -> None:
        """Store what had been recorded by then; what lies there already is passed over."""
        for machine_id, rows in self.rows.items():
            known = rows[rows["at"] <= until]
            telemetry.append(machine_id, known.assign(unit=MAIN, life="1"))


def draw_plant(number: int, seed: int) -> TruthPlant:
    """Plant `number` under `seed`; over twenty numbers in a row each of the shipped machines fails once."""
    catalog = list(load_catalog(SHIPPED).values())
    order = generator(seed, "truth", "round", str(number // len(catalog))).permutation(len(catalog))
    random = generator(seed, "truth", str(number))
    failing = catalog[int(order[number % len(catalog)])]
    others = [profile for profile in catalog if profile.id != failing.id]
    off, *sound = (others[int(place)] for place in random.permutation(len(others))[:3])
    course, rows = _failing_life(failing, random)
    hours, at = rows["hours"].to_numpy(float), rows["at"]
    last = len(rows) - 1 - round(_left(failing, course, float(hours[-1]), random))
    now = at.iloc[last].to_pydatetime()
    fault: SensorFault = SENSOR_FAULTS[number % len(SENSOR_FAULTS)]  # type: ignore[assignment]
    own = int(random.integers(2**31))
    wrong = world(off, fault, own, now)
    calm = {profile.id: world(profile, "none", own, now) for profile in sound}
    shots: tuple[Shot, Shot] = _shot(course.mode, random, 0.75), _shot(None, random, 0.3)
    truth = Truth(
        plant=number,
        failing=failing.id,
        mode=course.mode.name,
        modes=tuple(mode.name for mode in failing.failure_modes),
        rul_hours=course.failure_hours - float(hours[last]),
        off=off.id,
        sensors=tuple(str(wrong.sensor).split(", ")),
        sensor_fault=fault,
        sound=(sound[0].id, sound[1].id),
        now=now,
        later={left: at.iloc[-1 - round(left)].to_pydatetime() for left in LATER if len(rows) - 1 - left > last},
        pictures=shots,
        agreements=(
            "agree" if shots[0] in _showing(course.mode) else "conflict",
            "agree" if shots[1] == "cool" else "conflict",
        ),
    )
    recorded = {off.id: wrong, **calm}
    return TruthPlant(
        truth, {failing.id: rows, **{name: pd.concat([each.reference, each.window]) for name, each in recorded.items()}}
    )


def lay_out(home: Path, truth: Truth, prepared: Path | None) -> Storage:
    """A plant under `home` with the models in service of `prepared` for these machines; without, where None."""
    from models.demo_plant import copy_plant

    storage = Storage(home)
    for machine_id in (truth.failing, truth.off, *truth.sound) if prepared else ():
        copy_plant(Path(str(prepared)) / "models" / machine_id, home / "models" / machine_id)
    return storage


def take_picture(shot: Shot, folder: Path, seed: int) -> Path:
    """The file of such a picture: a thermogram drawn by `seed`, or the photograph that ships with the scenarios."""
    if shot == "scratched":
        return SCRATCHED
    return write_thermogram(folder / f"thermogram_{seed}.csv", shot == "hot", seed)


def write_thermogram(path: Path, spot: bool, seed: int) -> Path:
    """A housing of 46 °C before a wall of 22 °C, as a thermal camera's CSV; a spot is 30 °C hotter."""
    random = generator(seed, "thermogram")
    celsius = 22.0 + 0.15 * random.standard_normal((60, 80))
    celsius[15:45, 15:65] += 24.0
    if spot:
        row, column = int(random.integers(22, 38)), int(random.integers(22, 58))
        rows, columns = np.ogrid[:60, :80]
        celsius += 30.0 * np.exp(-((rows - row) ** 2 + (columns - column) ** 2) / 8.0)
    lines = "\n".join(",".join(f"{value:.1f}" for value in row) for row in celsius)
    path.write_text(f"Thermogram of a housing\nAmbient temperature (°C): 22.0\n{lines}\n", encoding="utf-8")
    return path


def _shot(mode: FailureMode | None, random: np.random.Generator, fitting: float) -> Shot:
    """With the chance `fitting` one that shows the mode, or any damage where there is none; else one that does not."""
    showing = _showing(mode) if mode else tuple(SHOWS)
    others = [shot for shot in ("cool", *SHOWS) if shot not in showing] if mode else ["cool"]
    chosen = showing if showing and random.random() < fitting else others
    return str(random.choice(chosen))  # type: ignore[return-value]


def _showing(mode: FailureMode) -> tuple[str, ...]:
    """The pictures whose class supports the mode."""
    return tuple(shot for shot, seen in SHOWS.items() if supports(picture_classes()[seen], mode))


def _failing_life(profile: Profile, random: np.random.Generator) -> tuple[Course, pd.DataFrame]:
    """The record up to the failure, whose hours of operation are whole."""
    operating = profile.operating or Operating(basis="estimate", source="default")
    a_day = operating.hours_per_day * operating.days_per_week / 7
    times = running_times(operating, NOW, int(DAYS * a_day) + 450, random)
    hours = BEGUN + np.arange(1.0, len(times) + 1)
    course = _at(draw_course(profile, random), float(hours[-1]))
    return course, simulate_rows(profile, course, hours, times, random)


def _at(course: Course, failure_hours: float) -> Course:
    interval = course.failure_hours - course.onset_hours
    return replace(course, failure_hours=failure_hours, onset_hours=failure_hours - interval)


def _left(profile: Profile, course: Course, failure_hours: float, random: np.random.Generator) -> float:
    """How many hours are left when it is first asked: somewhere between P and F, where the failure shows."""
    interval = course.failure_hours - course.onset_hours
    for _ in range(500):
        left = max(interval * random.uniform(*LEFT), FEWEST_LEFT)
        if shows(profile, course, failure_hours - left):
            return float(left)
    raise MillwrightError(f"{course.mode.name} of {profile.id} never shows {FEWEST_LEFT:g} h before the failure.")
