"""Learn the intents anew from utterances.yaml: `python -m agent.brains.offline.learning`."""

import hashlib
from collections import Counter
from pathlib import Path

import numpy as np
import yaml
from numpy.typing import NDArray

from agent.brains.offline import intents
from agent.brains.offline.intents import LEARNT, Array, features, softmax, terms_of
from knowledge_base.embedding import MiniLM

UTTERANCES = Path(__file__).parent / "utterances.yaml"
SENSORS = ("vibration", "bearing temperature", "pressure", "motor current", "temperature", "flow", "oil temperature")
STAND_INS = {"m": "the machine", "d": "two days", "n": "5000", "p": "data.csv", "j": "job-1", "v": "3"}
PENALTY = 1e-4  # L2, and
SHARPNESS = 1.6  # a factor on all scores, both by five-fold cross-validated log loss
STEPS = 400


def learn() -> dict[str, NDArray[np.generic]]:
    sentences, answers = utterances()
    names = sorted(set(answers))
    terms = common_terms(sentences)
    x = features(sentences, MiniLM(), terms)
    y = np.array([names.index(answer) for answer in answers])
    weights, bias = fit(x, y, len(names))
    return {
        "weights": (weights * SHARPNESS).astype(np.float16).astype(np.float32),
        "bias": (bias * SHARPNESS).astype(np.float32),
        "intents": np.array(names),
        "terms": np.array(list(terms)),
        "made_from": np.array(made_from()),
    }


def utterances() -> tuple[list[str], list[str]]:
    """Every example with its stand-ins, and its intent."""
    pairs = [
        (_stand_in(text, number), intent)
        for intent, texts in yaml.safe_load(UTTERANCES.read_text()).items()
        for number, text in enumerate(texts)
    ]
    return [text for text, _ in pairs], [intent for _, intent in pairs]


def common_terms(sentences: list[str]) -> dict[str, int]:
    counts = Counter(term for sentence in sentences for term in terms_of(sentence))
    return {term: column for column, term in enumerate(sorted(t for t, n in counts.items() if n >= 2))}


def fit(x: Array, y: NDArray[np.int64], classes: int, penalty: float = PENALTY) -> tuple[Array, Array]:
    """Multinomial logistic regression by full-batch Adam; classes weigh the same whatever their number of examples."""
    rng_free = np.zeros((x.shape[1] + 1, classes), dtype=np.float32)
    weights, first, second = rng_free, np.zeros_like(rng_free), np.zeros_like(rng_free)
    ones = np.hstack([x, np.ones((len(x), 1), dtype=np.float32)])
    wanted = np.eye(classes, dtype=np.float32)[y]
    share = (1.0 / np.bincount(y, minlength=classes) ** 0.5)[y]
    share = (share / share.sum()).astype(np.float32)[:, None]
    for step in range(1, STEPS + 1):
        gradient = ones.T @ ((softmax(ones @ weights) - wanted) * share)
        gradient[:-1] += penalty * weights[:-1]
        first = 0.9 * first + 0.1 * gradient
        second = 0.999 * second + 0.001 * gradient**2
        rate = 0.1 * (1 - step / (STEPS + 1))
        weights = weights - rate * (first / (1 - 0.9**step)) / (np.sqrt(second / (1 - 0.999**step)) + 1e-8)
    return weights[:-1], weights[-1]


def made_from() -> str:
    """A hash of the examples, cues and settings the weights depend on, so that a test can tell when they are stale."""
    constants = (intents.WORDS_WEIGHT, intents.CUES_WEIGHT, PENALTY, SHARPNESS, STEPS, SENSORS, STAND_INS)
    texts = (UTTERANCES.read_text(), intents.CUES.read_text(), repr(constants))
    return hashlib.sha256("\0".join(texts).encode()).hexdigest()


def _stand_in(text: str, number: int) -> str:
    for mark, word in STAND_INS.items():
        text = text.replace(f"<{mark}>", word)
    while "<s>" in text:
        text = text.replace("<s>", SENSORS[number % len(SENSORS)], 1)
        number += 1
    return text


if __name__ == "__main__":
    np.savez_compressed(LEARNT, allow_pickle=False, **learn())
