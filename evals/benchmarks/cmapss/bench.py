"""C-MAPSS through the ordinary path: import, label, train, and a prediction for each test engine."""

import shutil
import tempfile
import time
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from evals.benchmarks.result import BenchResult, file_of
from machine_profiles.errors import MillwrightError
from machine_profiles.profile import Profile
from machine_profiles.reading import read_profile
from models import health, importing, metrics, rul, training
from models.datasets import Datasets
from models.jobs import Report
from models.registry import Registry
from models.storage import Storage
from models.telemetry import Telemetry

HERE = Path(__file__).parent
CLIP = 125.0
TIME_LIMIT_S = 600
HELD_OUT = 0.1  # the test engines are the judges here; a tenth of the training engines sets the card's own figures
HOW_TO_GET = (
    "Get the set from NASA's Prognostics Center of Excellence data repository (Turbofan Engine Degradation "
    "Simulation) and store each file as cmapss_<subset>_train, _test and _test_rul."
)
Array = NDArray[np.float64]


def run(
    data: Path | None, seed: int, report: Report, subset: str = "FD001", time_limit_s: int = TIME_LIMIT_S
) -> BenchResult:
    """Score the RUL given for each test engine at its last cycle, as given and clipped at 125 cycles.

    The rul model's interval is judged on its own scale: truths above the labels' cap count as the cap.
    """
    started = time.monotonic()
    train, test, truth = (
        file_of(data, f"cmapss_{subset}_{part}", HOW_TO_GET) for part in ("train", "test", "test_rul")
    )
    with tempfile.TemporaryDirectory(prefix="bench-") as home:
        storage = Storage(Path(home))
        profile = _profile(storage)
        telemetry, datasets, registry = Telemetry(storage), Datasets(storage), Registry(storage)
        _import(storage, telemetry, datasets, profile, train, HERE / "column_map_train.yaml", report)
        labels = rul.label(datasets, telemetry, profile, "latest", None)
        report(0.1, f"labelled, flat above {labels.cap_hours:g} cycles")
        result = training.train(
            datasets, telemetry, registry, profile, ("rul",), time_limit_s, seed, report, share=HELD_OUT
        )
        _import(storage, telemetry, datasets, profile, test, HERE / "column_map_test.yaml", report)
        report(0.9, "asking for each test engine")
        units, true = _truths(truth, telemetry, profile)
        predicted, low, high = _predictions(telemetry, registry, profile, units)
        lives = telemetry.lives(profile)

    capped = np.minimum(true, labels.cap_hours)
    figures = {**scores(true, predicted), "coverage_90": metrics.coverage(capped, low, high)}
    figures["width_90"] = float(np.mean(high - low))
    on_training_lives = result.models[0].metrics
    if "coverage_90_last_fifth" in on_training_lives:
        figures["coverage_90_last_fifth"] = on_training_lives["coverage_90_last_fifth"]
    report(0.95, "teaching the peers")
    mean_label = float(np.mean(rul.label_lives(lives, labels.cap_hours)["rul_hours"].dropna()))
    return BenchResult(
        name="cmapss",
        figures=figures,
        peers={
            "constant": scores(true, np.full(len(true), mean_label)),
            "lightgbm": scores(true, rolling_means_lightgbm(train, test, labels.cap_hours, seed)),
            "shuffled": scores(true, rolling_means_lightgbm(train, test, labels.cap_hours, seed, shuffled=True)),
        },
        protocol=(
            f"{subset}: RUL of each test engine at its last recorded cycle, by predict_health from the registered "
            f"model; as given, and with truth and prediction clipped at {CLIP:g}. Labels flat above "
            f"{labels.cap_hours:g} cycles ({labels.cap_source}). The interval is judged against truths capped like "
            f"the labels. Test engines were imported after training. Constant: the mean training label. LightGBM: 300 "
            f"trees on rolling means over 5, 20 and 50 cycles, deviation from the first 20 and a fast less a slow "
            f"exponential mean. Shuffled: the same, taught with another engine's labels. The coverage of the "
            f"last fifth is of the training engines held out, as test engines stop before theirs. "
            f"{result.models[0].engine}. {result.protocol}"
        ),
        data=f"cmapss_{subset}",
        seed=seed,
        n=len(true),
        seconds=round(time.monotonic() - started, 1),
    )


def scores(true: Array, predicted: Array) -> dict[str, float]:
    clipped, answered = np.minimum(true, CLIP), np.minimum(predicted, CLIP)
    return {
        "rmse": metrics.rmse(true, predicted),
        "phm08": metrics.phm08(true, predicted),
        "rmse_clipped": metrics.rmse(clipped, answered),
        "phm08_clipped": metrics.phm08(clipped, answered),
    }


