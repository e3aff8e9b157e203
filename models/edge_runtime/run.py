"""Judge a machine on the device: readings in, one JSON line an input row out. Needs Python 3.6, numpy and onnxruntime.

    python run.py --input readings.csv          (CSV with a header, or JSON lines; - is standard input)
    python run.py --serve 8765                  (the same over HTTP on this computer alone: GET /health, POST /judge)

Columns are the sensors of manifest.json by name, in its units, in any order; `vibration [mm/s]` states a unit to be
checked. An empty cell or null is a missing reading. Optional columns: `hours` (the life's operating-hours meter),
`life`, `at`. Rows are one sample each, oldest first. A new `life` (without that column: a meter that falls) starts a
new life. Its sound state is learnt from its first rows where the meter starts near zero, and is otherwise the one that
the manifest holds, of the life in progress at the export.

A row that cannot be judged has `abstained` with the reason and no figures. Exit code: 0 answered, 1 nothing could be
answered or the bundle is damaged, 2 the input is not as agreed.
"""
# ruff: noqa: B905 - zip knows no strict before Python 3.10; the Jetson Nano has 3.6

import argparse
import csv
import hashlib
import json
import math
import os
import sys
from collections import deque
from collections.abc import Iterable, Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from itertools import chain
from socketserver import ThreadingMixIn

import numpy as np
import onnxruntime

NAN = float("nan")
Array = np.ndarray
SCHEMA = "millwright-edge-bundle/1"
EXTRA = ("hours", "life", "at", "unit")
FEW_ROWS = 5  # a sound state from fewer rows is noise
AT_CAP = 0.95  # of the RUL cap: above it the figure means "at least"
PROVIDERS = {
    "cpu": ["CPUExecutionProvider"],
    "cuda": ["CUDAExecutionProvider", "CPUExecutionProvider"],
    "tensorrt": ["TensorrtExecutionProvider", "CUDAExecutionProvider", "CPUExecutionProvider"],
}  # ONNX Runtime gives each node to the first one that takes it; tree ensembles run on the CPU
LARGEST_BODY = 4000000  # bytes of one request
PATIENCE_S = 10  # with a client that does not send what it announced
LOCAL = ("localhost", "127.0.0.1", "[::1]")


class Damaged(Exception):
    """A file of the bundle is missing, truncated or changed."""


class BadInput(Exception):
    """The readings are not as the manifest says."""


class Bundle:
    """The models of a bundle, opened once every file has been checked against the manifest."""

    def __init__(self, folder: str, provider: str = "cpu") -> None:
        self.folder = folder
        self.providers = PROVIDERS[provider]
        available = onnxruntime.get_available_providers()
        if self.providers[0] not in available:
            raise BadInput(f"this onnxruntime has no {self.providers[0]}; it has {', '.join(available)}")
        self.manifest = read_manifest(folder)
        agreed = self.manifest["input"]
        self.sensors = agreed["sensors"]
        self.names = [sensor["name"] for sensor in self.sensors]
        self.window_rows = agreed["window_rows"]
        self.shortest_rows = agreed["shortest_rows"]
        self.models = self.manifest["models"]
        self.sessions = {model["task"]: self._open(model["file"]) for model in self.models}
        self.puts = {
            task: ([put.name for put in session.get_inputs()], [put.name for put in session.get_outputs()])
            for task, session in self.sessions.items()
        }

    def answers(
        self, window: Array, baseline: Array, age_hours: Array, horizon_hours: float, tasks: "set | None" = None
    ) -> dict:
        """What each model says of n windows, by task and output name; inputs as float32 arrays of models' shapes."""
        feeds = {
            "window": window,
            "baseline": baseline,
            "age_hours": age_hours,
            "horizon_hours": np.full((len(window), 1), horizon_hours, np.float32),
        }
        found = {}
        for task, session in self.sessions.items():
            if tasks is None or task in tasks:
                inputs, outputs = self.puts[task]
                asked = {name: np.ascontiguousarray(feeds[name], np.float32) for name in inputs}
                found[task] = dict(zip(outputs, session.run(outputs, asked)))
        return found

    def _open(self, file: str) -> onnxruntime.InferenceSession:
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        options.inter_op_num_threads = 1
        # up to 1.18 a second run may read what the first left behind (microsoft/onnxruntime issue 18672)
        options.enable_mem_pattern = False
        options.log_severity_level = 3
        path = os.path.join(self.folder, file)
        try:
            return onnxruntime.InferenceSession(path, options, providers=self.providers)
        except Exception as error:
            raise Damaged(f"{file} cannot be opened by onnxruntime {onnxruntime.__version__}: {error}") from error


