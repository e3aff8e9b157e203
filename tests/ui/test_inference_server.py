"""Models over the network, asked by NVIDIA's tritonclient, which nobody here wrote, and by plain requests."""

import json
import threading
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import grpc
import numpy as np
import pytest
import uvicorn
from starlette.applications import Starlette

from models.inference import answer
from models.open_inference import ServedModels
from models.registry import Registry
from models.storage import Storage
from models.windows import ModelInput
from tests.models.test_health import PUMP, serve
from ui import inference_grpc, inference_rest

RUL, FAILURE = f"{PUMP.id}.rul", f"{PUMP.id}.failure"
ROWS, SENSORS = max(PUMP.modelling.windows), len(PUMP.sensor_names)


class Server(NamedTuple):
    rest: str
    grpc: str
    registry: Registry


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    registry = serve(tmp_path_factory.mktemp("home"))
    served = ServedModels(registry, lambda: {PUMP.id: PUMP})
    remote, port = inference_grpc.start(served, "127.0.0.1", 0)
    rest = uvicorn.Server(
        uvicorn.Config(Starlette(routes=inference_rest.routes(served)), port=0, log_level="warning", lifespan="off")
    )
    thread = threading.Thread(target=rest.run)
    thread.start()
    while not rest.started:
        pass
    yield Server(f"127.0.0.1:{rest.servers[0].sockets[0].getsockname()[1]}", f"127.0.0.1:{port}", registry)
    rest.should_exit = True
    thread.join()
    remote.stop(grace=None)


def windows(count: int, seed: int = 0) -> ModelInput:
    random = np.random.default_rng(seed)
    window = random.normal(3, 1, (count, ROWS, SENSORS)).astype(np.float32)
    window[:, :5, 1] = np.nan
    return ModelInput(window, np.ones((count, SENSORS), np.float32), np.full((count, 1), 90, np.float32))


@pytest.fixture(params=["http", "grpc"])
def client(request, server: Server):
    """tritonclient of one kind, as (module, client)."""
    module = pytest.importorskip(f"tritonclient.{request.param}")
    return module, module.InferenceServerClient(server.rest if request.param == "http" else server.grpc)


def inputs(module, model_input: ModelInput, names=("window", "baseline", "age_hours"), **changed: np.ndarray) -> list:
    feeds = {**model_input.feeds(), **changed}
    made = []
    for name in (*names, *(name for name in changed if name not in names)):
        kind = "FP32" if feeds[name].dtype == np.float32 else "FP64"
        made.append(module.InferInput(name, feeds[name].shape, kind))
        made[-1].set_data_from_numpy(feeds[name])
    return made


def test_the_server_and_each_model_is_live_and_ready(client):
    _, remote = client
    assert remote.is_server_live()
    assert remote.is_server_ready()
    assert remote.is_model_ready(RUL)
    assert remote.is_model_ready(RUL, "1")
    assert not remote.is_model_ready(RUL, "9")
    assert not remote.is_model_ready("PUMP_UNKNOWN.rul")


def test_metadata_is_the_graphs(client):
    module, remote = client
    found = remote.get_model_metadata(FAILURE, **({"as_json": True} if module.__name__.endswith("grpc") else {}))
    assert (found["name"], found["versions"], found["platform"]) == (FAILURE, ["1"], "onnxruntime_onnx")
    shapes = {each["name"]: [int(size) for size in each["shape"]] for each in found["inputs"]}
    assert shapes == {
        "window": [-1, ROWS, SENSORS], "baseline": [-1, SENSORS], "age_hours": [-1, 1], "horizon_hours": [-1, 1],
    }  # fmt: skip
    assert [each["name"] for each in found["outputs"]] == ["probability"]
    assert {each["datatype"] for each in found["inputs"]} == {"FP32"}


@pytest.mark.parametrize("count", [1, 64], ids=["one row", "a batch"])
def test_answers_are_those_of_the_graph_in_the_registry(client, server: Server, count: int):
    module, remote = client
    model_input = windows(count)
    found = remote.infer(RUL, inputs(module, model_input), request_id="7")
    expected = answer(server.registry.folder(PUMP.id, "rul", 1), model_input)
    assert len(expected["rul_hours"]) == count
    for name, value in expected.items():
        np.testing.assert_array_equal(found.as_numpy(name), value)


def test_one_output_of_one_version_as_json_or_raw(client, server: Server):
    module, remote = client
    model_input, horizon = windows(3), np.full((3, 1), 48, np.float32)
    plain = {"binary_data": False} if module.__name__.endswith("http") else {}
    found = remote.infer(
        FAILURE, inputs(module, model_input, horizon_hours=horizon), "1",
        outputs=[module.InferRequestedOutput("probability", **plain)],
    )  # fmt: skip
    expected = answer(server.registry.folder(PUMP.id, "failure", 1), model_input, 48.0)
    np.testing.assert_allclose(found.as_numpy("probability"), expected["probability"], rtol=1e-6)


