"""Decisions: pure functions of a snapshot. Nothing here reads, writes, waits or knows the time by itself."""