def read_manifest(folder: str) -> dict:
    """The manifest, once it and every file it names are as they were written. Raises Damaged, naming the file."""
    path = os.path.join(folder, "manifest.json")
    try:
        with open(path, encoding="utf-8") as file:
            manifest = json.load(file)
        stated = manifest.pop("sha256")
    except FileNotFoundError:
        raise Damaged(f"manifest.json is missing from {folder}") from None
    except (ValueError, KeyError, AttributeError):
        raise Damaged("manifest.json is damaged or truncated; copy the bundle again") from None
    if stated != digest_of(manifest):
        raise Damaged("manifest.json was changed after the export; copy the bundle again")
    if manifest["schema"] != SCHEMA:
        raise Damaged(f"manifest.json has schema {manifest['schema']}; this run.py reads {SCHEMA}")
    for name, known in sorted(manifest["files"].items()):
        path = os.path.join(folder, *name.split("/"))
        if not os.path.isfile(path):
            raise Damaged(f"{name} is missing; copy the bundle again")
        size = os.path.getsize(path)
        if size != known["size_bytes"]:
            raise Damaged(f"{name} has {size} bytes, not {known['size_bytes']}; it is truncated or was changed")
        with open(path, "rb") as file:
            if hashlib.sha256(file.read()).hexdigest() != known["sha256"]:
                raise Damaged(f"{name} was changed after the export; copy the bundle again")
    return manifest


def digest_of(manifest: dict) -> str:
    """The SHA-256 of a manifest without its own."""
    return hashlib.sha256(json.dumps(manifest, sort_keys=True).encode("utf-8")).hexdigest()


class Stream:
    """One machine's readings in order of time; gives one answer a row."""

    def __init__(self, bundle: Bundle, horizon_hours: float, forecast: bool = False) -> None:
        self.bundle = bundle
        self.horizon_hours = horizon_hours
        self.tasks = {model["task"] for model in bundle.models if forecast or model["task"] != "forecast"}
        self.row = 0
        self.life: str | None = None
        self.hours = NAN
        self.at: str | None = None
        self.longest_hole = bundle.window_rows * bundle.manifest["input"]["sample_hours"]
        self.rows: deque = deque(maxlen=bundle.window_rows)
        self._start_life(NAN)

    def judge(self, values: list, hours: float = NAN, life: "str | None" = None, at: "str | None" = None) -> dict:
        """The answer for the next row; `values` are readings in the manifest's order of sensors, NaN where missing."""
        self.take(values, hours, life, at)
        return self.answer()

    def take(self, values: list, hours: float = NAN, life: "str | None" = None, at: "str | None" = None) -> None:
        """The next row, not answered for yet."""
        self.row += 1
        if self.row == 1 or life != self.life or (life is None and hours < self.hours):
            self._start_life(hours)
        elif hours - self.hours > self.longest_hole:
            self.rows.clear()  # what was read before a hole longer than the window is another time's
        self.life, self.hours, self.at = life, hours, at
        reading = np.array(values, np.float32)
        self.rows.append(reading)
        self._learn(reading)

    def answer(self) -> dict:
        """What is said of the row taken last."""
        said = {"row": self.row, "machine_id": self.bundle.manifest["machine_id"]}
        if self.at not in (None, ""):
            said["at"] = self.at
        if not math.isnan(self.hours):
            said["hours"] = self.hours
        reason = self._why_not()
        if reason is not None:
            said["abstained"] = reason
            return said
        window, baseline, age_hours = self.inputs()
        answers = self.bundle.answers(window, baseline, age_hours, self.horizon_hours, self.tasks)
        said.update(self._figures(answers))
        return said

    def inputs(self) -> tuple:
        """window (1, T, S), baseline (1, S), age_hours (1, 1) of the present row."""
        window = np.full((1, self.bundle.window_rows, len(self.bundle.names)), np.nan, np.float32)
        window[0, -len(self.rows) :] = np.array(self.rows)
        baseline = self._baseline() if self.seen >= FEW_ROWS else np.full(len(self.bundle.names), np.nan)
        return window, baseline.astype(np.float32)[None], np.array([[self.hours]], np.float32)

    def _start_life(self, hours: float) -> None:
        agreed = self.bundle.manifest["input"]
        # a meter that starts near zero, or restarts, is a life from its beginning; its first rows are its sound state
        restarted = self.row > 1
        self.learning = restarted or agreed["baseline"] is None or hours <= FEW_ROWS * agreed["sample_hours"]
        self.rows.clear()
        self.seen = 0
        self.sums = np.zeros(len(self.bundle.names))
        self.counts = np.zeros(len(self.bundle.names))

    def _learn(self, reading: Array) -> None:
        if self.seen < self.bundle.manifest["input"]["baseline_rows"]:
            known = ~np.isnan(reading)
            self.sums[known] += reading[known]
            self.counts[known] += 1
        self.seen += 1

    def _baseline(self) -> Array:
        if not self.learning:
            stated = self.bundle.manifest["input"]["baseline"]
            return np.array([np.nan if stated[name] is None else stated[name] for name in self.bundle.names])
        with np.errstate(invalid="ignore", divide="ignore"):
            return np.where(self.counts > 0, self.sums / self.counts, np.nan)

    def _latest(self) -> Array:
        return np.array(self.rows)[-self.bundle.shortest_rows :]

    def _why_not(self) -> "str | None":
        if len(self.rows) < self.bundle.shortest_rows:
            since = "so far" if self.seen == len(self.rows) else "since the last hole in the record"
            return f"only {len(self.rows)} rows of this life {since}; {self.bundle.shortest_rows} are needed"
        silent = np.isnan(self._latest()).all(axis=0)
        condition = [place for place, sensor in enumerate(self.bundle.sensors) if sensor["role"] == "condition"]
        if silent[condition].all():
            return f"no reading of the machine's condition over the last {self.bundle.shortest_rows} rows"
        return None

    def _figures(self, answers: dict) -> dict:
        said: dict = {"horizon_hours": self.horizon_hours}
        for model in self.bundle.models:
            if model["task"] in answers:
                said[model["task"]] = describe(model, answers[model["task"]], self.bundle)
        with np.errstate(invalid="ignore"):
            latest = self._latest()
            silent = np.isnan(latest).all(axis=0)
            values = [NAN if quiet else float(np.nanmedian(latest[:, n])) for n, quiet in enumerate(silent)]
        said["limits_crossed"] = crossed(self.bundle.manifest["limits"], dict(zip(self.bundle.names, values)))
        said["missing_sensors"] = [name for name, quiet in zip(self.bundle.names, silent) if quiet]
        return said


