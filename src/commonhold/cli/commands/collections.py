"""``commonhold collections``: tables of an existing database, taken in as they are."""

from pathlib import Path
from typing import Annotated

import typer

from commonhold import wiring
from commonhold.cli.command import Session, command
from commonhold.cli.exits import Unusable
from commonhold.cli.where import actor_on, core_of, refused
from commonhold.core.problems import Problem
from commonhold.core.records.catalogs import adopt_collections

app = typer.Typer(help="Take tables of an existing database in as collections.", no_args_is_help=True)


@command(app, "adopt", example="collections adopt customers orders --from shop.db", local=True)
async def adopt(
    session: Session,
    tables: Annotated[
        list[str] | None, typer.Argument(metavar="[TABLE]…", help="Which; all, if none is named.")
    ] = None,
    source: Annotated[
        str | None,
        typer.Option(
            "--from", metavar="PLACE", help="SQLite file, or schema of our PostgreSQL; else beside our tables."
        ),
    ] = None,
    writable: Annotated[bool, typer.Option("--writable", help="Let rows be changed; not those of a file.")] = False,
) -> None:
    """Take tables in as collections: their rows are read by rules and shared one by one, foreign keys become relations.

    Nothing of the tables is copied or changed, and nobody but administrators sees them before a rule says so.
    """
    if source is not None and not session.settings.on_postgres:
        if writable:
            raise Unusable("Tables of another file can only be read. Leave out --writable.")
        if not Path(source).is_file():
            raise Unusable(f"{source}: there is no such file.")
    async with core_of(session.settings) as core:
        try:
            found = await wiring.reflect(session.settings, source, tables or [], read_only=not writable)
            await adopt_collections(core, await actor_on(core, None), found)
        except Problem as problem:
            raise refused(problem) from None
    told = [{"collection": one.name, "fields": len(one.fields), "relations": len(one.relations)} for one in found]
    if not session.out.value(told):
        rows = [(one["collection"], one["fields"], one["relations"]) for one in told]
        session.out.table(("collection", "fields", "relations"), rows, "There is no table to be taken in.")
