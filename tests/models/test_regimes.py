"""A machine run at a few settings is judged within each of them."""

import numpy as np
import pandas as pd
import pytest

from machine_profiles.profile import Modelling, Profile, Sensor
from models.features import feature_model, features_of, fit_scaling
from models.lives import Lives
from models.onnx_graph import open_session, run
from models.regimes import find_regimes
from models.rul_cap import without_operating

SETTINGS = np.array([[0.0, 100.0], [20.0, 100.0], [20.0, 60.0], [35.0, 100.0]])
LEVEL, GAIN = np.array([50.0, 300.0, 900.0, 200.0]), np.array([1.0, 3.0, 0.5, 2.0])
ENGINE = Profile(
    id="TURBINE_SMALL_001",
    name="small engine",
    kind="turbine",
    sensors=(
        Sensor(name="temperature", description="temperature", quantity="temperature", unit="degC"),
        Sensor(name="altitude", description="altitude", quantity="position", unit="kft", role="operating"),
        Sensor(name="throttle", description="throttle", quantity="load", unit="percent", role="operating"),
    ),
    modelling=Modelling(windows=(4, 12), baseline_rows=10),
)


def flights(seed: int = 0, lives: int = 4, count: int = 200) -> Lives:
    """Each flight at a setting of its own; over a life the temperature rises by 4, in its setting's own measure."""
    random = np.random.default_rng(seed)
    frames = []
    for number in range(lives):
        setting = random.integers(0, 4, count)
        wear = 4 * np.arange(count) / count + random.normal(0, 0.3, count)
        asked = SETTINGS[setting] + random.uniform(0, 0.01, (count, 2)) * [1, 0]
        frame = pd.DataFrame({"life": f"E{number}", "hours": np.arange(1.0, count + 1)})
        frames.append(
            frame.assign(altitude=asked[:, 0], throttle=asked[:, 1], temperature=LEVEL[setting] + GAIN[setting] * wear)
        )
    ends = pd.DataFrame(
        [{"life": f"E{n}", "unit": f"E{n}", "ended_by": "failure", "failure_mode": None, "end_hours": float(count)}
         for n in range(lives)]
    )  # fmt: skip
    return Lives(pd.concat(frames, ignore_index=True), ends, ENGINE.sensor_names)


LIVES = flights()
SCALING = fit_scaling(ENGINE, LIVES.rows)


def features(temperature: float, altitude: float, throttle: float) -> dict[str, float]:
    model, names = feature_model(SCALING)
    window = np.tile(np.array([temperature, altitude, throttle], np.float32), (1, 12, 1))
    feeds = {"window": window, "baseline": window[:, 0], "age_hours": np.array([[12.0]], np.float32)}
    return dict(zip(names, run(open_session(model.SerializeToString()), feeds)["features"][0].tolist(), strict=True))


def test_the_settings_flown_are_found():
    assert SCALING.regimes is not None
    assert sorted(SCALING.regimes.at.round(1).tolist()) == sorted(SETTINGS.tolist())


@pytest.mark.parametrize("setting", [0, 1, 2, 3], ids=["ground", "climb", "descent", "cruise"])
def test_the_same_wear_reads_the_same_in_every_regime(setting: int):
    sound = features(LEVEL[setting] + 2.0 * GAIN[setting], *SETTINGS[setting])["temperature|mean|4"]
    worn = features(LEVEL[setting] + 4.0 * GAIN[setting], *SETTINGS[setting])["temperature|mean|4"]
    assert sound == pytest.approx(0.0, abs=0.15)
    assert worn == pytest.approx(2 / 1.19, rel=0.1)  # a spread of 4/√12 from wear and 0.3 of noise


def test_a_setting_never_flown_says_nothing():
    found = features(50.0, 10.0, 80.0)
    assert np.isnan([value for name, value in found.items() if name.startswith("temperature|")]).all()


def test_the_graph_standardises_as_training_does():
    table, _ = features_of(ENGINE, LIVES, SCALING)
    latest = table[:, feature_model(SCALING)[1].index("temperature|latest|1")]
    values = LIVES.rows[list(ENGINE.sensor_names)].to_numpy()
    regimes = SCALING.regimes
    assert regimes is not None
    standard = regimes.standardised(values, regimes.of(values[:, 1:]))
    asked = np.nan_to_num(standard[:, list(SCALING.operating)])
    np.testing.assert_allclose(latest, standard[:, 0] - asked @ SCALING.effect[:, 0], atol=1e-3)


@pytest.mark.parametrize("kind", ["a load that hovers", "a load in steps that explain nothing"])
def test_no_regimes_where_the_operating_sensors_part_nothing(kind: str):
    random = np.random.default_rng(1)
    load = random.normal(70, 5, 3000) if kind == "a load that hovers" else random.integers(0, 6, 3000) * 10.0
    assert find_regimes(np.stack([50 + 0.5 * load + random.normal(0, 1, 3000), load], axis=1), (1,)) is None


def test_the_cap_is_sought_in_readings_freed_of_their_regime():
    freed = without_operating(LIVES, ("altitude", "throttle"))
    early = freed.groupby("life")["temperature"].nth(list(range(40)))
    assert early.std() < 0.5
    assert (freed[["altitude", "throttle"]] == 0).all().all()
