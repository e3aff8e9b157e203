"""Real recordings for the drift benchmark: gas sensors that drift by design, and a rig's fault-free hours."""

from pathlib import Path

import pandas as pd

from machine_profiles.profile import Profile, Sensor

GAS_SENSORS = 16  # of each the first of its eight features, the steady-state response
ROWS = 160
SKAB_ROWS = 900  # a quarter of an hour, one row a second
START = pd.Timestamp("2026-01-01", tz="UTC")

Windows = list[tuple[Profile, pd.DataFrame, pd.DataFrame]]


def gas_windows(folder: Path) -> Windows:
    """The first batch is the reference, stretches of the later ones are the windows.

    The gas and its concentration stand where a machine has its load: they are what the array is asked to smell.
    """
    if (path := _file(folder, "gas_drift")) is None:
        return []
    table = _read(path)
    gases = sorted(table["gas"].unique())
    rows = pd.DataFrame({f"s{n + 1}": table[f"f{8 * n + 1}"].astype(float) for n in range(GAS_SENSORS)})
    for gas in gases:
        is_gas = (table["gas"] == gas).astype(float)
        rows[f"gas_{gas}"], rows[f"conc_{gas}"] = is_gas, is_gas * table["conc"].astype(float)
    operating = [f"{kind}_{gas}" for gas in gases for kind in ("gas", "conc")]
    profile = _profile("SENSOR_GAS_ARRAY_900", [f"s{n + 1}" for n in range(GAS_SENSORS)], operating)
    rows["at"] = START + pd.to_timedelta(range(len(rows)), unit="h")
    first = table["batch"].min()
    reference = _shuffled(rows[table["batch"] == first])
    windows: Windows = []
    for batch in sorted(table["batch"].unique()):
        if batch != first:
            later = _shuffled(rows[table["batch"] == batch])
            windows += [(profile, reference, later.iloc[at : at + ROWS]) for at in range(0, len(later) - ROWS, ROWS)]
    return windows


def skab_windows(folder: Path) -> Windows:
    """The rig's fault-free file: its first half is the reference, stretches of the rest are the windows."""
    if (path := _file(folder, "skab")) is None:
        return []
    table = _read(path)
    quiet = table[table["file"].str.contains("anomaly-free")].reset_index(drop=True)
    if len(quiet) < 4 * SKAB_ROWS:
        return []
    names = {
        name: "".join(c if c.isalnum() else "_" for c in name.lower())
        for name in quiet.columns
        if name not in ("file", "datetime", "anomaly", "changepoint")
    }
    rows = quiet[list(names)].rename(columns=names).astype(float)
    rows["at"] = pd.to_datetime(quiet["datetime"], utc=True)
    profile = _profile("RIG_SKAB_901", list(names.values()), [])
    half = len(rows) // 2
    return [
        (profile, rows.iloc[:at].tail(2 * half), rows.iloc[at : at + SKAB_ROWS])
        for at in range(half, len(rows) - SKAB_ROWS, SKAB_ROWS)
    ]


def _profile(machine_id: str, condition: list[str], operating: list[str]) -> Profile:
    sensors = [Sensor(name=name, description=name, quantity="ratio", unit="dimensionless") for name in condition]
    sensors += [
        Sensor(name=name, description=name, quantity="load", unit="dimensionless", role="operating")
        for name in operating
    ]
    return Profile(id=machine_id, name=machine_id.title(), kind="cnc", sensors=tuple(sensors))


def _shuffled(rows: pd.DataFrame) -> pd.DataFrame:
    """Batches are sorted by gas: drawn anew, so that every stretch holds them all; the times stay in order."""
    drawn = rows.sample(frac=1.0, random_state=0)
    return drawn.assign(at=sorted(rows["at"]))


def _file(folder: Path, prefix: str) -> Path | None:
    return next((path for path in sorted(folder.glob(f"{prefix}*")) if path.suffix in (".parquet", ".csv")), None)


def _read(path: Path) -> pd.DataFrame:
    return pd.read_parquet(path) if path.suffix == ".parquet" else pd.read_csv(path)
