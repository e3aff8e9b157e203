import json
from copy import deepcopy
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from open_clip.model import CLIP
from open_clip.tokenizer import SimpleTokenizer
from open_clip.transform import PreprocessCfg, image_transform_v2
from PIL import Image
from safetensors.torch import save_file

from agent.answers.asked import Asked
from agent.answers.images import say_image
from machine_profiles.reading import SHIPPED, load_catalog
from models.clip_calibration import calibrate
from models.clip_weights import TEMPERATURE, NoClipWeights, clip_weights
from models.clip_witness import UNRELATED, ask_clip
from models.storage import Storage
from models.vision import ImageDiagnosis
from models.visual_defects import visual_defects
from tools.images import DiagnoseImage, diagnose_image
from tools.plant import Plant

PROFILE = load_catalog(SHIPPED)["PUMP_GRUNDFOS_CR3_004"]
TINY: dict[str, Any] = {
    "embed_dim": 64,
    "vision_cfg": {"image_size": 32, "layers": 1, "width": 32, "head_width": 16, "patch_size": 16},
    "text_cfg": {"context_length": 77, "vocab_size": 49408, "width": 64, "heads": 2, "layers": 1},
}
PIXELS = np.random.default_rng(7).integers(0, 256, (64, 64, 3), dtype=np.uint8)


@pytest.fixture(scope="module")
def random_net() -> CLIP:
    torch.manual_seed(7)
    return CLIP(**deepcopy(TINY)).eval()


def seeing(net: CLIP, prompts: tuple[str, ...], scale: float = 100.0) -> CLIP:
    """The same model, its last layer set so that PIXELS lie where these descriptions do."""
    bent = deepcopy(net)
    picture = image_transform_v2(PreprocessCfg(size=32), is_train=False)(Image.fromarray(PIXELS))[None]
    with torch.no_grad():
        said = bent.encode_text(SimpleTokenizer(context_length=77)(list(prompts)), normalize=True).mean(0)
        bent.visual.proj = None
        pooled = bent.visual(picture)[0]
        bent.visual.proj = torch.nn.Parameter(torch.outer(pooled, said) / pooled.norm() ** 2)
        bent.logit_scale.fill_(float(np.log(scale)))
    return bent


def saved(net: CLIP, folder: Path, name: str = "open_clip_model.safetensors") -> Path:
    folder.mkdir(exist_ok=True)
    weights = {key: each.detach().contiguous() for key, each in net.state_dict().items()}
    save_file(weights, folder / name) if name.endswith("safetensors") else torch.save(weights, folder / name)
    (folder / "open_clip_config.json").write_text(json.dumps({"model_cfg": TINY, "preprocess_cfg": {}}))
    return folder / name


@pytest.mark.parametrize("name", ["open_clip_model.safetensors", "open_clip_pytorch_model.bin", "eye.pt"])
def test_local_weights_name_what_the_picture_is_like(tmp_path: Path, random_net: CLIP, name: str):
    file = saved(seeing(random_net, visual_defects()["leak"].prompts), tmp_path / "tiny-eye", name)
    for stated in (str(file), str(file.parent)):
        said = ask_clip(stated, PIXELS, PROFILE)
        assert said.silent is None
        assert said.classes[0].defect_class == "leak"
        assert {each.defect_class for each in said.classes} == {*visual_defects()}
        assert sum(each.probability for each in said.classes) == pytest.approx(1)
        assert {*said.failure_modes} == {mode.name for mode in PROFILE.failure_modes}
        assert not said.calibrated


def test_it_abstains_on_what_is_no_machine_and_where_nothing_stands_out(tmp_path: Path, random_net: CLIP):
    animal = saved(seeing(random_net, UNRELATED[0]), tmp_path / "animal")
    assert "no machine part" in str(ask_clip(str(animal), PIXELS, PROFILE).silent)
    flat = saved(seeing(random_net, visual_defects()["leak"].prompts, scale=0.01), tmp_path / "flat")
    assert "stands out" in str(ask_clip(str(flat), PIXELS, PROFILE).silent)


