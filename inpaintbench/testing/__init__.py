"""What plugins promise, tried on them: the checks behind `bench check`, and as tests of pytest.

A test that is marked with the plugin's selector, and takes `inpaintbench_check`, runs once for each of its checks:

```python
import pytest


@pytest.mark.inpaintbench("nearest")
def test_it_keeps_its_promises(inpaintbench_check):
    inpaintbench_check()
```

`docs/checking.md` lists the checks. This package imports no torch before a check runs.
"""

from __future__ import annotations

from inpaintbench.testing.checks import Check, NotApplicable, Outcome, PromiseError, promise
from inpaintbench.testing.examination import Examination, checks_of

__all__ = ["Check", "Examination", "NotApplicable", "Outcome", "PromiseError", "checks_of", "promise"]
