"""Devices: choosing one, knowing what it can do, and who has it to himself."""
