"""The turnstile lets one in at a time, whoever asks."""

import subprocess
import sys
import threading
from pathlib import Path

from commonhold.store.sqlite.turnstile import Turnstile

HOLD = (
    "import sys, time; from pathlib import Path; from commonhold.store.sqlite.turnstile import Turnstile\n"
    "with Turnstile(Path(sys.argv[1])): print('in', flush=True); time.sleep(600)"
)


def test_one_at_a_time(tmp_path: Path) -> None:
    """Of many turnstiles on one database one is inside; all get their turn."""
    inside, most, turns = 0, 0, 0

    def go() -> None:
        nonlocal inside, most, turns
        turnstile = Turnstile(tmp_path / "a.db")
        for _ in range(100):
            with turnstile:
                inside += 1
                most, turns = max(most, inside), turns + 1
                inside -= 1
        turnstile.close()

    threads = [threading.Thread(target=go) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert (most, turns) == (1, 400)


def test_databases_do_not_wait_for_one_another(tmp_path: Path) -> None:
    """Each database has its own."""
    with Turnstile(tmp_path / "a.db"), Turnstile(tmp_path / "b.db"):
        pass


def test_the_dead_do_not_block(tmp_path: Path) -> None:
    """Whoever dies inside is out: the next one comes in."""
    path = tmp_path / "a.db"
    process = subprocess.Popen([sys.executable, "-c", HOLD, str(path)], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stdout.readline() == "in\n"
    entered = threading.Event()

    def enter() -> None:
        with Turnstile(path):
            entered.set()

    waiting = threading.Thread(target=enter)
    waiting.start()
    assert not entered.wait(0.05)

    process.kill()
    process.communicate()

    waiting.join()
    assert entered.is_set()
