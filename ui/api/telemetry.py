"""Readings sent in: JSON or CSV batches, by the same rules as an import; sent twice, they are stored once."""

import tempfile
from datetime import datetime
from pathlib import Path

import pandas as pd
from fastapi import APIRouter, Request
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationError
from starlette.concurrency import run_in_threadpool

from machine_profiles.errors import MillwrightError
from models import importing
from models.telemetry import MAIN
from ui.api.asking import Asked, Asking, MachineName

router = APIRouter(tags=["telemetry"])


class Reading(BaseModel):
    model_config = ConfigDict(extra="forbid")
    at: AwareDatetime
    unit: str = Field(MAIN, min_length=1, max_length=64)
    sensors: dict[str, float | None] = Field(min_length=1)


class Batch(BaseModel):
    model_config = ConfigDict(extra="forbid")
    readings: list[Reading] = Field(min_length=1, max_length=20_000)


class Ingested(BaseModel):
    """received = stored + known + duplicates + rejected."""

    machine_id: str
    received: int
    stored: int
    known: int
    duplicates: int
    rejected: int
    reasons: dict[str, int]
    start: datetime | None
    end: datetime | None


@router.post(
    "/machines/{machine_id}/telemetry",
    openapi_extra={
        "requestBody": {
            "required": True,
            "content": {
                "application/json": {"schema": {"type": "object"}},
                "text/csv": {"schema": {"type": "string"}},
            },
        }
    },
)
async def ingest(asked: Asked, machine_id: MachineName, request: Request) -> Ingested:
    """Store a batch: `{"readings": [{"at", "unit", "sensors"}]}`, or CSV with one column a sensor and `at`.

    A row is known by unit and time, so that a batch may be sent again. Impossible rows are set aside with the reason.
    """
    asked.need("technician")
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    body = await request.body()
    if kind not in ("application/json", "text/csv"):
        raise MillwrightError("Send application/json or text/csv.")
    return await run_in_threadpool(_ingest, asked, machine_id, body, kind == "text/csv")


def _ingest(asked: Asking, machine_id: str, body: bytes, is_csv: bool) -> Ingested:
    profile, plant = asked.machine(machine_id), asked.plant
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "batch.csv"
        path.write_bytes(body if is_csv else _as_csv(body))
        found = importing.import_file(plant.storage, plant.telemetry, plant.datasets, profile, path, None, plant.now)
    return Ingested(
        machine_id=profile.id, received=found.rows_read, stored=found.rows_stored, known=found.rows_already_known,
        duplicates=found.duplicates, rejected=found.rows_rejected, reasons=found.rejected_reasons, start=found.start,
        end=found.end,
    )  # fmt: skip


def _as_csv(body: bytes) -> bytes:
    try:
        batch = Batch.model_validate_json(body)
    except ValidationError as error:
        first = error.errors()[0]
        raise MillwrightError(
            f"The batch is not as stated: {'.'.join(map(str, first['loc']))}: {first['msg']}."
        ) from error
    rows = [{"at": each.at.isoformat(), "unit": each.unit, **each.sensors} for each in batch.readings]
    return pd.DataFrame(rows).to_csv(index=False).encode()
