"""What Prometheus scrapes is what happened."""

from collections import Counter as Tally
from pathlib import Path

from prometheus_client.parser import text_string_to_metric_families

from agent.metrics import exposition
from tests.agent.scripted import PUMP, call, copilot, script


def scraped(page: bytes) -> dict[tuple[str, ...], float]:
    """By name and what its labels say, whatever brain spoke."""
    found: Tally[tuple[str, ...]] = Tally()
    for family in text_string_to_metric_families(page.decode()):
        for sample in family.samples:
            labels = (value for label, value in sorted(sample.labels.items()) if label != "brain")
            found[sample.name, *labels] += sample.value
    return found


def test_turns_tools_and_what_waits_are_counted(tmp_path: Path):
    log = call("log_maintenance", machine_id=PUMP, action="lubrication", note="greased")
    talk = copilot(tmp_path, script(call("describe_machine", machine_id=PUMP), "It is a pump.", log, "Waiting."))
    before = scraped(exposition(talk))
    talk.say("t", "what is pump 4?")
    talk.say("t", "I greased it")
    after = scraped(exposition(talk))

    def rise(*key: str) -> float:
        return after[key] - before.get(key, 0)

    assert rise("millwright_turns_total", "answer") == 1
    assert rise("millwright_turns_total", "approval") == 1
    assert rise("millwright_tool_calls_total", "done", "describe_machine") == 1
    assert rise("millwright_tool_calls_total", "proposed", "log_maintenance") == 1
    assert rise("millwright_tool_seconds_count", "describe_machine") == 1
    assert after["millwright_changes_waiting",] == 1
