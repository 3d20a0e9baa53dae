"""Two methods, two runs, two masks: what differs, by how much, and whether it is certain.

`pairs` says which cells answer the same question on both sides, `differences` compares them image by image, `adjusting`
takes into account that there are many cells, `summary` sums up over all of them, `changed` finds the images that
changed most, and `regressions` what has become worse than allowed. `hardest` compares masks, and data sets, by what
`difficulty` reads of each picture. `sheets`, `ladders` and `notes` arrange what was found for printing, and `data` for
programs. All that is tested or resampled comes from `inpaintbench.statistics`.
"""
