"""What lies beside the models fits them: Triton reads its layout, systemd its unit, the shell its script."""

import re
import shutil
import subprocess
from pathlib import Path

import onnxruntime
import pytest

from models import edge
from models.edge_runtime.run import read_manifest
from models.registry import Registry
from models.storage import Storage
from models.telemetry import Telemetry
from tests.models.test_health import PUMP, serve


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Path:
    storage = Storage(tmp_path_factory.mktemp("home"))
    serve(storage.home, tasks=("failure", "rul"))
    made = edge.export(storage, Telemetry(storage), Registry(storage), PUMP, "jetson_nano", "fp32", seed=7)
    return storage.absolute(made.bundle)


@pytest.mark.parametrize("task", ["failure", "rul"])
def test_tritons_configuration_has_the_graphs_names_types_and_dimensions(bundle: Path, task: str):
    model_config = pytest.importorskip("tritonclient.grpc.model_config_pb2")
    from google.protobuf import text_format

    folder = bundle / "models" / f"{PUMP.id}.{task}"
    config = text_format.Parse((folder / "config.pbtxt").read_text(), model_config.ModelConfig())
    graph = onnxruntime.InferenceSession(str(folder / "1" / "model.onnx"))
    assert (config.name, config.backend, config.max_batch_size) == (folder.name, "onnxruntime", 1024)
    for stated, puts in ((config.input, graph.get_inputs()), (config.output, graph.get_outputs())):
        assert [(each.name, list(each.dims)) for each in stated] == [(put.name, put.shape[1:]) for put in puts]
        assert {model_config.DataType.Name(each.data_type) for each in stated} == {"TYPE_FP32"}
        assert {put.type for put in puts} == {"tensor(float)"}
        assert {put.shape[0] for put in puts} == {"n"}  # the batch, which Triton leaves out of dims


def test_engines_are_built_of_every_graph_without_trees_with_the_right_shapes(bundle: Path, tmp_path: Path):
    """A stand-in for trtexec writes down what it was asked for; the real one is on the device alone."""
    trtexec = tmp_path / "trtexec"
    trtexec.write_text('#!/bin/sh\nfor each in "$@"; do echo "$each"; done\n')
    trtexec.chmod(0o755)
    copy = tmp_path / "bundle"
    shutil.copytree(bundle, copy)
    done = subprocess.run(["sh", copy / "build_engine.sh"], env={"TRTEXEC": str(trtexec), "PATH": "/usr/bin:/bin"},
                          capture_output=True, text=True, check=True)  # fmt: skip
    asked = done.stdout.split()
    rul = f"models/{PUMP.id}.rul/1/model.onnx"
    assert f"--onnx={rul}" in asked
    assert (copy / rul).is_file()
    sensors = len(PUMP.sensor_names)
    assert f"--maxShapes=window:64x72x{sensors},baseline:64x{sensors},age_hours:64x1" in [
        each for each in asked if each.startswith("--maxShapes") and "horizon" not in each
    ]
    assert [model["tensorrt"] for model in read_manifest(str(copy))["models"]] == [True, True]  # engines/ does no harm


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="no systemd here")
def test_systemd_finds_nothing_wrong_with_the_unit(bundle: Path, tmp_path: Path):
    unit = (bundle / "millwright-edge.service").read_text()
    assert f"/opt/millwright/{PUMP.id}/run.py --serve" in unit
    file = tmp_path / "millwright-edge.service"
    file.write_text(re.sub(r"ExecStart=\S+", "ExecStart=/bin/true", unit))  # python3 may lie elsewhere here
    done = subprocess.run(["systemd-analyze", "verify", str(file)], capture_output=True, text=True)
    assert "millwright-edge.service:" not in done.stderr, done.stderr


def test_the_image_is_nvidias_for_a_jetson(bundle: Path):
    text = (bundle / "Dockerfile").read_text()
    assert "FROM nvcr.io/nvidia/l4t-base:r32" in text
    assert '"onnxruntime==1.10.*"' in text
