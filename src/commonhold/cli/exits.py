"""Exit codes, and the errors that lead to them."""

from typing import Any, Final

REFUSED: Final = 1
USAGE: Final = 2
UNREACHABLE: Final = 3
UNUSABLE: Final = 4
BROKEN: Final = 5
INTERRUPTED: Final = 130

CODES: Final = {
    0: "done",
    REFUSED: "refused, wholly or in part: the code, the sentence and the field stand on standard error",
    USAGE: "the command line cannot be understood",
    UNREACHABLE: "the server cannot be reached, or broke off",
    UNUSABLE: "not started: the settings, the data directory, or the address to listen on cannot be used",
    BROKEN: "`audit verify`: the chain of events is broken; the first broken event is named",
    INTERRUPTED: "interrupted by Ctrl-C (a server that is ended by it exits with 0)",
}
"""Every exit code, and what it says. The page of the reference is made from this table."""


class CommandError(Exception):
    """What ends a command: a sentence that says what to do, and the exit code."""

    code = REFUSED

    def __init__(self, sentence: str, **facts: Any) -> None:
        """Keep the sentence, and facts for programs."""
        super().__init__(sentence)
        self.sentence = sentence
        self.facts = facts

    def told(self) -> dict[str, Any]:
        """Return what programs are told."""
        return {"detail": self.sentence, **self.facts}


class Refused(CommandError):
    """The core refused: ``problem`` is the body of the reply."""

    def __init__(self, problem: dict[str, Any]) -> None:
        """Keep the problem as the API tells it."""
        super().__init__(str(problem.get("detail", "The server refused.")))
        self.problem = problem
        self.name = str(problem.get("code", "internal"))

    def told(self) -> dict[str, Any]:
        """Return the problem itself."""
        return self.problem


class Mistyped(CommandError):
    """What was typed makes no sense."""

    code = USAGE


class Unreachable(CommandError):
    """Nobody answers, or the answer broke off."""

    code = UNREACHABLE


class Unusable(CommandError):
    """The data directory, the settings or the address cannot be used."""

    code = UNUSABLE
