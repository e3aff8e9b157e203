"""The simulated lives wear, fail, are censored, stop and fall silent as the profile and the sources say."""

from dataclasses import replace
from datetime import UTC, datetime

import numpy as np
import pandas as pd
import pytest

from machine_profiles.errors import MillwrightError
from machine_profiles.profile import Operating
from machine_profiles.reading import SHIPPED, load_catalog
from models.degradation import degradation, draw_course, response
from models.plant_simulator import generator, running_times, simulate_fleet, simulate_rows

MACHINES = load_catalog(SHIPPED)
PUMP = MACHINES["PUMP_GRUNDFOS_CR3_004"]
LATEST = datetime(2026, 6, 1, tzinfo=UTC)


def shift(**stated: float) -> Operating:
    return Operating(basis="estimate", source="test", **stated)


def test_degradation_is_nought_at_the_first_sign_one_at_failure_and_never_falls():
    course = draw_course(PUMP, generator(1, "a"))
    hours = np.linspace(course.onset_hours - 100, course.failure_hours, 500)
    latent = degradation(course, hours, generator(1, "b"))
    assert latent[hours <= course.onset_hours].max() == 0.0
    assert latent[-1] == pytest.approx(1.0)
    assert (np.diff(latent) >= 0).all()


def test_at_failure_each_sensor_has_moved_by_the_profile_times_this_lifes_strength():
    course = draw_course(PUMP, generator(1, "a"), PUMP.failure_modes[0])
    added = response(PUMP, course, np.array([0.0, 1.0]))
    for answer in PUMP.failure_modes[0].responses:
        column = PUMP.sensor_names.index(answer.sensor)
        assert added[0, column] == 0.0
        assert added[1, column] == pytest.approx(answer.change * course.strength[answer.sensor])


def test_lives_compete_and_the_short_lived_part_ends_most_of_them():
    modes = [draw_course(PUMP, generator(1, str(number))).mode.name for number in range(400)]
    # characteristic lives: seal 25,000 h, bearing 40,000 h, cavitation 60,000 h, impeller 90,000 h
    assert modes.count("seal_leak") > modes.count("bearing_wear") > modes.count("cavitation") > 0
    assert modes.count("impeller_wear") < modes.count("cavitation")


def test_a_machine_without_failure_modes_cannot_be_worn():
    with pytest.raises(MillwrightError, match="states no failure modes; add some"):
        draw_course(PUMP.model_copy(update={"failure_modes": ()}), generator(1))


def test_the_archive_is_the_same_for_the_same_seed_and_another_for_another():
    first, second = simulate_fleet(PUMP, 4, 7)[0], simulate_fleet(PUMP, 4, 7)[0]
    pd.testing.assert_frame_equal(first.rows, second.rows)
    assert not first.rows["flow"].equals(simulate_fleet(PUMP, 4, 8)[0].rows["flow"])


def test_preventive_replacement_ends_a_life_before_its_failure_and_hides_the_mode():
    lives, known = simulate_fleet(PUMP, 40, 3)
    preventive = [life for life in known if life.ended_by == "preventive"]
    assert 5 <= len(preventive) <= 22  # a third of 40, give or take three standard deviations
    assert all(life.end_hours < life.failure_hours for life in preventive)
    ends = lives.ends.set_index("ended_by")
    assert ends.loc["preventive", "failure_mode"].isna().all()
    assert ends.loc["failure", "failure_mode"].notna().all()


def test_a_record_starts_well_into_its_life_and_its_length_says_nothing_of_the_end():
    lives, known = simulate_fleet(PUMP, 60, 5)
    by_life = lives.rows.groupby("life")["hours"].agg(["min", "max", "count"])
    failed = by_life.loc[[f"{k.unit}/{k.life}" for k in known if k.ended_by == "failure"]]
    other = by_life.loc[[f"{k.unit}/{k.life}" for k in known if k.ended_by == "preventive"]]
    assert (by_life["min"] > 1.0).mean() > 0.9
    assert by_life["count"].between(80, 1500).all()
    assert failed["count"].mean() == pytest.approx(other["count"].mean(), rel=0.25)


def test_readings_end_with_the_life_hour_by_hour():
    lives, known = simulate_fleet(PUMP, 6, 2)
    for life in known:
        hours = lives.rows.loc[lives.rows["life"] == f"{life.unit}/{life.life}", "hours"].to_numpy()
        assert hours[-1] == pytest.approx(life.end_hours, abs=1e-3)
        assert np.diff(hours) == pytest.approx(1.0, abs=2e-3)


def test_two_shifts_run_sixteen_hours_and_end_at_midnight():
    times = running_times(shift(hours_per_day=16), LATEST, 800, generator(1))
    began = times - pd.Timedelta(hours=1)
    assert times[-1] == pd.Timestamp(LATEST)
    assert set(began.hour) == set(range(8, 24))
    assert pd.Series(began.date).value_counts().max() == 16


def test_further_starts_a_day_are_rests_within_the_shift():
    days = 100
    times = running_times(shift(hours_per_day=16, starts_per_day=4), LATEST, 13 * days, generator(1))
    starts = (np.diff(times.asi8) > np.diff(times.asi8).min()).sum()
    assert starts / days == pytest.approx(4.0, abs=1.0)


def test_weekends_are_kept_free_where_the_machine_works_five_days():
    times = running_times(shift(days_per_week=5), LATEST, 500, generator(1))
    assert set((times[:-1] - pd.Timedelta(hours=1)).dayofweek) <= {0, 1, 2, 3, 4}


def test_a_cold_start_reads_colder_than_an_hour_in_the_run():
    fan = MACHINES["FAN_SYSTEMAIR_AXC_010"]
    lives, _ = simulate_fleet(fan, 8, 4)
    began = lives.rows["at"].dt.hour
    cold = lives.rows.loc[began == 5, "bearing_temperature"].mean()  # 20 h a day: the first running hour ends at 05:00
    warm = lives.rows.loc[began == 23, "bearing_temperature"].mean()
    assert warm - cold > 5.0


def test_noise_keeps_the_profiles_spread_and_its_correlation_from_hour_to_hour():
    pump = PUMP.model_copy(update={"operating": shift(load_daily_swing=0.0, load_noise=0.0)})
    random = generator(1, "noise")
    never = replace(draw_course(pump, random), onset_hours=1e6, failure_hours=2e6)
    times = pd.date_range(end=LATEST, periods=6000, freq="h")
    rows = simulate_rows(pump, never, np.arange(6000.0), times, random)
    behaviour = pump.sensor("vibration_velocity").behaviour
    assert behaviour is not None
    reading = rows["vibration_velocity"]
    reading = reading - reading.rolling(200, center=True, min_periods=50).median()  # recalibrations are steps
    quiet = reading[reading.abs() < 5 * behaviour.noise]
    assert quiet.std() == pytest.approx(behaviour.noise, rel=0.25)
    assert reading.autocorr(1) == pytest.approx(behaviour.autocorrelation, abs=0.12)


def test_about_one_reading_in_a_hundred_is_missing():
    rows = simulate_fleet(PUMP, 12, 6)[0].rows
    missing = rows[list(PUMP.sensor_names)].isna().mean()
    assert missing.between(0.003, 0.03).all()  # one gap in 400 h, 4.8 h long
