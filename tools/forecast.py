"""Where a sensor is going."""

from pydantic import Field

from models import sensor_forecast
from models.sensor_forecast import SensorForecast
from models.telemetry import MAIN
from tools.plant import Plant
from tools.tool import Arguments, MachineId, UnitName, tool


class ForecastSensor(Arguments):
    machine_id: MachineId
    sensor: str = Field(description="A sensor's name from the machine's profile.")
    horizon_hours: float = Field(24, gt=0, le=2160, description="How far ahead to look, in operating hours.")
    unit: UnitName = MAIN


@tool("read")
def forecast_sensor(plant: Plant, args: ForecastSensor) -> SensorForecast:
    """Forecast one sensor's readings, with an interval and when they pass a limit.

    Use for "will the bearing temperature reach its limit by tomorrow?". For whether the machine will fail, and for more
    than a few days ahead, use predict_health; for what was measured so far query_telemetry.
    A limit that only the interval passes may be passed: it is not the expected course.
    """
    profile = plant.machines[args.machine_id]
    return sensor_forecast.forecast(
        plant.telemetry, plant.registry, profile, args.sensor, args.horizon_hours, plant.now, args.unit
    )