def describe(model: dict, found: dict, bundle: Bundle) -> dict:
    """One model's answer as it is written out; a figure that is no number makes the model abstain."""
    said = {"version": model["version"]}
    if not all(np.isfinite(value).all() for name, value in found.items() if name != "deviation"):
        said["abstained"] = "the model gives no number for these readings"
    elif model["task"] == "failure":
        said["probability"] = float(found["probability"][0, 0])
        said["expected"] = said["probability"] >= model["threshold"]
    elif model["task"] == "rul":
        low, value, high = (max(0.0, float(found[name][0, 0])) for name in ("low", "rul_hours", "high"))
        said.update(value=value, low=min(low, value), high=max(high, value), confidence=0.9)
        said["unit"] = bundle.manifest["input"]["time_unit"]
        said["at_least"] = model["cap_hours"] is not None and value >= AT_CAP * model["cap_hours"]
    elif model["task"] == "anomaly":
        said["score"] = float(found["score"][0, 0])
        said["anomalous"] = said["score"] >= model["threshold"]
        pairs = zip(bundle.names, found["deviation"][0].tolist())
        said["deviation"] = {name: value for name, value in pairs if math.isfinite(value)}
    else:
        for name in ("path", "low", "high"):
            said[name] = dict(zip(bundle.names, found[name][0].T.tolist()))
    return said


def crossed(limits: list, values: dict) -> list:
    """The highest limit each sensor's smoothed reading is beyond."""
    found: list = []
    for limit in limits:  # alarms come before warnings
        value = values[limit["sensor"]]
        if any(earlier["sensor"] == limit["sensor"] for earlier in found):
            continue
        if limit["high"] is not None and value > limit["high"]:
            found.append({"sensor": limit["sensor"], "level": limit["level"], "value": value, "above": limit["high"]})
        elif limit["low"] is not None and value < limit["low"]:
            found.append({"sensor": limit["sensor"], "level": limit["level"], "value": value, "below": limit["low"]})
    return found


def readings(lines: Iterable, sensors: list) -> Iterator:
    """Yield (values, hours, life, at) for each line of CSV or JSON lines. Raises BadInput with line and column."""
    lines = iter(lines)
    first = next((line for line in lines if line.strip()), None)
    if first is None:
        raise BadInput("the input is empty; give a header and rows, or JSON lines")
    records = json_records if first.lstrip().startswith("{") else csv_records
    for number, record in records(first, lines):
        yield parse(number, record, sensors)


