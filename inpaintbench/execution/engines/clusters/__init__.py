"""Clusters: engines whose jobs are done on other machines, each under the supervision of a local run's workers there.

`remote` is what such machines are told, and what they tell; `ledger` keeps what has been said of each job, and
`shipping` carries files where folders are not shared. `ray` and `slurm` have the machines of their schedulers;
`interruption` lets what they started end with the run, and `leftovers` removes what a killed one has left.
"""
