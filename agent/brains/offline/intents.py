"""What a clause asks for: a softmax over sentence embeddings and words, learnt from example utterances."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import yaml
from numpy.typing import NDArray

from knowledge_base.embedding import MiniLM

Array = NDArray[np.float32]

LEARNT = Path(__file__).parent / "intents.npz"
CUES = Path(__file__).parent / "cues.yaml"
WORDS_WEIGHT, CUES_WEIGHT = 0.3, 0.5  # beside the embedding, which has length one; by cross-validation
_WORD = re.compile(r"[a-z0-9_+-]+|\?")


@dataclass(frozen=True)
class Guess:
    """Intents with their probabilities, likeliest first."""

    ranked: tuple[tuple[str, float], ...]

    @property
    def intent(self) -> str:
        return self.ranked[0][0]

    @property
    def probability(self) -> float:
        return self.ranked[0][1]

    def of(self, *intents: str) -> float:
        return sum(probability for intent, probability in self.ranked if intent in intents)

    def raised(self, intent: str) -> "Guess":
        """The same with this intent first, as its leading verb says."""
        others = [(name, p / 4) for name, p in self.ranked if name != intent]
        return Guess(((intent, 0.75), *others))

    def without(self, *intents: str) -> "Guess":
        left = [(intent, p) for intent, p in self.ranked if intent not in intents]
        total = sum(p for _, p in left)
        return Guess(tuple((intent, p / total) for intent, p in left))


class Classifier:
    """Its weights are made by `python -m agent.brains.offline.learning` and shipped; loading takes milliseconds."""

    def __init__(self, language: MiniLM, learnt: Path = LEARNT) -> None:
        self._language, self._learnt = language, learnt

    def guess(self, masked: str) -> Guess:
        """`masked` names no machine, duration or file: masking.py has put stand-ins in their place."""
        x = features([masked], self._language, self.terms)
        probabilities = softmax(x @ self._stored["weights"] + self._stored["bias"])[0]
        order = np.argsort(-probabilities, kind="stable")
        return Guess(tuple((self.intents[i], float(probabilities[i])) for i in order))

    @cached_property
    def intents(self) -> list[str]:
        return [str(name) for name in self._stored["intents"]]

    @cached_property
    def terms(self) -> dict[str, int]:
        return {str(term): column for column, term in enumerate(self._stored["terms"])}

    @cached_property
    def _stored(self) -> dict[str, NDArray[Any]]:
        with np.load(self._learnt) as stored:
            return {name: stored[name] for name in stored.files}


def features(sentences: Sequence[str], language: MiniLM, terms: Mapping[str, int]) -> Array:
    """The embedding, the cues that are there, and the known words and pairs of words, as one row a sentence."""
    words = np.zeros((len(sentences), len(terms)), dtype=np.float32)
    for row, sentence in enumerate(sentences):
        for term in terms_of(sentence):
            if term in terms:
                words[row, terms[term]] = 1.0
    length = np.maximum(np.linalg.norm(words, axis=1, keepdims=True), 1.0)
    cues = np.array([cues_of(sentence) for sentence in sentences], dtype=np.float32)
    return np.hstack(
        [language.embed(sentences), cues * np.float32(CUES_WEIGHT), words / length * np.float32(WORDS_WEIGHT)]
    )


def terms_of(sentence: str) -> set[str]:
    words = ["^", *_WORD.findall(sentence.lower())]
    return {*words[1:], *(f"{left} {right}" for left, right in pairwise(words))}


def cues_of(sentence: str) -> list[bool]:
    return [bool(pattern.search(sentence.lower())) for pattern in _cues().values()]


@cache
def _cues() -> dict[str, re.Pattern[str]]:
    return {name: re.compile(pattern) for name, pattern in yaml.safe_load(CUES.read_text()).items()}


def softmax(scores: Array) -> Array:
    raised = np.exp(scores - scores.max(axis=1, keepdims=True))
    result: Array = raised / raised.sum(axis=1, keepdims=True)
    return result
