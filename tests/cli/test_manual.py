"""The page of the reference names every command and option, and its examples are ones that can be typed."""

import shlex
from pathlib import Path

import pytest
from tests.cli.conftest import in_process

from commonhold.cli.exits import CODES, CommandError
from commonhold.cli.manual import commands, page
from commonhold.cli.serving import OPTIONS, parse

PAGE = Path(__file__).resolve().parents[2] / "docs" / "reference" / "cli.md"
NAMES = [name for name, _ in commands()]


def test_the_page_is_what_the_program_says() -> None:
    """``scripts/make-docs`` wrote the page after the last change of a command."""
    assert page() == PAGE.read_text("utf-8"), "run scripts/make-docs"


def test_every_command_of_the_plan_is_there() -> None:
    """Every command that is promised exists."""
    promised = (
        "serve share demo open why audience migrate check-config doctor work; shares: list show amend withdraw renew; "
        "user: add list suspend resume delete password; group: add list delete; group member: add remove; "
        "org: add list; app: add; token: create list revoke; item: put get ls mkdir mv rm restore"
    )
    wanted = set()
    for group in promised.split("; "):
        prefix, _, names = group.rpartition(": ")
        wanted |= {" ".join(filter(None, ("commonhold", prefix, name))) for name in names.split()}
    assert wanted <= set(NAMES)


def test_every_option_is_documented() -> None:
    """Each option of each command stands in the section of that command, except those that all have."""
    text = PAGE.read_text("utf-8")
    sections = {part.partition("\n")[0]: part for part in text.split("\n## ")[1:]}
    for name, found in commands():
        section = next(part for title, part in sections.items() if title == name or title.startswith(f"{name} "))
        for one in found.params:
            if one.param_type_name == "option" and one.name not in ("help",):
                known = f"`{one.opts[0]}`" in section or f"`{one.opts[0]}`" in text.partition("\n## ")[0]
                assert known, f"{name} {one.opts[0]}"
            assert one.help, f"{name} {one.name} says nothing"


@pytest.mark.parametrize("name", NAMES)
def test_helps(name: str) -> None:
    """The help of each command is short, and has an example that the command itself understands."""
    ran = in_process(*name.split()[1:], "--help")
    assert ran.code == 0
    assert len(ran.out.splitlines()) <= 60
    found = dict(commands())[name]
    example = shlex.split(str(found.epilog).removeprefix("Example: "))
    assert " ".join(example[: len(name.split())]) == name
    if name == "commonhold serve":
        assert parse(example[2:])
    else:
        found.make_context(name, example[len(name.split()) :])


def test_serve_reads_what_its_help_says() -> None:
    """The options of ``serve`` are read without the library that makes its help, in both ways of writing a value."""
    for option in OPTIONS:
        if option.value is None:
            assert parse([option.flag]) == {option.setting: False}
        else:
            assert parse([option.flag, "7"]) == parse([f"{option.flag}=7"]) == {option.setting: "7"}


def test_exit_codes_are_those_of_the_errors() -> None:
    """Every error of the command line ends with a code that the page explains."""
    kinds = CommandError.__subclasses__()
    assert {CommandError.code, *(kind.code for kind in kinds)} <= set(CODES)
    assert len({kind.code for kind in kinds}) == len(kinds)


def test_the_version() -> None:
    """The program says its version, and what it is when nothing is asked of it."""
    assert in_process("--version").out.startswith("commonhold ")
    assert "share" in in_process("--help").out
