"""`millwright serve`: the chat in the browser and the models over the network, on this machine's own address only."""

import ipaddress
import sys

from machine_profiles.errors import MillwrightError
from models.storage import Storage
from models.upkeep import look_over, only_server
from settings import Settings


class NotLocal(MillwrightError):
    def __init__(self, host: str) -> None:
        super().__init__(
            f"{host} is reachable from other computers, and this version has no users to tell apart. "
            f"Use 127.0.0.1 (or ::1), and a tunnel where someone else must reach it."
        )


GRPC_PORT = 8001  # where Triton's clients look


def serve_command(host: str, port: int, grpc_port: int | None = None) -> int:
    """Serve until interrupted: the page, REST below /v2 and gRPC, after a look over the plant's files.

    Raises NotLocal for any address but a loopback one, AlreadyServed where another server has the plant.
    Where GRPC_PORT is taken and no port was asked for, gRPC is left out with a word on standard error.
    """
    if host != "localhost" and not _is_loopback(host):
        raise NotLocal(host)
    settings = Settings()
    with only_server(Storage(settings.home)):
        return _serve(settings, host, port, grpc_port)


def _serve(settings: Settings, host: str, port: int, grpc_port: int | None) -> int:
    import uvicorn

    from agent.service import Copilot
    from models.open_inference import ServedModels
    from tools.plant import open_plant
    from ui import inference_grpc, inference_rest
    from ui._web import web_app

    plant = open_plant(settings)
    found = look_over(plant.storage)
    for said in (*found.repaired, *found.damaged):
        print(said, file=sys.stderr)
    served = ServedModels(plant.registry, lambda: plant.machines)
    remote = None
    try:
        remote, bound = inference_grpc.start(served, host, GRPC_PORT if grpc_port is None else grpc_port)
        print(f"Models are served below http://{host}:{port}/v2 and by gRPC on {host}:{bound}.", file=sys.stderr)
    except inference_grpc.PortTaken as error:
        if grpc_port is not None:
            raise
        print(f"Models are served below http://{host}:{port}/v2. {error}", file=sys.stderr)
    copilot = Copilot(plant, settings)
    print(f"Millwright listens on http://{host}:{port} (this machine only). Stop it with Ctrl-C.", file=sys.stderr)
    try:
        uvicorn.run(web_app(copilot, plant, inference_rest.routes(served)), host=host, port=port, log_level="warning")
    finally:
        copilot.close()
        if remote is not None:
            remote.stop(grace=None)
    return 0


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
