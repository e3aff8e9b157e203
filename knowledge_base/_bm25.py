"""BM25 over the passages (bm25s, Lucene's variant)."""

import logging
from collections.abc import Sequence

import bm25s
import numpy as np
from numpy.typing import NDArray

from knowledge_base.wording import is_code, words_of

logging.getLogger("bm25s").setLevel(logging.WARNING)  # it logs its debugging by default


class Keywords:
    """Scores a question's words against every text; the position is the text's."""

    def __init__(self, texts: Sequence[str]) -> None:
        self.words = [words_of(text) for text in texts]
        self._sets = [frozenset(words) for words in self.words]
        counts: dict[str, int] = {}
        for words in self._sets:
            for word in words:
                counts[word] = counts.get(word, 0) + 1
        self.codes = frozenset(word for word in counts if is_code(word) and not word.isdigit())
        total = len(texts)
        self.rarity = {word: float(np.log(1 + (total - n + 0.5) / (n + 0.5))) for word, n in counts.items()}
        self._unseen = float(np.log(1 + (total + 0.5) / 0.5))
        self._index = bm25s.BM25(method="lucene", k1=1.2, b=0.6)
        if counts:
            self._index.index(self.words, show_progress=False)

    def scores(self, words: Sequence[str]) -> NDArray[np.float32]:
        known = [word for word in words if word in self.rarity]
        if not known:
            return np.zeros(len(self.words), dtype=np.float32)
        return np.asarray(self._index.get_scores(known), dtype=np.float32)

    def holding(self, word: str) -> list[int]:
        return [at for at, words in enumerate(self._sets) if word in words]

    def weight(self, words: Sequence[str]) -> float:
        return sum(self.rarity.get(word, self._unseen) for word in set(words))

    def coverage(self, words: Sequence[str], at: int) -> float:
        """The share of the question's words, weighted by rarity, that the text holds."""
        asked = self.weight(words)
        return self.weight([word for word in set(words) if word in self._sets[at]]) / asked if asked else 0.0
