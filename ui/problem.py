"""Problem details (RFC 9457): how every refusal over HTTP reads."""

from http import HTTPStatus
from typing import Any

from fastapi import HTTPException
from pydantic import BaseModel
from starlette.responses import JSONResponse

MEDIA_TYPE = "application/problem+json"


class Problem(BaseModel):
    """What is wrong, and in `detail` what would be right."""

    type: str = "about:blank"
    title: str
    status: int
    detail: str
    errors: list[dict[str, Any]] | None = None


def problem(
    status: int, detail: str, headers: dict[str, str] | None = None, errors: list[dict[str, Any]] | None = None
) -> JSONResponse:
    said = Problem(title=HTTPStatus(status).phrase, status=status, detail=detail, errors=errors)
    return JSONResponse(said.model_dump(exclude_none=True), status, headers, MEDIA_TYPE)


def refused(status: int, detail: str) -> HTTPException:
    return HTTPException(status, detail)
