"""A run as JUnit XML, which CI systems show as tests."""

from pathlib import Path

from junitparser import Failure, JUnitXml, TestCase, TestSuite

from evals.comparing import reasons
from evals.results import EvalResult
from models.storage import whole_file


def write_junit(result: EvalResult, path: Path) -> None:
    """One test case a scenario, timed by its first run; its class is its first tag."""
    suite = TestSuite(f"millwright eval {result.model}")
    for scenario in result.scenarios:
        seconds = sum(turn.latency_s + turn.jobs_s for turn in scenario.runs[0].turns)
        case = TestCase(scenario.id, classname=scenario.tags[0] if scenario.tags else "scenarios", time=seconds)
        if not scenario.passed:
            why = [_clean(reason) for reason in reasons(scenario)]
            failure = Failure(why[0] if why else "failed")
            failure.text = "\n".join(why)
            case.result = [failure]
        suite.add_testcase(case)
    suite.update_statistics()
    xml = JUnitXml()
    xml.add_testsuite(suite)
    with whole_file(path) as temporary:
        xml.write(str(temporary), pretty=True)


def _clean(text: str) -> str:
    """Without the control characters that XML cannot hold."""
    return "".join(c for c in text if c in "\t\n" or c >= " ")
