"""Slurm: `engine` has its cells done as tasks of job arrays, each a `task` here and `node` there.

`settings` is what `--slurm` says, and `queue` what Slurm says of its tasks.
"""
