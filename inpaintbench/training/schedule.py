"""How the rate of learning changes while a training goes on."""


def remaining_rate(step: int, steps: int, decay: float) -> float:
    """Return what is left of the full rate: 1, and in the last `decay` of the steps a line that ends at 0 after them.

    Args:
        step: number of the step, from 0.
        steps: how many there are.
        decay: share of them, 0 to 1; 0: the rate stays as it is.

    >>> [round(remaining_rate(step, 10, 0.4), 3) for step in (0, 6, 7, 9)]
    [1.0, 1.0, 0.75, 0.25]
    """
    left = 1 - step / steps
    return min(1.0, left / decay) if decay > 0 else 1.0
