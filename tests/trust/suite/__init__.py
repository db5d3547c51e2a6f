"""The tests themselves, with everything tried that they know."""
