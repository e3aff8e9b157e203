"""A real model behind a real server on this computer, over the path of any OpenAI model: protocol and robustness.

SmolLM2 with 135 million parameters chooses badly; what is held here is that each turn ends with an outcome, that
nothing crashes, and that no figure without a source gets out.
"""

import pytest

from agent.service import APOLOGY, Copilot
from evals.grounding import Evidence
from settings import Settings
from tests.agent.local_server import NoWeights, serving, smollm2
from tests.agent.scripted import plant_at

xllamacpp = pytest.importorskip("xllamacpp", reason="the server's wheels are for x86_64 and aarch64")


@pytest.fixture(scope="module")
def server():
    try:
        weights = smollm2()
    except NoWeights as error:
        pytest.skip(str(error))
    with serving(weights, context=16384) as url:
        yield url


@pytest.mark.parametrize("how", ["native", "schema"])
@pytest.mark.timeout(900)
def test_turns_of_a_small_model_end_well(tmp_path, server, monkeypatch, how):
    monkeypatch.setattr("agent.brains.chat_model.MOST_TOKENS", 48)
    settings = Settings(
        home=tmp_path, model="openai:smollm2", model_base_url=server, tool_calling=how, gates="off", model_timeout_s=600
    )
    talk = Copilot(plant_at(tmp_path), settings)
    turn = talk.say("t", "Describe pump 4")
    assert "server" not in turn.answer  # where the offline brain stood in, it was not for the protocol
    assert turn.outcome in ("answer", "clarify", "refuse", "approval", "error")
    assert turn.answer
    assert APOLOGY not in turn.answer
    assert all(call.status in ("done", "failed", "proposed") for call in turn.calls)
    evidence = Evidence(dict(plant_at(tmp_path).machines))
    evidence.hear("Describe pump 4")
    evidence.see(turn.calls)
    assert evidence.untraced(turn.answer) == []
