"""`millwright mlflow`: MLflow's own pages on this plant's record."""

import subprocess
import sys

from settings import Settings
from tools.plant import open_plant


def mlflow_command(port: int) -> int:
    """Bring the record up to date and serve it on this machine until interrupted; on a server, say where that is."""
    settings = Settings()
    plant = open_plant(settings)
    plant.registry.record_everything(plant.machines)
    if settings.mlflow_tracking_uri is not None:
        print(f"The record lies on {settings.mlflow_tracking_uri}; open that address in a browser.")
        return 0
    storage = plant.storage
    print(f"MLflow shows {storage.home} on http://127.0.0.1:{port}. Stop it with Ctrl-C.", file=sys.stderr)
    server = subprocess.Popen(
        [sys.executable, "-m", "mlflow", "server", "--host", "127.0.0.1", "--port", str(port), "--workers", "1",
         "--backend-store-uri", f"sqlite:///{storage.mlflow_database}",
         "--default-artifact-root", storage.mlflow_artifacts.as_uri()],
        env=settings.environment(),
    )  # fmt: skip
    try:
        return server.wait()
    except KeyboardInterrupt:
        server.terminate()
        server.wait()
        return 0
