"""What a query means, in plain Python: the measure of every source.

It is the evaluation of ``core.records.evaluate``, which shares no code with the sources.
"""

from commonhold.core.records.evaluate import Evaluator as NaiveSource

__all__ = ["NaiveSource"]
