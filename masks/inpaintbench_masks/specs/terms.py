"""What the specs of several masks say alike."""

from typing import Final

LICENCE: Final = "MIT"
"""The terms of the masks that this package draws itself."""

MEASURED: Final = "Measured missing shares are in docs/masks.md."
"""Where it stands how much is missing on average, with standard errors; no spec says it a second time."""
