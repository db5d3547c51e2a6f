"""The port of sources stays small."""

from commonhold.core.records.ports import Rows, Source


def test_source_is_small() -> None:
    """A source has at most eight methods, and every one says what it is for."""
    methods = [method for name, method in vars(Source).items() if not name.startswith("_")]

    assert 0 < len(methods) <= 8
    assert all(method.__doc__ for method in methods)


def test_last_page() -> None:
    """Rows after which there are no more have nothing to read on from."""
    assert Rows([]).after is None
