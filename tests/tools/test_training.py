"""What is set outside reaches a training: a path to Chronos's weights, refused before anything starts."""

from pathlib import Path

import pytest

from models.chronos_weights import NoChronosWeights
from settings import Settings
from tools.plant import open_plant
from tools.training import TrainModels, train_models


def test_a_wrong_path_to_weights_is_refused_at_the_proposal_and_only_where_forecasts_are_trained(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("MILLWRIGHT_HOME", str(tmp_path))
    monkeypatch.setenv("MILLWRIGHT_CHRONOS_PATH", "nowhere")
    settings = Settings()
    assert settings.environment()["MILLWRIGHT_CHRONOS_PATH"] == str(Path("nowhere").resolve())
    plant = open_plant(settings)
    assert train_models.preview is not None
    with pytest.raises(NoChronosWeights, match=r"nowhere, which is no folder.*leave it unset"):
        train_models.preview(plant, TrainModels(machine_id="CNC_HAAS_VF2_016"))
    assert train_models.preview(plant, TrainModels(machine_id="CNC_HAAS_VF2_016", tasks=("rul",))).warnings
