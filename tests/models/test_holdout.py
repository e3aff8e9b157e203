"""Which lives are held out is settled by their names."""

from models.holdout import folds, held_out
from tests.models.training_world import wearing_lives


def test_a_life_held_out_stays_so_when_lives_are_added():
    many = wearing_lives(failed=60, preventive=20, rows=5)
    held = set(held_out(many, seed=7))
    fewer = many.only(many.names[:45] + many.names[60:])
    assert {name for name in held if name in fewer.names} <= set(held_out(fewer, seed=7))


def test_failed_lives_stand_on_both_sides():
    for failed in range(4, 12):
        lives = wearing_lives(failed=failed, preventive=3, rows=5)
        held = lives.only(held_out(lives, seed=failed))
        assert 1 <= len(held.failed) <= failed - 2


def test_folds_spread_failed_lives_evenly():
    lives = wearing_lives(failed=9, preventive=6, rows=5)
    of_failed = [number for name, number in folds(lives.names, lives.failed, 3, seed=1).items() if name in lives.failed]
    assert sorted(of_failed) == [0] * 3 + [1] * 3 + [2] * 3
