"""What lies in a bundle beside its models: how a Jetson starts it, builds engines of it, or serves it by Triton."""

from pathlib import Path
from typing import NamedTuple

from machine_profiles.profile import Profile
from models.edge_platforms import PLATFORMS, Platform, Target
from models.model_card import ModelCard

RUNTIME = Path(__file__).parent / "edge_runtime" / "run.py"
LARGEST_BATCH = 1024
TYPES = {"tensor(float)": "TYPE_FP32"}
PORT = 8765


class GraphFacts(NamedTuple):
    """What a graph says of itself: inputs and outputs as (name, ONNX type, shape), and what TensorRT would refuse."""

    inputs: tuple[tuple[str, str, tuple[int, ...]], ...]  # shapes without the batch
    outputs: tuple[tuple[str, str, tuple[int, ...]], ...]
    trees: bool
    quantised: bool


def model_file(card: ModelCard) -> str:
    """Where a model lies in a bundle: the layout of a Triton model repository."""
    return f"models/{served_name(card)}/{card.version}/model.onnx"


def served_name(card: ModelCard) -> str:
    return f"{card.machine_id}.{card.task}"


def write_files(
    folder: Path, profile: Profile, cards: list[ModelCard], facts: list[GraphFacts], target: Target
) -> None:
    """Write run.py, Dockerfile, a systemd unit, Triton's configurations and, for a Jetson, build_engine.sh."""
    platform = PLATFORMS[target]
    files = {
        "run.py": RUNTIME.read_text(encoding="utf-8"),
        "Dockerfile": _dockerfile(platform, profile),
        "millwright-edge.service": _unit(profile),
    }
    for card, graph in zip(cards, facts, strict=True):
        files[f"models/{served_name(card)}/config.pbtxt"] = triton_config(card, graph, platform.has_gpu)
    if platform.has_gpu:
        files["build_engine.sh"] = _build_engine(cards, facts)
    for name, text in files.items():
        (folder / name).write_text(text, encoding="utf-8")
        if name.endswith((".sh", ".py")):
            (folder / name).chmod(0o755)


def triton_config(card: ModelCard, graph: GraphFacts, has_gpu: bool) -> str:
    """config.pbtxt of one model. Tree ensembles run on the CPU; ONNX Runtime's CUDA provider knows none."""
    kind = "KIND_GPU" if has_gpu and not graph.trees else "KIND_CPU"
    return (
        f'name: "{served_name(card)}"\nbackend: "onnxruntime"\nmax_batch_size: {LARGEST_BATCH}\n'
        f"{_puts('input', graph.inputs)}{_puts('output', graph.outputs)}"
        f"instance_group [ {{ kind: {kind} count: 1 }} ]\n"
        'parameters { key: "intra_op_thread_count" value: { string_value: "1" } }\n'
        'parameters { key: "enable_mem_pattern" value: { string_value: "0" } }\n'  # as in run.py
    )


def _puts(kind: str, puts: tuple[tuple[str, str, tuple[int, ...]], ...]) -> str:
    return "".join(
        f'{kind} [ {{ name: "{name}" data_type: {TYPES[dtype]} dims: [ {", ".join(map(str, shape))} ] }} ]\n'
        for name, dtype, shape in puts
    )


def _dockerfile(platform: Platform, profile: Profile) -> str:
    system = """RUN apt-get update \\
 && apt-get install -y --no-install-recommends python3 python3-pip \\
 && rm -rf /var/lib/apt/lists/* \\
 && python3 -m pip install --no-cache-dir --upgrade pip
# OpenBLAS mistakes the Nano's processor for a newer one and stops with an illegal instruction
ENV OPENBLAS_CORETYPE=ARMV8
"""
    return f"""\
# {profile.name}: docker build -t millwright-edge . && docker run -i --rm millwright-edge < readings.csv
# Over HTTP, on this computer alone: docker run --network host millwright-edge --serve {PORT}
FROM {platform.image}
{system if platform.has_gpu else ""}ENV OMP_NUM_THREADS=1
RUN python3 -m pip install --no-cache-dir "{platform.numpy}" "onnxruntime=={platform.onnxruntime}.*"
COPY . /bundle
USER nobody
ENTRYPOINT ["python3", "/bundle/run.py"]
CMD ["--input", "-"]
"""


def _unit(profile: Profile) -> str:
    return f"""\
# Copy the bundle to /opt/millwright/{profile.id} and this file to /etc/systemd/system, then:
# systemctl enable --now millwright-edge
[Unit]
Description=Millwright edge: {profile.name}
After=network.target

[Service]
ExecStart=/usr/bin/python3 /opt/millwright/{profile.id}/run.py --serve {PORT}
Environment=OMP_NUM_THREADS=1
DynamicUser=yes
NoNewPrivileges=yes
PrivateTmp=yes
ProtectHome=yes
ProtectSystem=strict
IPAddressDeny=any
IPAddressAllow=localhost
MemoryMax=300M
Restart=on-failure
RestartSec=5

[Install]
WantedBy=multi-user.target
"""


def _build_engine(cards: list[ModelCard], facts: list[GraphFacts]) -> str:
    lines = []
    for card, graph in zip(cards, facts, strict=True):
        if graph.trees:
            lines.append(
                f'echo "{card.task}: TensorRT knows no tree ensemble (ai.onnx.ml); run.py answers it by ONNX Runtime"'
            )
            continue
        shapes = {
            size: ",".join(f"{name}:{'x'.join(map(str, (rows, *shape)))}" for name, _, shape in graph.inputs)
            for size, rows in (("min", 1), ("opt", 1), ("max", 64))
        }
        flag = " --int8" if graph.quantised else ""
        lines.append(
            f'"$trtexec" --onnx={model_file(card)} --saveEngine=engines/{card.task}.plan{flag} \\\n'
            + " \\\n".join(f"  --{size}Shapes={shape}" for size, shape in shapes.items())
        )
    return f"""\
#!/bin/sh
# TensorRT engines of the graphs that TensorRT takes (IsNaN needs TensorRT 8.2 or later), into engines/ of this folder.
# An engine fits the device and the TensorRT version it was built with: run this on the device.
set -eu
cd "$(dirname "$0")"
trtexec=${{TRTEXEC:-/usr/src/tensorrt/bin/trtexec}}
[ -x "$trtexec" ] || {{ echo "no trtexec at $trtexec; set TRTEXEC" >&2; exit 1; }}
mkdir -p engines
{chr(10).join(lines)}
"""
