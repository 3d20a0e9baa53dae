"""Worker processes: started from a fork server, watched, limited, and replaced when they die.

`forking` is the fork server, `nursery` the hand that this process has on it; `worker` is what runs in a worker, and
`leash` what holds it; both talk by `channel`. `output` keeps what a worker prints; `probing` asks one for devices.
"""
