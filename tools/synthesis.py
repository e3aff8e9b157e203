"""More data than was recorded: synthetic lives or rows, learnt from the recorded ones."""

from pydantic import Field

from models import synthesis
from models.synthesis import Method, SynthesisResult
from tools.plant import Plant
from tools.tool import Arguments, MachineId, tool


class SynthesizeData(Arguments):
    machine_id: MachineId
    rows: int = Field(5000, ge=100, le=200_000, description="How many rows to make.")
    method: Method = Field("auto", description="auto tries what the time allows and keeps the most useful.")
    time_limit_s: int = Field(60, ge=5, le=3600, description="Seconds the learning may take.")


@tool("create")
def synthesize_data(plant: Plant, args: SynthesizeData) -> SynthesisResult:
    """Make a synthetic data set for a machine from its recorded lives, with a quality report.

    Use for "make more data for the pump". The result is a new version of the data set `synthetic`; label_rul can take
    it. High quality says that rows look real; `tried` says how well models trained on them did on recorded lives.
    ctgan, tvae and par need a minute or more to be any good; lives and gaussian_copula take seconds.
    """
    profile = plant.machines[args.machine_id]
    return synthesis.synthesize(
        plant.datasets,
        plant.telemetry,
        profile,
        rows=args.rows,
        method=args.method,
        time_limit_s=args.time_limit_s,
        seed=plant.seed,
        now=plant.now,
    )
