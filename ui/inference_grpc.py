"""The Open Inference Protocol v2 over gRPC (inference.GRPCInferenceService), beside the REST routes."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from typing import Any

import grpc
import numpy as np
from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

from machine_profiles.errors import MillwrightError
from models.inference import Array
from models.open_inference import DATATYPE, EXTENSIONS, NAME, VERSION, BadTensor, ServedModels, UnknownServedModel
from ui.inference_rest import LARGEST_BODY, shaped

SERVICE = "inference.GRPCInferenceService"
WORKERS = 4
# the protocol's messages, as in KServe's grpc_predict_v2.proto: field, number, type; * is repeated. Parameters, which
# nothing here heeds, are left out.
MESSAGES: dict[str, tuple[tuple[str, int, str], ...]] = {
    "ServerLiveRequest": (),
    "ServerLiveResponse": (("live", 1, "bool"),),
    "ServerReadyRequest": (),
    "ServerReadyResponse": (("ready", 1, "bool"),),
    "ModelReadyRequest": (("name", 1, "string"), ("version", 2, "string")),
    "ModelReadyResponse": (("ready", 1, "bool"),),
    "ServerMetadataRequest": (),
    "ServerMetadataResponse": (("name", 1, "string"), ("version", 2, "string"), ("extensions", 3, "string*")),
    "ModelMetadataRequest": (("name", 1, "string"), ("version", 2, "string")),
    "ModelMetadataResponse.TensorMetadata": (("name", 1, "string"), ("datatype", 2, "string"), ("shape", 3, "int64*")),
    "ModelMetadataResponse": (
        ("name", 1, "string"), ("versions", 2, "string*"), ("platform", 3, "string"),
        ("inputs", 4, "ModelMetadataResponse.TensorMetadata*"), ("outputs", 5, "ModelMetadataResponse.TensorMetadata*"),
    ),
    "InferTensorContents": (("fp32_contents", 6, "float*"),),
    "ModelInferRequest.InferInputTensor": (
        ("name", 1, "string"), ("datatype", 2, "string"), ("shape", 3, "int64*"),
        ("contents", 5, "InferTensorContents"),
    ),
    "ModelInferRequest.InferRequestedOutputTensor": (("name", 1, "string"),),
    "ModelInferRequest": (
        ("model_name", 1, "string"), ("model_version", 2, "string"), ("id", 3, "string"),
        ("inputs", 5, "ModelInferRequest.InferInputTensor*"),
        ("outputs", 6, "ModelInferRequest.InferRequestedOutputTensor*"), ("raw_input_contents", 7, "bytes*"),
    ),
    "ModelInferResponse.InferOutputTensor": (("name", 1, "string"), ("datatype", 2, "string"), ("shape", 3, "int64*")),
    "ModelInferResponse": (
        ("model_name", 1, "string"), ("model_version", 2, "string"), ("id", 3, "string"),
        ("outputs", 5, "ModelInferResponse.InferOutputTensor*"), ("raw_output_contents", 6, "bytes*"),
    ),
    "RepositoryIndexRequest": (("repository_name", 1, "string"), ("ready", 2, "bool")),
    "RepositoryIndexResponse.ModelIndex": (("name", 1, "string"), ("version", 2, "string"), ("state", 3, "string")),
    "RepositoryIndexResponse": (("models", 1, "RepositoryIndexResponse.ModelIndex*"),),
}  # fmt: skip


class PortTaken(MillwrightError):
    def __init__(self, host: str, port: int) -> None:
        super().__init__(f"gRPC cannot listen on {host}:{port}; it is taken. Choose another by --grpc-port.")


def start(served: ServedModels, host: str, port: int) -> tuple[grpc.Server, int]:
    """Serve in threads of its own until stopped; gives the port, which the system chooses for 0. Raises PortTaken."""
    server = grpc.server(
        ThreadPoolExecutor(WORKERS, thread_name_prefix="grpc"),
        options=[("grpc.max_receive_message_length", LARGEST_BODY), ("grpc.so_reuseport", 0)],
    )
    answers: dict[str, Callable[[Any], Any]] = {
        "ServerLive": lambda asked: message("ServerLiveResponse")(live=True),
        "ServerReady": lambda asked: message("ServerReadyResponse")(ready=bool(served.index())),
        "ServerMetadata": lambda asked: message("ServerMetadataResponse")(
            name=NAME, version=VERSION, extensions=EXTENSIONS
        ),
        "ModelReady": lambda asked: message("ModelReadyResponse")(ready=_is_ready(served, asked)),
        "ModelMetadata": lambda asked: _metadata(served, asked),
        "ModelInfer": lambda asked: _infer(served, asked),
        "RepositoryIndex": lambda asked: message("RepositoryIndexResponse")(
            models=[{"name": name, "version": version, "state": "READY"} for name, version in served.index()]
        ),
    }
    handlers = {name: _handler(name, answer) for name, answer in answers.items()}
    server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler(SERVICE, handlers),))
    address = f"[{host}]" if ":" in host else host
    try:
        bound = server.add_insecure_port(f"{address}:{port}")
    except RuntimeError as error:
        raise PortTaken(host, port) from error
    if bound == 0:
        raise PortTaken(host, port)
    server.start()
    return server, bound


def message(name: str) -> Any:
    """The class of one of the protocol's messages."""
    return _classes()[f"inference.{name}"]


