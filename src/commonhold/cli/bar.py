"""A bar for what tells how much of it is done."""

from typing import Any

from commonhold.cli.command import Session
from commonhold.cli.files import Progress


class Bar:
    """A bar that is made when it is known how much there is to do."""

    def __init__(self, session: Session) -> None:
        """Show nothing yet, and nothing at all to programs."""
        self._silent = session.out.json
        self._running: Any = None
        self._bar: Progress | None = None
        self._done = 0
        self._stopped = False

    def __enter__(self) -> "Bar":
        """Begin."""
        return self

    def __exit__(self, *error: object) -> None:
        """Take the bar away."""
        if self._running is not None:
            self._running.__exit__(*error)

    def stop(self) -> None:
        """End what goes on in a thread at its next word."""
        self._stopped = True

    def tell(self, done: int, total: int) -> None:
        """Show how much is done."""
        if self._stopped:
            raise KeyboardInterrupt
        if self._bar is None:
            self._running = Progress(total, silent=self._silent).running()
            self._bar = self._running.__enter__()
        self._bar.step(done - self._done)
        self._done = done
