"""``POST /batch``: folders and files in one form, each operation done, or refused, for itself."""

import contextlib
from collections.abc import AsyncIterator
from typing import Any, Final

import msgspec
from starlette.responses import Response

from commonhold.core.content.files import put, put_content
from commonhold.core.content.steps import Collision
from commonhold.core.content.tree import get
from commonhold.core.model import Item
from commonhold.core.problems import Problem
from commonhold.faces.puter.entries import entry, path_of
from commonhold.faces.puter.files import make
from commonhold.faces.puter.places import folder_at, live, path_at
from commonhold.faces.puter.problems import ApiError, field_invalid, of_problem, text_wanted
from commonhold.faces.puter.routes import Table, decoded
from commonhold.faces.puter.share import ABORTED
from commonhold.faces.puter.values import MISSING, UUID, Fields, Json, truthy
from commonhold.http.face import Call
from commonhold.http.media import OCTETS, media_type
from commonhold.http.multipart import FormPart, form_parts
from commonhold.http.replies import json_reply
from commonhold.http.uploads import with_head

TABLE = Table()

FORM: Final = "multipart/form-data"


class Batch:
    """Operations in their order; files belong to the writing ones, in theirs."""

    def __init__(self, call: Call) -> None:
        """Begin without an operation."""
        self._call = call
        self._operations: list[Fields] = []
        self._results: dict[int, dict[str, Json]] = {}
        self._folders: dict[str, str] = {}
        self.bad = False

    def add(self, text: str) -> None:
        """Take one more operation, and do nothing yet."""
        with contextlib.suppress(Problem):
            found = decoded(text)
            if isinstance(found, dict):
                self._operations.append(found)
                return
        self._operations.append({})

    async def file(self, part: FormPart) -> None:
        """Write a file: the next operation that wants one."""
        await self._folders_first()
        place = next((at for at, one in self._left() if one.get("op") == "write"), None)
        if place is not None:
            await self._do(place, part)

    async def results(self) -> list[dict[str, Json]]:
        """Do what is left, and return what became of everything."""
        await self._folders_first()
        for place, _ in self._left():
            await self._do(place)
        return [self._results[place] for place in range(len(self._operations))]

    def _left(self) -> list[tuple[int, Fields]]:
        return [(at, one) for at, one in enumerate(self._operations) if at not in self._results]

    async def _folders_first(self) -> None:
        for place, one in self._left():
            if one.get("op") == "mkdir":
                await self._do(place)

    async def _do(self, place: int, part: FormPart | None = None) -> None:
        """Do one operation, and note what became of it."""
        one = self._operations[place]
        try:
            self._results[place] = await self._done(one, part)
        except (ApiError, Problem) as problem:
            error = of_problem(problem) if isinstance(problem, Problem) else problem
            told = {"error": True, "status": error.status, "message": error.message, "code": error.code}
            self._results[place] = {**error.fields, **told}
            self.bad = True

    async def _done(self, one: Fields, part: FormPart | None) -> dict[str, Json]:
        match one.get("op"):
            case "mkdir":
                return await self._mkdir(one)
            case "write" if part is not None:
                return await self._write(one, part)
            case "write":
                raise ApiError("field_missing", 400, "Field `file` is required.", key="file")
        raise field_invalid("op", "`mkdir` or `write`")

    async def _mkdir(self, one: Fields) -> dict[str, Json]:
        path = one.get("path")
        if not isinstance(path, str):
            raise text_wanted("path", path)
        parent = one.get("parent")
        whole = path if parent is None else f"{await self._path(parent)}/{path.strip('/')}"
        missing = any(truthy(one.get(f"create_missing_{name}", MISSING)) for name in ("ancestors", "parents"))
        seen = await live(self._call, await make(self._call, await self._path(whole), one, missing=missing))
        if isinstance(one.get("as"), str):
            self._folders[one["as"]] = path_of(seen)
        return entry(seen)

    async def _path(self, value: Json) -> str:
        """Return an absolute path; ``$name`` stands for a folder that this batch has made."""
        if isinstance(value, str) and value.startswith("$"):
            name, _, rest = value[1:].partition("/")
            if name not in self._folders:
                raise ApiError("subject_does_not_exist", 404, "File or directory not found.")
            value = f"{self._folders[name]}/{rest}"
        return await path_at(self._call, value)

    async def _write(self, one: Fields, part: FormPart) -> dict[str, Json]:
        name = one.get("name") or part.filename
        if not isinstance(name, str) or not name:
            raise text_wanted("name", name)
        folder = await self._path(one.get("path"))
        item = await self._put(one, part, folder, name)
        try:
            return entry(await get(self._call.core, self._call.actor, item.no))
        except Problem:  # one who may only put things there is told the name that he gave
            return {"uid": item.uid, "uuid": item.uid, "name": item.name, "is_dir": False, "size": item.size}

    async def _put(self, one: Fields, part: FormPart, folder: str, name: str) -> Item:
        call, overwrite = self._call, truthy(one.get("overwrite", MISSING))
        head, chunks = await with_head(aiter(part))
        media = part.media_type if part.media_type != OCTETS else media_type(name, head)
        above = folder.strip("/").split("/")
        if len(above) == 2 and UUID.fullmatch(above[1]):  # a file as its recipient sees it: /owner/<uid>/name
            return await self._replace(above[1].lower(), chunks, media, overwrite=overwrite)
        missing = any(truthy(one.get(f"create_missing_{word}", MISSING)) for word in ("ancestors", "parents"))
        dedupe = truthy(one.get("dedupe_name", MISSING))
        collision = Collision.VERSION if overwrite else Collision.RENAME if dedupe else Collision.REFUSE
        into = await folder_at(call, folder, make=missing)
        return await put(call.core, call.actor, into, name, chunks, media=media, on_collision=collision)

    async def _replace(self, uid: str, chunks: AsyncIterator[bytes], media: str, *, overwrite: bool) -> Item:
        if not overwrite:
            await live(self._call, uid)
            raise Problem("name_collides", field="name")
        return await put_content(self._call.core, self._call.actor, uid, chunks, media=media)


@TABLE.route("POST", "/batch", streams=FORM)
async def batch(call: Call, _: Fields) -> Response:
    """Make folders and write files; 218 where one of the operations was refused."""
    if call.request.headers.get("content-type", "").partition(";")[0].strip().lower() != FORM:
        raise field_invalid("Content-Type", FORM)
    found = Batch(call)
    async for part in form_parts(call.request, limit=call.core.limits.upload):
        if part.name == "operation":
            found.add(await part.text())
        elif part.name == "file" or part.filename is not None:
            await found.file(part)
    results: list[dict[str, Any]] = await found.results()
    return json_reply(msgspec.to_builtins({"results": results}), ABORTED if found.bad else 200)