@cache
def _classes() -> dict[str, Any]:
    """Built in a pool of their own, so that a client library in the same process may define the same names."""
    file = descriptor_pb2.FileDescriptorProto(name="open_inference.proto", package="inference", syntax="proto3")
    made: dict[str, descriptor_pb2.DescriptorProto] = {}
    for name in sorted(MESSAGES, key=lambda name: name.count(".")):  # a message before those nested in it
        outer, _, inner = name.rpartition(".")
        made[name] = made[outer].nested_type.add(name=inner) if outer else file.message_type.add(name=inner)
    kinds = descriptor_pb2.FieldDescriptorProto
    for name, fields in MESSAGES.items():
        for field, number, kind in fields:
            added = made[name].field.add(name=field, number=number)
            added.label = kinds.LABEL_REPEATED if kind.endswith("*") else kinds.LABEL_OPTIONAL
            plain = kind.rstrip("*")
            if plain in MESSAGES:
                added.type, added.type_name = kinds.TYPE_MESSAGE, f".inference.{plain}"
            else:
                added.type = kinds.Type.Value(f"TYPE_{plain.upper()}")
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    return message_factory.GetMessageClassesForFiles(["open_inference.proto"], pool)


def _handler(name: str, answer: Callable[[Any], Any]) -> grpc.RpcMethodHandler:
    def handle(asked: Any, context: grpc.ServicerContext) -> Any:
        try:
            return answer(asked)
        except UnknownServedModel as error:
            context.abort(grpc.StatusCode.NOT_FOUND, str(error))
        except MillwrightError as error:
            context.abort(grpc.StatusCode.INVALID_ARGUMENT, str(error))

    return grpc.unary_unary_rpc_method_handler(
        handle,
        request_deserializer=message(f"{name}Request").FromString,
        response_serializer=message(f"{name}Response").SerializeToString,
    )


def _is_ready(served: ServedModels, asked: Any) -> bool:
    try:
        served.metadata(asked.name, asked.version)
    except UnknownServedModel:
        return False
    return True


def _metadata(served: ServedModels, asked: Any) -> Any:
    return message("ModelMetadataResponse")(**served.metadata(asked.name, asked.version).model_dump(mode="json"))


def _infer(served: ServedModels, asked: Any) -> Any:
    tensors = _tensors(asked)
    found = served.answer(asked.model_name, asked.model_version, tensors, tuple(each.name for each in asked.outputs))
    return message("ModelInferResponse")(
        model_name=found.model_name,
        model_version=found.model_version,
        id=asked.id,
        outputs=[
            {"name": name, "datatype": DATATYPE, "shape": list(value.shape)} for name, value in found.outputs.items()
        ],
        raw_output_contents=[value.astype("<f4").tobytes() for value in found.outputs.values()],
    )


def _tensors(asked: Any) -> dict[str, Array]:
    raw = list(asked.raw_input_contents)
    if raw and len(raw) != len(asked.inputs):
        raise BadTensor(f"{len(asked.inputs)} inputs came with {len(raw)} raw contents; each input needs one.")
    found = {}
    for place, each in enumerate(asked.inputs):
        if each.datatype != DATATYPE:
            raise BadTensor(f"Input {each.name} has the datatype {each.datatype}; models here take {DATATYPE}.")
        if any(size < 0 for size in each.shape):
            raise BadTensor(f"Input {each.name} has the shape {list(each.shape)}; sizes are not below zero.")
        if raw and len(raw[place]) % 4:
            raise BadTensor(f"Input {each.name} has {len(raw[place])} bytes, which are no whole float32 values.")
        values = np.frombuffer(raw[place], "<f4") if raw else np.array(each.contents.fp32_contents, np.float32)
        found[each.name] = shaped(each.name, values, list(each.shape))
    return found
