"""Planning: which cells a suite asks for, what their methods must have learned first, and how long each will take."""
