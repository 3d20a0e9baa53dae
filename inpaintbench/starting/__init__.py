"""Beginning a plugin of one's own: `package` writes one that works, from the files in `templates`."""
