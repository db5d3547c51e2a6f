"""The directory: people, groups, organisations, their sessions and tokens."""
