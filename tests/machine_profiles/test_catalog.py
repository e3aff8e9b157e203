"""The twenty shipped machines: whole, consistent with themselves, and honest about where each figure comes from."""

from collections import Counter
from itertools import pairwise

import pytest

from machine_profiles.coverage import figures, rated_bases
from machine_profiles.errors import UnknownMachine, UnknownSensor
from machine_profiles.profile import Limit, Profile, Sensor
from machine_profiles.reading import SHIPPED, load_catalog

CATALOG = load_catalog(SHIPPED)
CONTRACT = [
    "MOTOR_SIEMENS_1LA7_001", "MOTOR_ABB_M3BP_002", "MOTOR_WEG_W22_003",
    "PUMP_GRUNDFOS_CR3_004", "PUMP_KSB_ETANORM_005", "PUMP_SULZER_AHLSTAR_006",
    "COMPRESSOR_ATLAS_COPCO_GA30_007", "COMPRESSOR_KAESER_ASD40_008", "FAN_EBMPAPST_R3G_009",
    "FAN_SYSTEMAIR_AXC_010", "GEARBOX_SEW_R77_011", "GEARBOX_FLENDER_H2_012",
    "CONVEYOR_DORNER_2200_013", "HYDRAULIC_REXROTH_A10VSO_014", "CHILLER_CARRIER_30RB_015",
    "CNC_HAAS_VF2_016", "ROBOT_FANUC_M20ID_017", "ROBOT_KUKA_KR210_018",
    "TURBINE_SIEMENS_SST060_019", "BLOWER_AERZEN_GM10S_020",
]  # fmt: skip

each_machine = pytest.mark.parametrize("profile", CATALOG.values(), ids=lambda profile: profile.id)


def each_rated(*names: str):
    """Every machine whose profile states all of these rated figures."""
    stated = [profile for profile in CATALOG.values() if set(names) <= set(profile.rated)]
    return pytest.mark.parametrize("profile", stated, ids=lambda profile: profile.id)


def test_the_machines_of_the_contract_ship_in_the_order_of_their_numbers():
    assert list(CATALOG) == CONTRACT
    assert [profile.number for profile in CATALOG.values()] == list(range(1, 21))


def test_every_kind_has_its_machines():
    kinds = Counter(profile.kind for profile in CATALOG.values())
    assert (kinds["motor"], kinds["pump"], kinds["robot"], len(kinds)) == (3, 3, 2, 12)
    assert [profile.id for profile in CATALOG.of_kind("chiller")] == ["CHILLER_CARRIER_30RB_015"]


def test_an_unknown_machine_is_answered_with_those_there_are():
    with pytest.raises(UnknownMachine, match=r"'PUMP_4'.*PUMP_GRUNDFOS_CR3_004"):
        CATALOG["PUMP_4"]


def test_an_unknown_sensor_is_answered_with_those_there_are():
    with pytest.raises(UnknownSensor, match=r"'mood'.*vibration_velocity"):
        CATALOG["MOTOR_WEG_W22_003"].sensor("mood")


# --- where figures come from --------------------------------------------------------------------------------------


@each_machine
def test_every_figure_names_its_source(profile: Profile):
    stated = list(figures(profile))
    assert len(stated) > 30
    for name, basis, source in stated:
        assert len(source) > 8, name
        assert basis in ("datasheet", "standard", "estimate"), name


@each_machine
def test_a_standard_is_named_where_a_figure_is_said_to_be_standard(profile: Profile):
    bodies = ("IEC", "ISO", "EN ", "IEEE", "API", "VDI", "DIN", "CETOP", "ASTM")
    unnamed = [name for name, basis, source in figures(profile) if basis == "standard" and not _names(source, bodies)]
    assert not unnamed


@each_machine
def test_a_datasheet_is_the_makers_own(profile: Profile):
    makers = {word for word in profile.manufacturer.lower().replace("-", " ").split() if len(word) > 2}
    foreign = [
        f"{name}: {source}"
        for name, basis, source in figures(profile)
        if basis == "datasheet" and not makers & set(source.lower().replace("-", " ").replace(",", " ").split())
    ]
    assert not foreign


def test_the_rated_figures_of_at_least_ten_machines_are_mostly_from_datasheet_or_standard():
    grounded = [
        profile.id
        for profile in CATALOG.values()
        if rated_bases(profile)["estimate"] <= 0.3 * rated_bases(profile).total()
    ]
    assert len(grounded) >= 10


@each_machine
def test_every_machine_has_a_figure_of_its_maker_or_a_standard(profile: Profile):
    assert rated_bases(profile)["datasheet"] + rated_bases(profile)["standard"] >= 3


# --- sensors and limits -------------------------------------------------------------------------------------------


@each_machine
def test_every_quantity_measured_has_a_sensor_that_its_everyday_word_means(profile: Profile):
    for quantity in {sensor.quantity for sensor in profile.sensors}:
        meant = profile.primary(quantity)
        assert meant is not None, f"{quantity} of {profile.id} fits several sensors, and none is primary"
        assert meant.quantity == quantity


@each_machine
def test_vibration_load_and_ambient_are_measured_everywhere(profile: Profile):
    measured = {sensor.quantity for sensor in profile.sensors}
    assert {"vibration", "load", "ambient temperature"} <= measured
    operating = {sensor.quantity for sensor in profile.sensors if sensor.role == "operating"}
    assert {"load", "ambient temperature"} <= operating


