"""Bundles of a whole fleet: every machine with models in service; one that cannot be bundled stands apart."""

import time
from collections.abc import Mapping

from machine_profiles.errors import MillwrightError
from machine_profiles.profile import Profile
from models import edge
from models.edge import EdgeBundle
from models.edge_platforms import Precision, Target
from models.jobs import Report
from models.registry import Registry
from models.results import Result
from models.storage import Storage
from models.telemetry import Telemetry


class NotBundled(Result):
    machine_id: str
    reason: str


class FleetBundles(Result):
    target: Target
    precision: Precision
    bundles: tuple[EdgeBundle, ...]
    not_bundled: tuple[NotBundled, ...]
    models: int
    largest_model_bytes: int
    total_bytes: int
    seconds: float


def export_fleet(
    storage: Storage,
    telemetry: Telemetry,
    registry: Registry,
    machines: Mapping[str, Profile],
    target: Target,
    precision: Precision,
    seed: int,
    report: Report,
) -> FleetBundles:
    """Export each machine's models in service; one that cannot be exported does not stop the others."""
    started = time.monotonic()
    bundles: list[EdgeBundle] = []
    apart: list[NotBundled] = []
    for done, (machine, profile) in enumerate(machines.items()):
        report(done / len(machines), f"exporting {machine}")
        try:
            bundles.append(edge.export(storage, telemetry, registry, profile, target, precision, seed))
        except MillwrightError as error:
            apart.append(NotBundled(machine_id=machine, reason=str(error)))
    sizes = [model.size_bytes for bundle in bundles for model in bundle.models]
    return FleetBundles(
        target=target,
        precision=precision,
        bundles=tuple(bundles),
        not_bundled=tuple(apart),
        models=len(sizes),
        largest_model_bytes=max(sizes, default=0),
        total_bytes=sum(bundle.total_bytes for bundle in bundles),
        seconds=round(time.monotonic() - started, 1),
    )
