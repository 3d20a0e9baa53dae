"""The terms of the masks that this package draws itself."""

from typing import Final

LICENCE: Final = "MIT"
