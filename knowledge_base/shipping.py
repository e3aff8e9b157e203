"""`python -m knowledge_base.shipping`: embed the shipped documents once, so that no installation has to."""

import tempfile
from pathlib import Path

import numpy as np

from knowledge_base.index import SHIPPED_ROWS, Index, shipped_rows
from knowledge_base.shipped import shipped_passages
from machine_profiles.reading import SHIPPED, load_catalog
from models.storage import Storage, whole_file


def main() -> None:
    passages, known = shipped_passages(), shipped_rows()
    new = [passage for passage in passages if passage.key not in known]
    with tempfile.TemporaryDirectory() as home:
        rows = Index(Storage(Path(home)), load_catalog(SHIPPED)).embed(new)
    known |= dict(zip((passage.key for passage in new), rows, strict=True))
    keys = [passage.key for passage in passages]
    with whole_file(SHIPPED_ROWS) as temporary, temporary.open("wb") as file:
        np.savez(file, keys=np.array(keys), rows=np.stack([known[key] for key in keys]).astype(np.float16))


if __name__ == "__main__":
    main()