def rolling_means_lightgbm(train: Path, test: Path, cap: float, seed: int, shuffled: bool = False) -> Array:
    """The peer in thirty lines: no part of Millwright's modelling. `shuffled`: the control."""
    import lightgbm

    taught, asked = (_rolling(_read(path)) for path in (train, test))
    label = taught.pop("last") - taught.pop("cycle_now")
    if shuffled:
        label = of_another_life(label, taught["unit"], seed)
    asked = asked.groupby("unit").tail(1).set_index("unit").sort_index()
    model = lightgbm.LGBMRegressor(
        n_estimators=300, learning_rate=0.03, random_state=seed, n_jobs=1, deterministic=True, force_row_wise=True,
        verbose=-1,
    )  # fmt: skip
    model.fit(taught.drop(columns="unit"), label.clip(upper=cap))
    return np.asarray(model.predict(asked.drop(columns=["last", "cycle_now"])), np.float64)


def of_another_life(label: pd.Series, unit: pd.Series, seed: int) -> pd.Series:
    """For each row of a life, a label drawn from those of another life: true labels, told of nothing they belong to."""
    lives = [part.to_numpy(np.float64) for _, part in label.groupby(unit, sort=False)]
    random = np.random.default_rng(seed)
    order = random.permutation(len(lives))
    teller = dict(zip(order, np.roll(order, 1), strict=True))  # a ring, so that none is taught with its own
    parts = [random.choice(lives[teller[place]], len(own)) for place, own in enumerate(lives)]
    return pd.Series(np.concatenate(parts), index=label.index)


def _rolling(rows: pd.DataFrame) -> pd.DataFrame:
    sensors = [name for name in rows if str(name).startswith("s") and str(name)[1:].isdigit()]
    readings = rows.groupby("unit", sort=False)[sensors]
    first = readings.transform(lambda column: column.iloc[:20].mean())
    parts = [readings.transform(lambda c, n=n: c.rolling(n, min_periods=1).mean()) for n in (5, 20, 50)]
    parts += [parts[0] - first]
    parts += [readings.transform(lambda c: c.ewm(alpha=0.2).mean() - c.ewm(alpha=0.04).mean())]
    features = pd.concat([part.add_suffix(f"_{number}") for number, part in enumerate(parts)], axis=1)
    features["cycle"], features["unit"] = rows["cycle"], rows["unit"]
    features["last"], features["cycle_now"] = rows.groupby("unit")["cycle"].transform("max"), rows["cycle"]
    return features


def _profile(storage: Storage) -> Profile:
    """The bench's machine, put among the plant's own profiles as an onboarded machine is."""
    profile = read_profile(HERE / "profile.yaml")
    place = storage.profiles / f"{profile.id}.yaml"
    shutil.copyfile(HERE / "profile.yaml", place)
    return read_profile(place)


def _import(
    storage: Storage, telemetry: Telemetry, datasets: Datasets, profile: Profile, file: Path, column_map: Path,
    report: Report,
) -> None:  # fmt: skip
    report(0.05, f"importing {file.name}")
    now = pd.Timestamp("2026-01-01", tz="UTC").to_pydatetime()
    importing.import_file(storage, telemetry, datasets, profile, file, column_map, now)


def _truths(file: Path, telemetry: Telemetry, profile: Profile) -> tuple[list[str], Array]:
    """Test units as they were imported, and their true RUL at the last cycle."""
    table = _read(file)
    units = [f"test-{unit}" for unit in table["unit"]]
    if missing := set(units) - set(telemetry.units(profile.id)):
        raise MillwrightError(
            f"{file.name} states a RUL for {', '.join(sorted(missing)[:5])}, which the test file lacks."
        )
    return units, table["rul_at_last_cycle"].to_numpy(np.float64)


def _predictions(
    telemetry: Telemetry, registry: Registry, profile: Profile, units: list[str]
) -> tuple[Array, Array, Array]:
    answers = []
    for unit in units:
        now = telemetry.span(profile.id, unit)[1]
        found = health.predict(telemetry, registry, profile, 24.0, None, now, unit).rul
        if found is None or found.interval is None:
            raise MillwrightError(f"No RUL with an interval was given for {unit}.")
        answers.append((found.value, found.interval.low, found.interval.high))
    predicted, low, high = np.array(answers, np.float64).T
    return predicted, low, high


def _read(path: Path) -> pd.DataFrame:
    return pd.read_parquet(path) if path.suffix == ".parquet" else pd.read_csv(path)
