"""What is looked for in the source itself: each exception from ruff's security rules says why it is none."""

import re

from tests.house.source import complain, modules

EXCEPTION = re.compile(r"# noqa: [A-Z0-9, ]*\bS\d+")
REASON = re.compile(r"# noqa: [A-Z0-9, ]+ - \S.{4,}")
SHARED = {
    "eval": re.compile(r"(?<![\w.])(?:eval|exec)\("),
    "pickle": re.compile(r"\b(?:pickle|marshal|shelve)\b"),
    "shell": re.compile(r"shell=True|os\.system|os\.popen"),
    "random": re.compile(r"\brandom\.(?:random|choice|randint|randbytes)\("),
    "yaml": re.compile(r"yaml\.load\("),
}


def unexplained(text: str) -> list[str]:
    """Return the lines that switch a security rule off and do not say why."""
    return [line.strip() for line in text.splitlines() if EXCEPTION.search(line) and not REASON.search(line)]


def test_exceptions_from_security_rules_say_why() -> None:
    """Whoever switches a rule off beside a line says there what makes the line harmless."""
    found = [f"{module.path}: {line}" for module in modules("src") for line in unexplained(module.text)]
    complain(found, "write `# noqa: S105 - the reason`, or do without.")


def test_nothing_is_run_or_read_that_could_be_code() -> None:
    """No text becomes code, no object is read from bytes, no shell is called, and chance is not that of games."""
    found = [
        f"{module.path}: {name}"
        for module in modules("src")
        for name, pattern in SHARED.items()
        if pattern.search(module.text) and "/testing/" not in module.path
    ]
    complain(found, "use msgspec, a list of arguments, or `secrets`.")


def test_exceptions_are_seen() -> None:
    """An exception without a reason is seen, one with a reason and one from another rule are let through."""
    assert unexplained("x = 1  # noqa: S105")
    assert unexplained("x = 1  # noqa: E501, S105")
    assert not unexplained("x = 1  # noqa: S105 - the name of a cookie")
    assert not unexplained("x = 1  # noqa: SIM115")
