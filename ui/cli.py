"""The `millwright` command. Exit codes: 0 done, 1 the work failed or a threshold was missed, 2 wrong usage."""

import logging
import sys
from pathlib import Path
from typing import Annotated

import typer

from machine_profiles.errors import MillwrightError
from ui.audit_command import audit
from ui.fleet_command import fleet
from ui.users_command import users

app = typer.Typer(help="Talk to your machines: a copilot for predictive maintenance.", no_args_is_help=True,
                  add_completion=False, pretty_exceptions_enable=False)  # fmt: skip
edge = typer.Typer(help="Run exported bundles as the device would.", no_args_is_help=True)
app.add_typer(edge, name="edge")
app.add_typer(fleet, name="fleet")
app.add_typer(audit, name="audit")
app.add_typer(users, name="users")
knowledge = typer.Typer(help="The maintenance documents that answers cite.", no_args_is_help=True)
app.add_typer(knowledge, name="knowledge")

JsonFile = Annotated[Path | None, typer.Option("--json", help="Write the JSON document here; - is standard output.")]


@app.command()
def chat(
    message: Annotated[str | None, typer.Argument(help="One message; without it a conversation opens.")] = None,
    thread: Annotated[str | None, typer.Option(help="The conversation to go on with.")] = None,
    json_: Annotated[
        bool, typer.Option("--json", help="Print the turn as one JSON document and nothing else.")
    ] = False,
    receipts: Annotated[bool, typer.Option(help="Show where each number comes from.")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Approve whatever the message proposes.")] = False,
) -> None:
    """Talk to your machines."""
    from ui.chat_command import chat_command

    raise typer.Exit(chat_command(message, thread, json_, receipts, yes))


@app.command()
def serve(
    host: Annotated[str, typer.Option(help="Address to listen on; other hosts need one of this machine's own.")] = (
        "127.0.0.1"
    ),
    port: Annotated[int, typer.Option(min=1, max=65_535)] = 7860,
    grpc_port: Annotated[
        int | None, typer.Option(min=0, max=65_535, help="Of the models' gRPC service; 8001 where it is free.")
    ] = None,
) -> None:
    """Open the chat in the browser, and the models to programs (Open Inference Protocol)."""
    from ui.serve_command import serve_command

    raise typer.Exit(serve_command(host, port, grpc_port))


@app.command()
def demo() -> None:
    """Prepare the demo plant and show the whole loop in one conversation."""
    from ui.demo_command import demo_command

    raise typer.Exit(demo_command())


@app.command("import")
def import_(
    machine_id: Annotated[str, typer.Argument(help="Such as PUMP_GRUNDFOS_CR3_004.")],
    file: Annotated[Path, typer.Argument(help="CSV or Parquet, one row a sample.")],
    column_map: Annotated[Path | None, typer.Option("--map", help="YAML that says which column is which.")] = None,
    dry_run: Annotated[bool, typer.Option(help="Show what would be stored, and store nothing.")] = False,
    json_: Annotated[bool, typer.Option("--json", help="Print the result as one JSON document.")] = False,
) -> None:
    """Bring a machine's recorded readings in."""
    from ui.import_command import import_command

    raise typer.Exit(import_command(machine_id, file, column_map, dry_run, json_))


@app.command()
def loop(
    machine: Annotated[list[str], typer.Option(help="Only this machine; may be given several times.")] = [],  # noqa: B006
    time_limit: Annotated[int, typer.Option(min=10, max=86_400, help="Seconds of a proposed training.")] = 60,
    json_: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
    every: Annotated[str | None, typer.Option(help="Go on until stopped, a pass so often: 30min, 1h, 1d.")] = None,
) -> None:
    """Take every machine's next step from drift to a better model; what it proposes waits for an engineer."""
    from ui.loop_command import loop_command, schedule_command

    if every is not None:
        raise typer.Exit(schedule_command(every, machine, time_limit, json_))
    raise typer.Exit(loop_command(machine, time_limit, json_))


@app.command()
def watch(
    folder: Annotated[
        Path | None, typer.Argument(help="Where cameras write MACHINE_2026-05-31T08-00.jpg, times in UTC.")
    ] = None,
    once: Annotated[bool, typer.Option("--once", help="Look once; exits with 1 where something failed.")] = False,
    every: Annotated[str, typer.Option(help="Between two passes over the machines: 30min, 1h, 1d.")] = "1h",
    seconds: Annotated[float, typer.Option(min=0.5, max=3600, help="Between two looks into the folder.")] = 10.0,
    json_: Annotated[bool, typer.Option("--json", help="Print a JSON document a look, a line each.")] = False,
) -> None:
    """Watch the machines on a schedule (as `loop --every`), or with a folder the pictures that cameras leave there."""
    from ui.loop_command import loop_command, schedule_command
    from ui.watch_command import watch_command

    if folder is not None:
        raise typer.Exit(watch_command(folder, once, seconds, json_))
    raise typer.Exit(loop_command([], 60, json_) if once else schedule_command(every, [], 60, json_))


@app.command()
def mcp() -> None:
    """Offer the tools to another program by the Model Context Protocol, on standard input and output."""
    from ui.mcp_command import mcp_command

    raise typer.Exit(mcp_command())


@app.command()
def mlflow(port: Annotated[int, typer.Option(min=1, max=65_535)] = 5000) -> None:
    """Open MLflow's own pages on the record of trainings, data sets and exports."""
    from ui.mlflow_command import mlflow_command

    raise typer.Exit(mlflow_command(port))


@app.command()
def backup(
    file: Annotated[
        Path | None, typer.Argument(help="The file to write; one with today's date where left out.")
    ] = None,
) -> None:
    """Copy everything under HOME into one file, also while Millwright runs."""
    from ui.backup_command import backup_command

    raise typer.Exit(backup_command(file))


@app.command()
def restore(file: Annotated[Path, typer.Argument(help="What `millwright backup` wrote.")]) -> None:
    """Bring a backup back into HOME, which must be empty."""
    from ui.backup_command import restore_command

    raise typer.Exit(restore_command(file))


@app.command()
def check(json_: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False) -> None:
    """Look the plant's files over and put right what a crash left; exits with 1 where something is damaged."""
    from ui.backup_command import check_command

    raise typer.Exit(check_command(json_))


@app.command("eval")
def eval_(
    files: Annotated[list[Path] | None, typer.Argument(help="Scenario files.")] = None,
    model: Annotated[
        list[str],
        typer.Option(help="The brain; the setting's where left out. The last of several is compared with the others."),
    ] = [],  # noqa: B006
    repeat: Annotated[int, typer.Option(min=1, max=100, help="Run each scenario so often.")] = 1,
    report: Annotated[Path | None, typer.Option(help="Folder for the HTML report and the JSON result.")] = None,
    json_file: JsonFile = None,
    min_pass: Annotated[float, typer.Option(min=0, max=1, help="Exit with 1 below this pass rate.")] = 0.0,
    workers: Annotated[int, typer.Option(min=1, max=64, help="Conversations at a time.")] = 2,
    tag: Annotated[list[str], typer.Option(help="Only scenarios with this tag; may be given several times.")] = [],  # noqa: B006
    only: Annotated[list[str], typer.Option(help="Only scenarios whose id fits, such as 'jobs-*'.")] = [],  # noqa: B006
    agent: Annotated[
        str | None, typer.Option(help="An agent that is not ours: module:function or file.py:function.")
    ] = None,
    resume: Annotated[bool, typer.Option("--resume", help="Go on with the last such run, stopped or killed.")] = False,
    rescore: Annotated[Path | None, typer.Option(help="Judge this stored result anew; nothing is run.")] = None,
    against: Annotated[Path | None, typer.Option(help="Compare with this stored result.")] = None,
    price: Annotated[str | None, typer.Option(help="USD a million tokens in and out, such as 0.15,0.60.")] = None,
    truth: Annotated[int, typer.Option(min=0, max=10_000, help="Score claims on so many fresh plants instead.")] = 0,
    seed: Annotated[int | None, typer.Option(min=0, help="Of the fresh plants; the setting's where left out.")] = None,
    controls: Annotated[
        bool | None,
        typer.Option(help="Run the controls that need a run of their own too; with --truth they are run by default."),
    ] = None,
) -> None:
    """Run scenario suites against the copilot; or, with --truth N, ask it about N fresh plants whose truth is known."""
    if truth:
        from ui.truth_command import truth_command

        brain = model[-1] if model else None
        raise typer.Exit(truth_command(truth, seed, brain, report, json_file, workers, controls is not False))
    from ui.eval_command import eval_command

    raise typer.Exit(
        eval_command(
            files or [],
            model,
            repeat=repeat,
            report=report,
            json_file=json_file,
            min_pass=min_pass,
            workers=workers,
            tags=tag,
            only=only,
            agent=agent,
            resume=resume,
            rescore=rescore,
            against=against,
            price=price,
            controls=bool(controls),
        )
    )


@app.command()
def bench(
    name: Annotated[str, typer.Argument(help="Such as cmapss.")],
    data: Annotated[Path | None, typer.Option(help="Folder that holds the data set's files.")] = None,
    json_file: JsonFile = None,
    subset: Annotated[str, typer.Option(help="Of C-MAPSS: FD001 to FD004.")] = "FD001",
    machines: Annotated[
        str, typer.Option(help="Of fleet, plant and synthesis: ids, with commas between; all where empty.")
    ] = "",
    time_limit: Annotated[
        int | None, typer.Option(min=5, help="Seconds of each training; the benchmark's own.")
    ] = None,
    seeds: Annotated[int, typer.Option(min=1, max=20, help="Of synthesis: how many.")] = 3,
) -> None:
    """Measure on a known data set, beside its peers in the same run."""
    from ui.bench_command import bench_command

    raise typer.Exit(bench_command(name, data, json_file, subset, machines, time_limit, seeds))


@fleet.command("synthesize")
def fleet_synthesize(
    machines: Annotated[list[str] | None, typer.Argument(help="Ids of machines; all where none is given.")] = None,
    rows: Annotated[int, typer.Option(min=100, max=200_000, help="Rows for each machine.")] = 5000,
    method: Annotated[str, typer.Option(help="auto, lives, gaussian_copula, ctgan, tvae or par.")] = "auto",
    seconds: Annotated[int, typer.Option(min=5, max=3600, help="Seconds the learning may take, a machine.")] = 60,
    workers: Annotated[int, typer.Option(min=1, max=64, help="Machines at a time.")] = 2,
    json_: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
) -> None:
    """Make synthetic data for all machines; made already with the same wishes is kept, and Ctrl-C may stop it."""
    from ui.fleet_synthesis_command import synthesize_command

    raise typer.Exit(synthesize_command(machines or [], rows, method, seconds, workers, json_))


@edge.command("run")
def edge_run(
    bundle: Annotated[Path, typer.Argument(help="The bundle's folder.")],
    input_file: Annotated[Path, typer.Option("--input", help="CSV or JSON lines of readings.")],
) -> None:
    """Run a bundle as the device would."""
    from ui.edge_command import edge_run_command

    raise typer.Exit(edge_run_command(bundle, input_file))


@knowledge.command("add")
def knowledge_add(
    paths: Annotated[
        list[Path], typer.Argument(help="PDF, DOCX, HTML, Markdown, text, pictures of pages; or folders.")
    ],
    machine: Annotated[list[str], typer.Option(help="The machine it is about; may be given several times.")] = [],  # noqa: B006
) -> None:
    """Add documents of your own."""
    from ui.knowledge_command import add_command

    raise typer.Exit(add_command(paths, machine))


@knowledge.command("update")
def knowledge_update() -> None:
    """Read again those of your documents whose files have changed."""
    from ui.knowledge_command import update_command

    raise typer.Exit(update_command())


@knowledge.command("show")
def knowledge_show(passage: Annotated[str, typer.Argument(help="Its id, as a citation or a search gives it.")]) -> None:
    """Print the passage that a citation names."""
    from ui.knowledge_command import show_command

    raise typer.Exit(show_command(passage))


@knowledge.command("list")
def knowledge_list(json_: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False) -> None:
    """Show the documents that were added."""
    from ui.knowledge_command import list_command

    raise typer.Exit(list_command(json_))


@knowledge.command("remove")
def knowledge_remove(name: Annotated[str, typer.Argument(help="Its id, file name or title.")]) -> None:
    """Forget a document."""
    from ui.knowledge_command import remove_command

    raise typer.Exit(remove_command(name))


@knowledge.command("search")
def knowledge_search(
    question: Annotated[str, typer.Argument(help="In your own words.")],
    machine: Annotated[str | None, typer.Option(help="Look only at what holds for this machine.")] = None,
    top: Annotated[int, typer.Option(min=1, max=50)] = 5,
    json_: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
) -> None:
    """Search the knowledge base; exits with 1 where it holds no evidence."""
    from ui.knowledge_command import search_command

    raise typer.Exit(search_command(question, machine, top, json_))


def main() -> None:
    """Errors a person can act on are one line on standard error; bugs keep their traceback."""
    logging.basicConfig(level=logging.WARNING, format="%(message)s")
    try:
        app()
    except MillwrightError as error:
        print(error, file=sys.stderr)
        sys.exit(1)


if __name__ == "__main__":
    main()
