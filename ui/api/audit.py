"""The record of every change: who proposed it, who decided, what came of it."""

from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import BaseModel

from agent.audit import AuditLine, AuditLog
from ui.api.asking import Asked

router = APIRouter(tags=["audit"])


class AuditRecord(BaseModel):
    """The last lines, oldest first; `first_broken_line` is None where the whole record is as it was written."""

    lines: list[AuditLine]
    first_broken_line: int | None


@router.get("/audit")
def read_audit(asked: Asked, last: Annotated[int, Query(ge=1, le=1000)] = 100) -> AuditRecord:
    """The last lines and whether the chain of seals holds; for engineers."""
    asked.need("engineer")
    log = AuditLog(asked.plant.storage.audit_log)
    return AuditRecord(lines=log.lines()[-last:], first_broken_line=log.first_broken_line())
