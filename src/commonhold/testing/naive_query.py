"""What a query means, in plain Python: the measure of every source.

It is the evaluation of ``core.records.shelf``, which shares no code with the sources.
"""

from commonhold.core.records.shelf import Evaluator as NaiveSource

__all__ = ["NaiveSource"]
