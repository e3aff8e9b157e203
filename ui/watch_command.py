"""`millwright watch DIR`: pictures of a folder, judged and filed as they come."""

import sys
import time
from pathlib import Path

from settings import Settings


def watch_command(folder: Path, once: bool, every_s: float, as_json: bool) -> int:
    """Look until interrupted, or `once`: then 1 where a picture was refused."""
    from agent.answers.asked import Asked
    from agent.answers.images import say_image
    from tools.camera_pictures import take_pictures
    from tools.plant import open_plant

    plant = open_plant(Settings())
    try:
        while True:
            taken = take_pictures(plant, folder)
            if as_json and (once or taken.filed or taken.refused):
                print(taken.model_dump_json(), flush=True)
            elif not as_json:
                for each in taken.filed:
                    asked = Asked(catalog=plant.machines)
                    said = say_image(each.diagnosis, asked).finding if each.diagnosis else f"{each.picture}: known."
                    print(f"{said} Filed as {each.filed}.", flush=True)
                for refused in taken.refused:
                    print(f"{refused.reason} Kept as {refused.kept}.", file=sys.stderr, flush=True)
                if once and taken.waiting:
                    print(f"Still being written: {', '.join(taken.waiting)}.", flush=True)
            if once:
                return 1 if taken.refused else 0
            time.sleep(every_s)
    except KeyboardInterrupt:
        return 0
