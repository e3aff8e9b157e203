import numpy as np
import pytest

from machine_profiles.reading import SHIPPED, load_catalog
from models.datasheet_lives import lives_from_profile
from models.examples import Examples, examples_of
from models.failure import fit_failure, fit_profile_model, lean_on_profile
from models.features import fit_scaling
from models.holdout import folds
from models.onnx_graph import open_session, run
from models.plant_simulator import simulate_fleet
from models.windows import inputs_of
from tests.models.training_world import MACHINE, wearing_lives

PUMP = load_catalog(SHIPPED)["PUMP_KSB_ETANORM_005"]
HORIZON, CAP = 24.0, 60.0


def test_a_plant_of_the_same_seed_shares_no_life_with_those_of_the_datasheet():
    ours, (plant, _) = lives_from_profile(PUMP, 4, seed=7), simulate_fleet(PUMP, 4, 7)
    sensors = list(PUMP.sensor_names)
    assert ours is not None
    assert len(ours.names) == 4
    assert not set(ours.names) & set(plant.names)
    theirs = {tuple(row) for row in plant.rows[sensors].round(3).dropna().to_numpy()}
    assert not theirs & {tuple(row) for row in ours.rows[sensors].round(3).dropna().to_numpy()}


def test_the_same_seed_draws_the_same_lives():
    one, other = (lives_from_profile(PUMP, 3, seed=7) for _ in range(2))
    assert one is not None
    assert other is not None
    assert one.rows.equals(other.rows)


@pytest.mark.parametrize(
    "less",
    [{"failure_modes": ()}, {"sensors": (PUMP.sensors[0].model_copy(update={"behaviour": None}), *PUMP.sensors[1:])}],
    ids=["no failure modes", "a sensor without behaviour"],
)
def test_a_profile_that_says_too_little_draws_none(less):
    assert lives_from_profile(PUMP.model_copy(update=less), 3, seed=7) is None


def _examples(seed: int, failed: int = 10) -> Examples:
    lives = wearing_lives(failed=failed, seed=seed)
    return examples_of(MACHINE, lives, fit_scaling(MACHINE, wearing_lives(seed=0).rows), 2)


def _leant(prior: Examples):
    recorded = _examples(seed=0, failed=6)
    names = sorted(set(recorded.life))
    fold = folds(names, names, 3, 0)
    model = fit_failure(recorded, np.array([fold[name] for name in recorded.life]), HORIZON, CAP, 0, 1)
    return lean_on_profile(model, fit_profile_model(prior, HORIZON, CAP, 0, 60))


def test_lives_like_the_recorded_ones_are_leant_on_and_the_graph_gives_the_same_answer():
    leant = _leant(_examples(seed=1, failed=40))
    assert leant.lean > 0
    assert sum(leant.shares) == pytest.approx(1.0)

    lives = wearing_lives(failed=2, preventive=1, seed=9)
    scaling = fit_scaling(MACHINE, wearing_lives(seed=0).rows)
    inputs, _ = inputs_of(MACHINE, lives, 5)
    session = open_session(leant.write(scaling).model().SerializeToString())
    feeds = {**inputs.feeds(), "horizon_hours": np.full((len(inputs), 1), HORIZON, np.float32)}
    ours = leant.probability(examples_of(MACHINE, lives, scaling, 5).features, HORIZON)
    assert run(session, feeds)["probability"][:, 0] == pytest.approx(ours, abs=1e-5)


def test_lives_that_mislead_are_not_leant_on():
    other = _examples(seed=1, failed=40)
    backwards = Examples(
        other.features, other.latest, other.life, other.hours, other.failed, other.observed.max() - other.observed
    )
    assert _leant(backwards).lean == 0.0