def limits(sensor: Sensor, side: str) -> list[float]:
    """From the normal range outwards."""
    normal = getattr(sensor.normal, side) if sensor.normal else None
    levels = [normal, *(getattr(limit, side) for limit in (sensor.warning, sensor.alarm) if limit is not None)]
    return [level for level in levels if level is not None]


@each_machine
def test_alarms_lie_beyond_warnings_and_warnings_beyond_the_normal_range(profile: Profile):
    for sensor in profile.sensors:
        for inner, outer in pairwise(limits(sensor, "high")):
            assert inner < outer, f"high limits of {sensor.name}"
        for inner, outer in pairwise(limits(sensor, "low")):
            assert inner > outer, f"low limits of {sensor.name}"


@each_machine
def test_every_condition_sensor_has_a_normal_range_a_warning_and_an_alarm(profile: Profile):
    for sensor in profile.sensors:
        if sensor.role == "condition":
            assert sensor.normal, sensor.name
            assert sensor.warning, sensor.name
            assert sensor.alarm, sensor.name
            assert _sides(sensor.warning) == _sides(sensor.alarm), f"{sensor.name} warns and alarms on different sides"


@each_machine
def test_a_sound_machine_alarms_nobody(profile: Profile):
    """From the middle of the normal range, five times the noise and the spread between units reach no alarm."""
    for sensor in profile.sensors:
        if sensor.normal and sensor.alarm and sensor.behaviour:
            middle = (sensor.normal.low + sensor.normal.high) / 2
            spread = 5 * (sensor.behaviour.noise**2 + sensor.behaviour.between_units**2) ** 0.5
            assert not sensor.alarm.crossed_by(middle + spread), sensor.name
            assert not sensor.alarm.crossed_by(middle - spread), sensor.name


# --- ratings against physics --------------------------------------------------------------------------------------


def rated(profile: Profile, *names: str) -> list[float]:
    return [profile.rated[name].value for name in names]


@each_rated("synchronous_speed", "speed")
def test_an_induction_motor_runs_just_below_its_synchronous_speed(profile: Profile):
    synchronous, speed = rated(profile, "synchronous_speed", "speed")
    assert 0.92 * synchronous < speed < synchronous  # slip of 0 to 8 %


@each_rated("synchronous_speed", "poles", "frequency")
def test_synchronous_speed_is_that_of_poles_and_frequency(profile: Profile):
    synchronous, poles, frequency = rated(profile, "synchronous_speed", "poles", "frequency")
    assert synchronous == 120 * frequency / poles


@each_rated("power", "voltage", "current")
def test_current_power_and_voltage_fit_each_other(profile: Profile):
    """P = √3·U·I·cos φ·η, where cos φ·η of small to large motors is 0.5 to 0.97."""
    power, voltage, current = rated(profile, "power", "voltage", "current")
    assert 0.5 < 1000 * power / (3**0.5 * voltage * current) < 0.97


@each_rated("power", "speed", "torque")
def test_torque_is_power_over_speed(profile: Profile):
    power, speed, torque = rated(profile, "power", "speed", "torque")
    assert torque == pytest.approx(9549.3 * power / speed, rel=0.02)


@pytest.mark.parametrize("profile", CATALOG.of_kind("pump"), ids=lambda profile: profile.id)
def test_a_pumps_motor_can_lift_its_flow_to_its_head(profile: Profile):
    """Hydraulic power ρ·g·Q·H over motor power is an efficiency: between 0.3 (small multistage) and 0.85."""
    flow, head, power = rated(profile, "flow", "head", "power")
    assert 0.3 < 998 * 9.81 * flow / 3600 * head / 1000 / power < 0.85


# --- failure modes ------------------------------------------------------------------------------------------------


@each_machine
def test_failure_modes_speak_iso_14224(profile: Profile):
    codes = {"AIR", "BRD", "CTM", "ELP", "ELU", "ERO", "FOF", "FTS", "HIO", "HTF", "INL", "IHT", "LBP", "LOO", "LOP",
             "LOF", "LOI", "NOI", "OHE", "PDE", "PLU", "SER", "STD", "STP", "UST", "VIB", "OTH", "UNK"}  # fmt: skip
    assert len(profile.failure_modes) >= 3
    for mode in profile.failure_modes:
        assert mode.iso14224.mode in codes, mode.name
        assert mode.iso14224.mechanism[0] in "123456", mode.name
        assert mode.pf_interval.hours < mode.weibull.scale_hours, mode.name


@each_machine
def test_a_failing_machine_crosses_an_alarm_somewhere(profile: Profile):
    """From the edge of its normal range, at least one sensor's change at functional failure reaches its alarm."""
    for mode in profile.failure_modes:
        crossed = []
        for response in mode.responses:
            sensor = profile.sensor(response.sensor)
            if sensor.normal and sensor.alarm:
                edge = sensor.normal.high if response.change > 0 else sensor.normal.low
                crossed.append(sensor.alarm.crossed_by(edge + response.change))
        assert any(crossed), mode.name


def _names(source: str, bodies: tuple[str, ...]) -> bool:
    return any(body in source for body in bodies)


def _sides(limit: Limit) -> tuple[bool, bool]:
    return limit.low is not None, limit.high is not None
