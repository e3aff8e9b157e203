"""The Open Inference Protocol v2 over REST, binary tensors included, as routes for the server of `millwright serve`."""

import json
from typing import Any

import numpy as np
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from machine_profiles.errors import MillwrightError
from models.inference import Array
from models.open_inference import DATATYPE, EXTENSIONS, NAME, VERSION, BadTensor, ServedModels, UnknownServedModel

HEADER_LENGTH = "Inference-Header-Content-Length"
LARGEST_BODY = 64_000_000


class TooMuch(MillwrightError):
    def __init__(self) -> None:
        super().__init__(f"The body is larger than {LARGEST_BODY / 1e6:.0f} MB; send fewer rows at once.")


def routes(served: ServedModels) -> list[Route]:
    """GET /v2 and what lies below it; errors are `{"error": text}` with 400, 404 or 413."""

    async def server(request: Request) -> Response:
        return JSONResponse({"name": NAME, "version": VERSION, "extensions": list(EXTENSIONS)})

    async def live(request: Request) -> Response:
        return JSONResponse({"live": True})

    async def ready(request: Request) -> Response:
        is_ready = bool(await run_in_threadpool(served.index))
        return JSONResponse({"ready": is_ready}, status_code=200 if is_ready else 400)

    async def index(request: Request) -> Response:
        found = await run_in_threadpool(served.index)
        return JSONResponse([{"name": name, "version": version, "state": "READY"} for name, version in found])

    async def metadata(request: Request) -> Response:
        try:
            found = await run_in_threadpool(served.metadata, *_named(request))
        except MillwrightError as error:
            return _refused(error)
        return JSONResponse(found.model_dump(mode="json"))

    async def model_ready(request: Request) -> Response:
        try:
            found = await run_in_threadpool(served.metadata, *_named(request))
        except MillwrightError as error:
            return _refused(error)
        return JSONResponse({"name": found.name, "ready": True})

    async def infer(request: Request) -> Response:
        try:
            body = await _body(request)
            return await run_in_threadpool(_infer, served, *_named(request), body, request.headers.get(HEADER_LENGTH))
        except MillwrightError as error:
            return _refused(error)

    both = ("/v2/models/{name}", "/v2/models/{name}/versions/{version}")
    return [
        Route("/v2", server),
        Route("/v2/health/live", live),
        Route("/v2/health/ready", ready),
        Route("/v2/repository/index", index, methods=["POST"]),
        *(Route(f"{path}/infer", infer, methods=["POST"]) for path in both),
        *(Route(f"{path}/ready", model_ready) for path in both),
        *(Route(path, metadata) for path in both),
    ]


def _named(request: Request) -> tuple[str, str]:
    return request.path_params["name"], request.path_params.get("version", "")


async def _body(request: Request) -> bytes:
    parts, size = [], 0
    async for part in request.stream():
        size += len(part)
        if size > LARGEST_BODY:
            raise TooMuch()
        parts.append(part)
    return b"".join(parts)


def _infer(served: ServedModels, name: str, version: str, body: bytes, header_length: str | None) -> Response:
    if header_length is not None and not header_length.isdigit():
        raise BadTensor(f"{HEADER_LENGTH} is {header_length!r}, not a number of bytes.")
    split = len(body) if header_length is None else int(header_length)
    asked = _json(body[:split])
    tensors = _tensors(asked.get("inputs"), body[split:])
    wanted = asked.get("outputs") or []
    if not isinstance(wanted, list) or not all(isinstance(each, dict) and "name" in each for each in wanted):
        raise BadTensor("outputs is a list of objects, each with the name of an output.")
    found = served.answer(name, version, tensors, tuple(str(each["name"]) for each in wanted))
    binary_all = bool((asked.get("parameters") or {}).get("binary_data_output", False))
    binary = {str(each["name"]): bool((each.get("parameters") or {}).get("binary_data", binary_all)) for each in wanted}
    raw, outputs = b"", []
    for output, value in found.outputs.items():
        said: dict[str, Any] = {"name": output, "datatype": DATATYPE, "shape": list(value.shape)}
        if binary.get(output, binary_all):
            said["parameters"] = {"binary_data_size": value.nbytes}
            raw += value.astype("<f4").tobytes()
        else:
            said["data"] = [None if np.isnan(each) else each for each in value.reshape(-1).tolist()]
        outputs.append(said)
    answer: dict[str, Any] = {"model_name": found.model_name, "model_version": found.model_version, "outputs": outputs}
    if isinstance(asked.get("id"), str):
        answer["id"] = asked["id"]
    if not raw:
        return JSONResponse(answer)
    head = json.dumps(answer).encode()
    return Response(head + raw, media_type="application/octet-stream", headers={HEADER_LENGTH: str(len(head))})


def _json(text: bytes) -> dict[str, Any]:
    try:
        asked = json.loads(text)
    except ValueError as error:
        raise BadTensor(f"The request is not JSON: {error}.") from error
    if not isinstance(asked, dict):
        raise BadTensor("The request is a JSON object with inputs.")
    return asked


def _tensors(inputs: Any, raw: bytes) -> dict[str, Array]:
    """JSON data (null is a missing reading), or binary data in the order of the inputs."""
    if not isinstance(inputs, list) or not inputs:
        raise BadTensor("The request needs inputs: a list of tensors with name, shape, datatype and data.")
    found, at = {}, 0
    for each in inputs:
        if not isinstance(each, dict) or not isinstance(each.get("name"), str):
            raise BadTensor("Each input is an object with a name.")
        name, shape, size = each["name"], each.get("shape"), (each.get("parameters") or {}).get("binary_data_size")
        if each.get("datatype") != DATATYPE:
            raise BadTensor(f"Input {name} has the datatype {each.get('datatype')}; models here take {DATATYPE}.")
        if not isinstance(shape, list) or not all(isinstance(n, int) and n >= 0 for n in shape):
            raise BadTensor(f"Input {name} needs a shape: a list of whole numbers.")
        if size is None:
            found[name] = shaped(name, _numbers(name, each.get("data")), shape)
            continue
        if not isinstance(size, int) or size < 0 or size % 4 or at + size > len(raw):
            raise BadTensor(f"Input {name} announces {size} bytes of binary data; {len(raw) - at} are left.")
        found[name] = shaped(name, np.frombuffer(raw[at : at + size], "<f4"), shape)
        at += size
    return found


def _numbers(name: str, data: Any) -> Array:
    try:
        return np.array(data, np.float32).reshape(-1)
    except (TypeError, ValueError) as error:
        raise BadTensor(f"The data of input {name} are not numbers in the stated shape: {error}.") from error


def shaped(name: str, values: Array, shape: list[int]) -> Array:
    """Raises BadTensor where the shape has another number of values."""
    if values.size != int(np.prod(shape)):
        raise BadTensor(f"Input {name} has {values.size} values; its shape {shape} has {int(np.prod(shape))}.")
    return values.reshape(shape).astype(np.float32)


def _refused(error: MillwrightError) -> Response:
    status = 404 if isinstance(error, UnknownServedModel) else 413 if isinstance(error, TooMuch) else 400
    return JSONResponse({"error": str(error)}, status_code=status)
