"""The slim server: the models in service of one plant over the Open Inference Protocol, with ONNX Runtime alone."""

import sys

import uvicorn
from starlette.applications import Starlette

from machine_profiles.reading import SHIPPED, load_catalog
from models.open_inference import ServedModels
from models.registry import Registry
from models.storage import Storage
from settings import Settings
from ui import inference_rest

PORT = 7860


def main() -> int:
    """Serve until stopped; 1 where HOME holds no model, so that a container with a wrong volume does not look well."""
    storage = Storage(Settings().home)
    served = ServedModels(Registry(storage), lambda: load_catalog(SHIPPED, storage.profiles))
    if not served.index():
        print(f"No model is in service in {storage.home}. Mount a plant's HOME there.", file=sys.stderr)
        return 1
    uvicorn.run(Starlette(routes=inference_rest.routes(served)), host="0.0.0.0", port=PORT, log_level="warning")
    return 0


if __name__ == "__main__":
    sys.exit(main())
