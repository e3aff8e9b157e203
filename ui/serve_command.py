"""`millwright serve`: the page and the models over the network, beyond this computer only with accounts."""

import ipaddress
import sys

from machine_profiles.errors import MillwrightError
from models.storage import Storage
from models.upkeep import look_over, only_server
from settings import Settings
from ui.signing_in.door import Door


class NotLocal(MillwrightError):
    def __init__(self, host: str) -> None:
        super().__init__(
            f"{host} is reachable from other computers, and there are no accounts to tell people apart. Add one with "
            f"`millwright users add NAME --role engineer`, or state MILLWRIGHT_AUTH_HEADER and "
            f"MILLWRIGHT_TRUSTED_PROXIES where a reverse proxy signs people in; else use 127.0.0.1 (or ::1)."
        )


GRPC_PORT = 8001  # where Triton's clients look


def serve_command(host: str, port: int, grpc_port: int | None = None) -> int:
    """Serve until interrupted: the page, REST below /v2 and gRPC, after a look over the plant's files.

    Raises NotLocal for any address but a loopback one without accounts or a trusted proxy,
    AlreadyServed where another server has the plant.
    Where GRPC_PORT is taken and no port was asked for, gRPC is left out with a word on standard error.
    """
    settings = Settings()
    if not _is_local(host) and not Door(Storage(settings.home), settings).is_guarded:
        raise NotLocal(host)
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
    near = host if _is_local(host) else "127.0.0.1"  # gRPC asks nobody who they are
    try:
        remote, bound = inference_grpc.start(served, near, GRPC_PORT if grpc_port is None else grpc_port)
        print(
            f"Models are served below http://{host}:{port}/v2 and by gRPC on {near}:{bound}.",
            file=sys.stderr,
        )
    except inference_grpc.PortTaken as error:
        if grpc_port is not None:
            raise
        print(f"Models are served below http://{host}:{port}/v2. {error}", file=sys.stderr)
    copilot = Copilot(plant, settings)
    door = Door(plant.storage, settings)
    reach = "this machine only" if _is_local(host) else "behind TLS, please: passwords go over it"
    print(f"Millwright listens on http://{host}:{port} ({reach}). Stop it with Ctrl-C.", file=sys.stderr)
    if not door.is_guarded:
        print("There are no accounts: whoever uses this machine is you. `millwright users add` tells people apart.",
              file=sys.stderr)  # fmt: skip
    try:
        app = web_app(copilot, plant, inference_rest.routes(served), door)
        uvicorn.run(app, host=host, port=port, log_level="warning", proxy_headers=False)
    finally:
        copilot.close()
        if remote is not None:
            remote.stop(grace=None)
    return 0


def _is_local(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