@pytest.mark.parametrize(
    ("model", "version", "changed", "said"),
    [
        (RUL, "", {"window": np.zeros((2, ROWS, SENSORS + 1), np.float32)}, "has the shape"),
        (RUL, "", {"window": np.zeros((2, ROWS - 1, SENSORS), np.float32)}, "has the shape"),
        (RUL, "", {"window": np.zeros((2, ROWS, SENSORS), np.float64)}, "FP64; models here take FP32"),
        (RUL, "", {"age_hours": np.zeros((3, 1), np.float32)}, "2 and 3 rows"),
        (RUL, "", {"humidity": np.zeros((2, 1), np.float32)}, "unknown: humidity"),
        (FAILURE, "", {}, "missing: horizon_hours"),
        (RUL, "", {"window": np.full((2, ROWS, SENSORS), np.nan, np.float32)}, "silent machine is not a healthy one"),
        ("PUMP_UNKNOWN.rul", "", {}, "No model 'PUMP_UNKNOWN.rul' is in service"),
        (RUL, "9", {}, "has no version 9; it has 1"),
    ],
    ids=["sensors", "rows", "type", "batches", "unknown input", "missing input", "silent", "model", "version"],
)
def test_what_is_not_as_agreed_is_refused_in_the_protocols_form(client, model, version, changed, said):
    module, remote = client
    with pytest.raises(module.InferenceServerException, match=said) as refused:
        remote.infer(model, inputs(module, windows(2), **changed), version)
    unknown = "No model" in said or "no version" in said
    expected = {"http": ("404", "400"), "grpc": ("StatusCode.NOT_FOUND", "StatusCode.INVALID_ARGUMENT")}
    assert refused.value.status() == expected[module.__name__.rpartition(".")[2]][0 if unknown else 1]


def rest(server: Server, path: str, body: object | None = None) -> tuple[int, dict]:
    data = body if body is None or isinstance(body, bytes) else json.dumps(body).encode()
    try:
        with urllib.request.urlopen(urllib.request.Request(f"http://{server.rest}{path}", data=data)) as found:
            return found.status, json.loads(found.read())
    except urllib.error.HTTPError as error:
        return error.code, json.loads(error.read())


def as_json(model_input: ModelInput) -> list[dict]:
    return [
        {"name": name, "shape": list(value.shape), "datatype": "FP32",
         "data": [None if np.isnan(each) else each for each in value.reshape(-1).tolist()]}
        for name, value in model_input.feeds().items()
    ]  # fmt: skip


def test_plain_json_is_enough(server: Server):
    assert rest(server, "/v2")[1]["name"] == "millwright"
    assert rest(server, "/v2/health/live") == (200, {"live": True})
    status, found = rest(server, f"/v2/models/{RUL}/infer", {"id": "a", "inputs": as_json(windows(2))})
    expected = answer(server.registry.folder(PUMP.id, "rul", 1), windows(2))
    assert (status, found["id"], found["model_version"]) == (200, "a", "1")
    assert found["outputs"][0]["data"] == pytest.approx(expected["rul_hours"][:, 0].tolist())


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b"{", "not JSON"),
        ({}, "needs inputs"),
        ({"inputs": [{"name": "window", "shape": [1, 2], "datatype": "FP32", "data": ["high"]}]}, "are not numbers"),
        ({"inputs": [{"name": "window", "shape": [1, 2], "datatype": "FP32", "data": [1]}]}, "has 1 values"),
        ({"inputs": [{"name": "window", "shape": "all", "datatype": "FP32", "data": [1]}]}, "needs a shape"),
        ({"inputs": [{"name": "window", "shape": [1], "datatype": "FP32", "parameters": {"binary_data_size": 4}}]},
         "announces 4 bytes"),
    ],
    ids=["no JSON", "no inputs", "text", "too few values", "no shape", "no bytes"],
)  # fmt: skip
def test_malformed_requests_get_a_sentence(server: Server, body, said: str):
    status, found = rest(server, f"/v2/models/{RUL}/infer", body)
    assert (status, said in found["error"]) == (400, True), found


def test_a_taken_port_names_the_option(server: Server):
    with pytest.raises(inference_grpc.PortTaken, match="--grpc-port"):
        inference_grpc.start(ServedModels(server.registry, dict), "127.0.0.1", int(server.grpc.rsplit(":", 1)[1]))


def test_a_plant_without_models_is_not_ready(tmp_path: Path):
    remote, port = inference_grpc.start(ServedModels(Registry(Storage(tmp_path)), lambda: {PUMP.id: PUMP}),
                                        "127.0.0.1", 0)  # fmt: skip
    channel = grpc.insecure_channel(f"127.0.0.1:{port}")
    ask = channel.unary_unary(
        f"/{inference_grpc.SERVICE}/ServerReady",
        request_serializer=inference_grpc.message("ServerReadyRequest").SerializeToString,
        response_deserializer=inference_grpc.message("ServerReadyResponse").FromString,
    )
    assert not ask(inference_grpc.message("ServerReadyRequest")()).ready
    channel.close()
    remote.stop(grace=None)
