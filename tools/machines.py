"""Which machines there are, and what each one is."""

from typing import Annotated

from pydantic import BeforeValidator, Field

from machine_profiles.profile import FailureMode, Figure, Kind, Profile, Sensor
from models.results import Result, Task
from tools.plant import Plant
from tools.tool import Arguments, MachineId, tool


class MachineSummary(Result):
    machine_id: str
    number: int
    name: str
    manufacturer: str
    kind: Kind
    sensors: int
    recorded: bool
    in_service: tuple[Task, ...]


class MachineList(Result):
    kind: Kind | None
    machines: tuple[MachineSummary, ...]


class RatedFigure(Result):
    name: str
    value: float
    unit: str
    basis: str
    source: str


class SensorDescription(Result):
    name: str
    description: str
    quantity: str
    unit: str
    primary: bool
    normal_low: float | None
    normal_high: float | None
    warning_low: float | None
    warning_high: float | None
    alarm_low: float | None
    alarm_high: float | None
    limit_source: str | None


class DerivedDescription(Result):
    name: str
    description: str
    quantity: str
    unit: str
    formula: str


class FailureModeDescription(Result):
    name: str
    title: str
    iso14224_mode: str
    mechanism: str
    symptoms: str
    sensors: tuple[str, ...]
    pf_hours: float


class MaintenanceDescription(Result):
    action: str
    interval_hours: float


class MachineDescription(Result):
    machine_id: str
    number: int
    name: str
    manufacturer: str
    model: str
    kind: Kind
    description: str
    rated: tuple[RatedFigure, ...]
    sensors: tuple[SensorDescription, ...]
    derived: tuple[DerivedDescription, ...] = ()
    failure_modes: tuple[FailureModeDescription, ...]
    maintenance: tuple[MaintenanceDescription, ...]
    recorded: bool


def _any_is_none(kind: object) -> object:
    return None if kind == "any" else kind


class ListMachines(Arguments):
    kind: Annotated[Kind | None, BeforeValidator(_any_is_none)] = Field(
        None, description="Only machines of this kind; all where it is left out."
    )


class DescribeMachine(Arguments):
    machine_id: MachineId


@tool("read")
def list_machines(plant: Plant, args: ListMachines) -> MachineList:
    """List the machines of the plant, all of them or those of one kind.

    Use for "what machines do we have?". For which one is worst use rank_fleet.
    """
    profiles = [p for p in plant.machines.values() if args.kind in (None, p.kind)]
    return MachineList(kind=args.kind, machines=tuple(_summarise(plant, profile) for profile in profiles))


@tool("read")
def describe_machine(plant: Plant, args: DescribeMachine) -> MachineDescription:
    """Say what a machine is: identity, rated figures, sensors with limits, failure modes, maintenance tasks.

    Use for "what is the alarm limit of…?" and "how can it fail?". For its condition now use predict_health.
    """
    profile = plant.machines[args.machine_id]
    return MachineDescription(
        machine_id=profile.id,
        number=profile.number,
        name=profile.name,
        manufacturer=profile.manufacturer,
        model=profile.model,
        kind=profile.kind,
        description=profile.description,
        rated=tuple(_rated(name, figure) for name, figure in profile.rated.items()),
        sensors=tuple(_sensor(sensor) for sensor in profile.sensors),
        derived=tuple(
            DerivedDescription(**each.model_dump(include=set(DerivedDescription.model_fields)))
            for each in profile.derived
        ),
        failure_modes=tuple(_failure_mode(mode) for mode in profile.failure_modes),
        maintenance=tuple(
            MaintenanceDescription(action=task.action, interval_hours=task.interval_hours)
            for task in profile.maintenance
        ),
        recorded=plant.telemetry.has(profile.id),
    )


def _summarise(plant: Plant, profile: Profile) -> MachineSummary:
    return MachineSummary(
        machine_id=profile.id,
        number=profile.number,
        name=profile.name,
        manufacturer=profile.manufacturer,
        kind=profile.kind,
        sensors=len(profile.sensors),
        recorded=plant.telemetry.has(profile.id),
        in_service=tuple(plant.registry.in_service(profile.id)),
    )


def _rated(name: str, figure: Figure) -> RatedFigure:
    return RatedFigure(name=name, value=figure.value, unit=figure.unit, basis=figure.basis, source=figure.source)


def _sensor(sensor: Sensor) -> SensorDescription:
    normal, warning, alarm = sensor.normal, sensor.warning, sensor.alarm
    limits = alarm or warning
    return SensorDescription(
        name=sensor.name,
        description=sensor.description,
        quantity=sensor.quantity,
        unit=sensor.unit,
        primary=sensor.primary,
        normal_low=normal.low if normal else None,
        normal_high=normal.high if normal else None,
        warning_low=warning.low if warning else None,
        warning_high=warning.high if warning else None,
        alarm_low=alarm.low if alarm else None,
        alarm_high=alarm.high if alarm else None,
        limit_source=limits.source if limits else None,
    )


def _failure_mode(mode: FailureMode) -> FailureModeDescription:
    return FailureModeDescription(
        name=mode.name,
        title=mode.title,
        iso14224_mode=mode.iso14224.mode,
        mechanism=mode.iso14224.mechanism,
        symptoms=mode.symptoms,
        sensors=tuple(response.sensor for response in mode.responses),
        pf_hours=mode.pf_interval.hours,
    )
