"""Methods that are programs: called as a command, or asked as a service on this machine."""
