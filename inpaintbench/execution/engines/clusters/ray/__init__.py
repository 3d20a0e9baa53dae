"""Ray: `engine` has its cells done as tasks of a `cluster`, found by its `address`; `node` is what happens there.

`ears` listens to all tasks at once.
"""
