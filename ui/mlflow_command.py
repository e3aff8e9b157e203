"""`millwright mlflow`: MLflow's own pages on this plant's record."""

import subprocess
import sys

from models.storage import Storage
from settings import Settings


def mlflow_command(port: int) -> int:
    """Serve them on this machine until interrupted; where the record lies on a server, say where."""
    settings = Settings()
    if settings.mlflow_tracking_uri is not None:
        print(f"The record lies on {settings.mlflow_tracking_uri}; open that address in a browser.")
        return 0
    storage = Storage(settings.home)
    if not storage.mlflow_database.exists():
        print(f"Nothing is recorded in {storage.home} yet; train a model, or run `millwright demo`.", file=sys.stderr)
        return 1
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
