"""Speed and memory, measured by hand: see README.md. No part of the tests or of the installed package."""
