"""What to do before anyone touches a machine, by its kind."""

from machine_profiles.profile import Kind

_ISOLATE: dict[Kind, str] = {
    "motor": "isolate it electrically",
    "pump": "isolate it electrically, close its valves and let the pressure off",
    "compressor": "isolate it electrically and let the pressure off",
    "fan": "isolate it electrically and secure the wheel against turning",
    "gearbox": "isolate its drive and secure the shafts against turning",
    "conveyor": "isolate its drive and make sure that the belt cannot run on",
    "hydraulic": "isolate it electrically, lower the load and let the accumulators and lines off",
    "chiller": "isolate it electrically; only a certified person may open the refrigerant circuit",
    "cnc": "isolate it at the main switch and let the spindle come to rest",
    "robot": "isolate it at the controller, support the arm against falling, and keep out of the cell until then",
    "turbine": "shut and lock the steam supply, drain it, let it cool, and secure the rotor",
    "blower": "isolate it electrically and let the pressure off",
}


def before_touching(kind: Kind | None) -> str:
    isolate = _ISOLATE[kind] if kind else "isolate it from every source of energy"
    return f"Before anyone works on it: {isolate}, lock and tag it out, and prove that it is dead."
