"""Options that several commands have, and how they become terms of a share."""

from typing import Annotated, Any

import typer

from commonhold.cli.command import secret_of
from commonhold.cli.moments import read_end, read_start

Item = Annotated[str, typer.Argument(metavar="ITEM", help="Path (/owner/folder/file) or uid.")]
Share = Annotated[str, typer.Argument(metavar="SHARE", help="Id or uid of the share, or its link.")]
User = Annotated[str, typer.Argument(metavar="USER", help="Log-in name, or uid.")]
Group = Annotated[str, typer.Argument(metavar="GROUP", help="Title, or uid.")]
Org = Annotated[str, typer.Argument(metavar="ORG", help="Title, or uid.")]
Most = Annotated[int | None, typer.Option("--limit", min=1, help="Print so many at most.")]

NewPassword = Annotated[
    str | None,
    typer.Option(
        "--password",
        prompt="Password",
        prompt_required=False,
        confirmation_prompt=True,
        hide_input=True,
        help="A password; `-` reads a line of standard input, without a value it is asked for.",
    ),
]
Password = Annotated[
    str | None,
    typer.Option(
        "--password",
        prompt="Password",
        prompt_required=False,
        hide_input=True,
        help="The password; `-` reads a line of standard input, without a value it is asked for.",
    ),
]
Expires = Annotated[
    str | None, typer.Option("--expires", metavar="WHEN", help="7d, 12h, or 2026-12-31 (that day included).")
]
Starts = Annotated[
    str | None, typer.Option("--starts", metavar="WHEN", help="2h from now, 2026-12-01, or with T08:00.")
]
MaxUses = Annotated[int | None, typer.Option("--max-uses", metavar="N", help="How often it can be opened.")]
Note = Annotated[str | None, typer.Option("--note", help="A note for the recipients.")]
RoleOption = Annotated[
    str | None,
    typer.Option("--role", help="previewer, viewer, uploader, editor, contributor or manager."),
]


def terms_of(
    *,
    password: str | None = None,
    expires: str | None = None,
    starts: str | None = None,
    max_uses: int | None = None,
    note: str | None = None,
) -> dict[str, Any]:
    """Return terms as the API takes them; what is None is left out.

    :raises Mistyped: a date that is none
    """
    terms: dict[str, Any] = read_end(expires) if expires is not None else {}
    if starts is not None:
        terms["starts"] = read_start(starts)
    given = {"password": secret_of(password), "max_uses": max_uses, "note": note}
    return terms | {name: value for name, value in given.items() if value is not None}