def test_a_machine_failure_mode_is_found_by_its_description(tmp_path: Path, random_net: CLIP):
    mode = PROFILE.failure_modes[1]
    prompts = (f"a photo of a pump with {mode.title.lower()}", f"{mode.title.lower()}. {mode.symptoms}")
    like = seeing(random_net, (*prompts, *2 * visual_defects()["leak"].prompts))
    said = ask_clip(str(saved(like, tmp_path / "eye")), PIXELS, PROFILE)
    assert said.silent is None
    assert max(said.failure_modes, key=lambda name: said.failure_modes[name]) == mode.name


def damaged(file: Path) -> str:
    file.write_bytes(file.read_bytes()[:5000])
    return str(file)


def of_another_model(file: Path) -> str:
    return f"ViT-B-32@{file}"


def of_no_known_model(file: Path) -> str:
    (file.parent / "open_clip_config.json").unlink()
    return str(file)


def with_a_broken_config(file: Path) -> str:
    (file.parent / "open_clip_config.json").write_text("{")
    return str(file)


def that_executes_code(file: Path) -> str:
    torch.save({"state_dict": Path}, file.with_name("evil.pt"))
    return f"ViT-B-32@{file.with_name('evil.pt')}"


def that_is_not_there(file: Path) -> str:
    return str(file.with_name("none.pt"))


def in_an_empty_folder(file: Path) -> str:
    file.unlink()
    return str(file.parent)


WRONG = [damaged, of_another_model, of_no_known_model, with_a_broken_config, that_executes_code, that_is_not_there,
         in_an_empty_folder]  # fmt: skip


@pytest.mark.parametrize("wrong", WRONG, ids=lambda wrong: wrong.__name__)
def test_with_wrong_weights_the_default_answers_and_says_so(tmp_path: Path, random_net: CLIP, wrong: Any):
    found = diagnosed(tmp_path, wrong(saved(random_net, tmp_path / "tiny-eye")))
    assert found.defect_probability is not None
    assert found.findings[0].finding == "scoring"
    said = say_image(found, Asked()).body()
    assert "Judged without open_clip: MILLWRIGHT_CLIP_PATH names" in said
    assert "hf download" in said


def test_without_weights_an_abstention_says_how_to_get_them(tmp_path: Path):
    found = diagnosed(tmp_path, None, "notice.png")
    assert "MILLWRIGHT_CLIP_PATH" in str(found.clip_weights)
    assert "hf download" in say_image(found, Asked()).body()
    assert "hf download" not in say_image(diagnosed(tmp_path, None), Asked()).body()


def test_of_several_files_none_is_guessed(tmp_path: Path):
    for name in ("a.pt", "b.pt"):
        (tmp_path / name).write_bytes(b"x")
    with pytest.raises(NoClipWeights, match="several files"):
        clip_weights(str(tmp_path))


def test_the_temperature_is_fitted_and_holds_for_these_weights_only(tmp_path: Path, random_net: CLIP):
    file = saved(seeing(random_net, visual_defects()["leak"].prompts), tmp_path / "eye")
    rng = np.random.default_rng(3)
    for place in ("neu_det/pitted_surface", "neu_det/scratches", "gear/no_fault"):
        (tmp_path / "pictures" / place).mkdir(parents=True)
        for number in range(4):
            pixels = rng.integers(0, 256, (64, 64, 3), dtype=np.uint8)
            Image.fromarray(pixels).save(tmp_path / "pictures" / place / f"{number}.png")
    found = calibrate(str(file), tmp_path / "pictures")
    assert found.n == 12
    assert found.nll < found.own_nll  # a random model is sure of nothing, once that is fitted
    assert found.scale < found.own_scale
    (file.parent / TEMPERATURE).write_text((file.parent / TEMPERATURE).read_text().replace(str(found.scale), "90.0"))
    assert ask_clip(str(file), PIXELS, None).calibrated
    saved(seeing(random_net, visual_defects()["crack"].prompts), file.parent)
    other = ask_clip(str(file), PIXELS, None)
    assert (other.classes[0].defect_class, other.calibrated) == ("crack", False)


def diagnosed(home: Path, clip_path: str | None, image: str = "scratched_steel.png") -> ImageDiagnosis:
    plant = Plant(Storage(home), 7, "anna", datetime(2026, 6, 1, tzinfo=UTC), clip_path=clip_path)
    path = f"evals/scenarios/fixtures/{image}"
    return diagnose_image.run(plant, DiagnoseImage(image_path=path, machine_id=None))  # type: ignore[return-value]
