"""Running cells: the plan, the worker's loop over one cell, and what happens to it.

Importing this package lets idle OpenMP threads sleep, unless the user's environment says otherwise (it is
heeded only if torch has not been imported yet). Spinning threads take the processor from the thread that
loads the next batch: on two cores that made small tensor operations a hundred times as slow.
"""

import os

os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
