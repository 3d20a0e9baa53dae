"""Prepared pictures: a split of a data set, decoded, cropped and resized once, and mapped into memory ever after.

`wanted` says which pictures; `shelf` keeps what is prepared and finds it again; `build` makes it, with `worker`
processes; `split` is what one gets.
"""
