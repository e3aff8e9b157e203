"""The plant is hard enough: raw readings say something of a machine's end, and far from everything."""

from evals.benchmarks.plant_hardness import measure
from machine_profiles.reading import SHIPPED, load_catalog

MACHINES = load_catalog(SHIPPED)


def test_raw_readings_of_unseen_lives_say_something_and_not_all():
    machines = ("PUMP_SULZER_AHLSTAR_006", "CNC_HAAS_VF2_016", "MOTOR_WEG_W22_003")
    found = [measure(MACHINES[each], 7) for each in machines]
    ap, r2 = (sum(getattr(each, name) for each in found) / 3 for name in ("failure_ap", "rul_r2"))
    assert 0.45 < ap < 0.8
    assert 0.1 < r2 < 0.65
    assert all(each.failure_ap > 2 * each.failure_share for each in found)
