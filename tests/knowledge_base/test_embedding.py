"""The forward pass gives what sentence-transformers gives for the same weights."""

import numpy as np
import pytest

from knowledge_base.embedding import MiniLM

SENTENCES = (
    "is the machine going to make it through the weekend?",
    "retrain the failure model of the machine for five minutes",
    "bake a cake",
)


def test_similarities_are_those_of_the_reference_implementation(language: MiniLM):
    rows = language.embed(SENTENCES)  # reference: SentenceTransformer.encode, all-MiniLM-L6-v2, torch 2.13
    assert rows @ rows.T == pytest.approx(
        np.array([[1.0, 0.4087228, 0.11798374], [0.4087228, 1.0, 0.03272992], [0.11798374, 0.03272992, 1.0]]), abs=2e-6
    )
    assert rows[0, :4] == pytest.approx([-0.02638704, -0.05956514, 0.07533561, 0.02920993], abs=2e-6)


def test_a_very_long_message_is_read_up_to_its_limit(language: MiniLM):
    assert np.linalg.norm(language.embed(["pump " * 5000])[0]) == pytest.approx(1.0, abs=1e-5)
