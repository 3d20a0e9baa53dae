"""How certain a number is, and whether two methods can be told apart: from the records of single images.

`resampling` draws images, `intervals` says how far a mean may be off, `tests` whether a difference may be chance,
`holm` what many tests at once mean, `verdicts` which methods are as good as the best, and `friedman` what mean ranks
over many cells are worth. `pairing` brings together what several methods have made of the same image and hole, and
`certainty` judges the cells of a leaderboard.

All of it is exact to repeat: what is drawn at random depends on a seed alone, on every machine.
"""