def csv_records(first: str, lines: Iterator) -> Iterator:
    columns = [name.strip() for name in next(csv.reader([first.lstrip("\ufeff")]))]
    if all(is_number(name) for name in columns):
        raise BadInput("line 1 holds numbers, not column names; the first line of a CSV names the sensors")
    twice = sorted({name for name in columns if columns.count(name) > 1})
    if twice:
        raise BadInput(f"the column {', '.join(twice)} comes more than once")
    for number, fields in enumerate(csv.reader(lines), 2):
        if not fields:
            continue
        if len(fields) != len(columns):
            raise BadInput(f"line {number} has {len(fields)} fields, the header {len(columns)}")
        yield number, dict(zip(columns, fields))


def json_records(first: str, lines: Iterator) -> Iterator:
    for number, line in enumerate(chain([first], lines), 1):
        if not line.strip():
            continue
        try:
            record = json.loads(line)
        except ValueError:
            raise BadInput(f"line {number} is not JSON") from None
        if not isinstance(record, dict):
            raise BadInput(f"line {number} is not a JSON object of sensor names and readings")
        yield number, record


def parse(number: int, record: dict, sensors: list) -> tuple:
    stated = {}
    for column in record:
        name, unit = split_unit(column)
        stated[name] = (column, unit)
    missing = [sensor["name"] for sensor in sensors if sensor["name"] not in stated]
    if missing:
        known = {sensor["name"] for sensor in sensors}
        others = sorted(name for name in stated if name not in known and name not in EXTRA)
        hint = f"; unknown columns: {', '.join(others)}" if others else ""
        raise BadInput(f"line {number}: no column for {', '.join(missing)}{hint}")
    values = []
    for sensor in sensors:
        column, unit = stated[sensor["name"]]
        if unit is not None and unit != sensor["unit"]:
            raise BadInput(f"{sensor['name']} is in {unit}; this bundle takes {sensor['unit']}")
        values.append(reading(number, sensor, record[column]))
    hours = number_of(number, "hours", record[stated["hours"][0]]) if "hours" in stated else NAN
    life = record[stated["life"][0]] if "life" in stated else None
    return values, hours, life, record.get("at")


def reading(number: int, sensor: dict, cell: object) -> float:
    value = number_of(number, sensor["name"], cell)
    if math.isinf(value):
        raise BadInput(f"line {number}: {sensor['name']} is infinite")
    lowest = sensor["lowest_possible"]
    if lowest is not None and value < lowest:
        what = f"{sensor['name']} is {value:g} {sensor['unit']}"
        raise BadInput(f"line {number}: {what}, below what can be ({lowest:g}); is it in another unit?")
    return value


def number_of(number: int, name: str, cell: object) -> float:
    if cell is None or (isinstance(cell, str) and cell.strip().lower() in ("", "nan", "null", "none", "na")):
        return NAN
    if isinstance(cell, bool) or not isinstance(cell, (int, float, str)) or not is_number(cell):
        raise BadInput(f"line {number}: {name} is {cell!r}, not a number")
    return float(cell)


def split_unit(column: str) -> tuple:
    """`vibration [mm/s]` as its name and unit; the unit is None where none is stated."""
    name, bracket, rest = column.partition("[")
    return (name.strip(), rest.rstrip("] ").strip()) if bracket else (column.strip(), None)


def is_number(cell: "int | float | str") -> bool:
    try:
        float(cell)
    except ValueError:
        return False
    return True


def main(arguments: "list | None" = None) -> int:
    parser = argparse.ArgumentParser(description="Judge a machine by its readings; writes one JSON line a row.")
    parser.add_argument("--input", default="-", help="CSV with a header or JSON lines; - is standard input")
    parser.add_argument("--horizon", type=float, default=24.0, help="operating hours to look ahead (24)")
    parser.add_argument("--last", action="store_true", help="only the answer for the last row")
    parser.add_argument("--forecast", action="store_true", help="the sensors' forecast too")
    parser.add_argument("--provider", choices=sorted(PROVIDERS), default="cpu", help="what onnxruntime runs on (cpu)")
    parser.add_argument("--serve", type=int, metavar="PORT", help="answer over HTTP on 127.0.0.1 instead")
    chosen = parser.parse_args(arguments)
    if not 0 < chosen.horizon < float("inf"):
        parser.error("--horizon takes operating hours above zero")
    try:
        bundle = Bundle(os.path.dirname(os.path.abspath(__file__)), chosen.provider)
        if chosen.serve is not None:
            return serve(bundle, chosen.horizon, chosen.forecast, chosen.serve)
        stream = Stream(bundle, chosen.horizon, chosen.forecast)
        if chosen.input != "-" and not os.path.isfile(chosen.input):
            raise BadInput(f"there is no file {chosen.input}")
        if chosen.input == "-":
            return judge_all(stream, sys.stdin, chosen.last)
        with open(chosen.input, encoding="utf-8-sig", newline="") as file:
            return judge_all(stream, file, chosen.last)
    except Damaged as error:
        sys.stderr.write(f"This bundle is refused: {error}.\n")
        return 1
    except (BadInput, UnicodeDecodeError) as error:
        sys.stderr.write(f"The input is refused: {error}.\n")
        return 2


