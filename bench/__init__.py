"""Speed and size of Commonhold, measured: ``python -m bench``. The figures are explained in docs/reference/bench.md."""
