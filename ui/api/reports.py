"""Reports: write one, list them, download one."""

import mimetypes
from typing import Annotated

from fastapi import APIRouter, Path
from pydantic import BaseModel
from starlette.responses import FileResponse

from tools.report import WrittenReport
from ui.api.asking import Asked, Gone, MachineName

router = APIRouter(tags=["reports"])
FileName = Annotated[str, Path(min_length=1, max_length=120, pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$")]


class ReportFile(BaseModel):
    name: str
    bytes: int


@router.post("/machines/{machine_id}/reports", status_code=201)
def write_report(asked: Asked, machine_id: MachineName) -> WrittenReport:
    """Write a report on the machine as it stands."""
    return asked.call("write_report", WrittenReport, machine_id=machine_id)


@router.get("/machines/{machine_id}/reports")
def list_reports(asked: Asked, machine_id: MachineName) -> list[ReportFile]:
    """The files that were written of it."""
    folder = asked.plant.storage.reports(asked.machine(machine_id).id)
    return [
        ReportFile(name=path.name, bytes=path.stat().st_size) for path in sorted(folder.iterdir()) if path.is_file()
    ]


@router.get(
    "/machines/{machine_id}/reports/{name}",
    response_class=FileResponse,
    responses={200: {"content": {"application/octet-stream": {}}, "description": "The file."}},
)
def download(asked: Asked, machine_id: MachineName, name: FileName) -> FileResponse:
    """One of them, as a download."""
    folder = asked.plant.storage.reports(asked.machine(machine_id).id)
    found = next((path for path in folder.iterdir() if path.name == name and path.is_file()), None)
    if found is None:
        raise Gone(f"There is no report {name!r} of {machine_id}.")
    kind = mimetypes.guess_type(name)[0] or "application/octet-stream"
    return FileResponse(found, media_type=kind, filename=name, headers={"Content-Security-Policy": "sandbox"})
