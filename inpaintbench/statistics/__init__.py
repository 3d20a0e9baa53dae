"""How certain a number is, and whether two methods can be told apart: from the records of single images.

`resampling` draws images, `intervals` says how far a mean may be off, `tests` whether a difference may be chance
(`unpaired`, of different images), `holm` what many tests at once mean, and `verdicts` which methods are as good as the
best; `stratified` does so over several data sets. `friedman` says what mean ranks over many cells are worth.

`pairing` brings together what several methods have made of the same image and hole, and `rivalry` judges them. So
`certainty` judges the groups of a leaderboard, `strata_certainty` their strata, and `aggregates` sums up over all
groups. `memory` keeps what was found.

All of it is exact to repeat: what is drawn at random depends on a seed alone, on every machine.
"""