def judge_all(stream: Stream, lines: Iterable, only_last: bool) -> int:
    answered, said = False, {}
    for row in readings(lines, stream.bundle.sensors):
        stream.take(*row)
        if not only_last:
            said = stream.answer()
            answered = answered or "abstained" not in said
            write(said)
    if not stream.row:
        raise BadInput("there are no rows after the header")
    if only_last:
        said = stream.answer()
        answered = "abstained" not in said
        write(said)
    if not answered:
        sys.stderr.write(f"No row could be judged: {said['abstained']}.\n")
        return 1
    return 0


def serve(bundle: Bundle, horizon_hours: float, forecast: bool, port: int) -> int:
    """Answer until interrupted: GET /health; POST /judge with the latest rows, oldest first, as CSV or JSON lines.

    Each request stands alone: it brings the window, and gets the answer for its last row. 200 answered, 422 no figures
    (`abstained` says why), 400 not as agreed, 413 too large.
    """

    class Handler(BaseHTTPRequestHandler):
        timeout = PATIENCE_S

        def do_GET(self) -> None:
            if not self.local():
                return
            if self.path != "/health":
                self.say(404, {"error": f"there is no {self.path}; there are GET /health and POST /judge"})
                return
            models = {model["task"]: model["version"] for model in bundle.models}
            self.say(200, {"status": "ok", "machine_id": bundle.manifest["machine_id"], "models": models})

        def do_POST(self) -> None:
            if not self.local():
                return
            length = self.headers.get("Content-Length", "")
            if self.path != "/judge":
                self.say(404, {"error": f"there is no {self.path}; there are GET /health and POST /judge"})
            elif not length.isdigit():
                self.say(411, {"error": "the request must state its Content-Length"})
            elif int(length) > LARGEST_BODY:
                self.say(413, {"error": f"{length} bytes are too many; send up to {LARGEST_BODY}, the latest rows"})
            else:
                self.judge(int(length))

        def judge(self, length: int) -> None:
            try:
                body = self.rfile.read(length)
                if len(body) < length:
                    raise BadInput(f"{length} bytes were announced and {len(body)} came")
                stream = Stream(bundle, horizon_hours, forecast)
                for row in readings(body.decode("utf-8").splitlines(True), bundle.sensors):
                    stream.take(*row)
                if not stream.row:
                    raise BadInput("there are no rows after the header")
                said = stream.answer()
            except (BadInput, UnicodeDecodeError) as error:
                self.say(400, {"error": str(error)})
                return
            self.say(422 if "abstained" in said else 200, said)

        def local(self) -> bool:
            """A page of another site, opened in a browser on this computer, must not read the machine's condition."""
            host = self.headers.get("Host", "localhost")
            if host.rsplit(":", 1)[0] in LOCAL or host in LOCAL:
                return True
            self.say(403, {"error": f"{host} is not this computer; ask localhost"})
            return False

        def say(self, status: int, said: dict) -> None:
            body = (json.dumps(said) + "\n").encode("utf-8")
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.send_header("Connection", "close")
            self.end_headers()
            self.close_connection = True
            self.wfile.write(body)

        def log_message(self, *said: object) -> None:
            """Standard error holds errors alone."""

    class Server(ThreadingMixIn, HTTPServer):
        daemon_threads = True

    with Server(("127.0.0.1", port), Handler) as server:
        sys.stderr.write(f"Judging {bundle.manifest['machine_id']} on http://127.0.0.1:{server.server_port}\n")
        sys.stderr.flush()
        try:
            server.serve_forever()
        except KeyboardInterrupt:
            return 0
    return 0


def write(said: dict) -> None:
    sys.stdout.write(json.dumps(said) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
