"""Is `bench` in a process that has imported everything: run by `runpy`, with `given` among its globals.

A `sitecustomize.py` among what is given is run here, and by every Python that this one starts.
"""

import os
import runpy
import sys
from typing import Any

from inpaintbench.cli import main

given: dict[str, Any]

if __name__ == "__main__":
    os.chdir(given["folder"])
    os.environ.update(given["environment"])
    for descriptor, name in ((1, "out"), (2, "err")):
        os.dup2(os.open(given["streams"] + name, os.O_WRONLY | os.O_CREAT | os.O_APPEND), descriptor)
    if given["customize"]:
        runpy.run_path(given["customize"])
        known = os.environ.get("PYTHONPATH")
        os.environ["PYTHONPATH"] = os.path.dirname(given["customize"]) + (os.pathsep + known if known else "")  # noqa: PTH120
    sys.argv = ["bench", *given["arguments"]]
    main()
