"""What was learnt is fresh, and holds for wordings that were not learnt."""

from pathlib import Path

import numpy as np
import yaml

from agent.brains.offline.intents import LEARNT
from agent.brains.offline.learning import UTTERANCES, made_from, utterances
from agent.brains.offline.reading import Reader
from agent.brains.offline.referring import Context

PARAPHRASES = yaml.safe_load((Path(__file__).parent / "paraphrases.yaml").read_text())


def test_the_shipped_weights_are_made_from_the_present_utterances():
    with np.load(LEARNT) as stored:
        assert str(stored["made_from"]) == made_from(), "run `python -m agent.brains.offline.learning`"


def test_no_paraphrase_was_learnt():
    learnt = {text.lower() for text in utterances()[0]}
    assert not [text for texts in PARAPHRASES.values() for text in texts if text.lower() in learnt]


def test_every_intent_has_many_examples():
    counts = {intent: len(texts) for intent, texts in yaml.safe_load(UTTERANCES.read_text()).items()}
    assert min(counts.values()) >= 15
    assert set(counts) == set(PARAPHRASES)


def test_intents_of_unseen_wordings_are_right(reader: Reader, context: Context):
    asked = [(text, intent) for intent, texts in PARAPHRASES.items() for text in texts]
    wrong = [(text, intent, found) for text, intent in asked if (found := _intents(reader, text, context)) != {intent}]
    assert 1 - len(wrong) / len(asked) >= 0.95, wrong


def _intents(reader: Reader, text: str, context: Context) -> set[str]:
    reading = reader.read(text, context)
    return {order.tool for order in reading.orders} | {remark.intent for remark in reading.remarks}
