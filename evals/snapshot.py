"""What lies under HOME, by subject: which model is in service, which data set, log or bundle there is."""

import os
from collections.abc import Iterator
from pathlib import Path

Snapshot = dict[str, frozenset[tuple[str, int, int]]]  # subject → its files: path below HOME, bytes, ns of last change

# first part of a path below HOME → its subject, with what the next parts are called
SUBJECTS = {
    "models": "registry:MACHINE/TASK", "datasets": "dataset:MACHINE/NAME@VERSION", "telemetry": "telemetry:MACHINE",
    "maintenance": "maintenance:MACHINE", "rejected": "rejected:MACHINE", "bundles": "bundle:MACHINE",
    "profiles": "profile:MACHINE", "reports": "report:MACHINE",
}  # fmt: skip
WHOLE = {"jobs": "jobs", "audit.jsonl": "audit", "mlflow.db": "mlflow", "mlflow_artifacts": "mlflow"}
# conversations, and what is worked out again where it is missing
NOT_STATE = {"conversations.sqlite", "conversations.sqlite-wal", "conversations.sqlite-shm", "cache", "drift", "plots"}


def snapshot(home: Path) -> Snapshot:
    """Every file that is state, under the subject it belongs to; folders, locks and caches are none."""
    found: dict[str, set[tuple[str, int, int]]] = {}
    for entry, parts in _files(str(home), ()):
        if parts[0] in NOT_STATE or parts[:2] == ("knowledge", "index") or parts[-1].endswith(".lock"):
            continue
        stat = entry.stat(follow_symlinks=False)
        found.setdefault(_subject(parts), set()).add(("/".join(parts), stat.st_size, stat.st_mtime_ns))
    return {subject: frozenset(files) for subject, files in found.items()}


def subjects_changed(before: Snapshot, after: Snapshot) -> tuple[str, ...]:
    """What is new, gone or other than it was, in the order of the alphabet."""
    return tuple(sorted(each for each in {*before, *after} if before.get(each) != after.get(each)))


def _files(folder: str, above: tuple[str, ...]) -> Iterator[tuple["os.DirEntry[str]", tuple[str, ...]]]:
    with os.scandir(folder) as entries:
        for entry in entries:
            parts = (*above, entry.name)
            if entry.is_dir(follow_symlinks=False):
                if parts[0] not in NOT_STATE:
                    yield from _files(entry.path, parts)
            else:
                yield entry, parts


def _subject(parts: tuple[str, ...]) -> str:
    named = SUBJECTS.get(parts[0])
    if named is None:
        return WHOLE.get(parts[0], "/".join(parts[:2]))
    kind, levels = named.split(":")[0], named.count("/") + 1
    name = "/".join(parts[1 : levels + 1])
    return f"{kind}:{name.removesuffix('.jsonl').removesuffix('.yaml')}"
