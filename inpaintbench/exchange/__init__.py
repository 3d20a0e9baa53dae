"""Pictures for programs that no plugin calls: written with their holes, filled elsewhere, and taken back to be scored.

`bench export` writes a folder, whose `manifest.json` says what is in it, and which never holds the truth. `bench score`
looks through what has come back, and makes a method of it, so that it is scored as every other is.
"""
