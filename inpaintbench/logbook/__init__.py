"""What a run leaves in its results folder beside the cells, so that others can see how far it is, and that it lives.

```
DIR/runs/000017/
    plan.json    written once: which cells are to be done, by which process of which machine, since when
    beat.json    written again every few seconds: the cells that are running now
    end.json     written once, at its end: how it ended; a run that is dead without it was killed
    .lock        held while the process lives
```

Runs are numbered, so that a clock that was set back changes nothing of their order. Of those that are dead, the newest
`KEPT` stay.

`files` says what lies there, `writing` is what a run does with it, `reading` what others do.
"""

from inpaintbench.logbook.files import LoggedCell
from inpaintbench.logbook.reading import RunSeen, read_runs
from inpaintbench.logbook.writing import Logbook

__all__ = ["Logbook", "LoggedCell", "RunSeen", "read_runs"]
