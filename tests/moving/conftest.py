"""Data directories as the tests of the command line have them."""

from tests.cli.conftest import alone, empty, settled

__all__ = ["alone", "empty", "settled"]
