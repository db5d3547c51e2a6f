"""By each face: every request that changes something in a folder of Alice's, as its clients send it."""

from collections.abc import Callable
from typing import Any, Final

from tests.trust.town import Town

Asks = list[tuple[str, str, Any]]

A, DOCS, DEEP, INNER = "/alice/a.txt", "/alice/docs", "/alice/docs/deep.txt", "/alice/docs/inner"
OWN: Final = "/sharing/rest/content/users/alice"


def writes(town: Town, face: str, home: str) -> Asks:
    """Copy into and within, move from and to (``home`` is one's own folder), rename, overwrite, make, throw away."""
    return WRITES[face](town, home)


def _native(town: Town, home: str) -> Asks:
    uid = town.uid(A)
    docs = town.uid(DOCS)
    inner = town.uid(INNER)
    deep = town.uid(DEEP)
    return [
        ("POST", f"/api/v1/items/{deep}/copy", {"parent": inner}),
        ("POST", f"/api/v1/items/{uid}/copy", {"parent": docs}),
        ("POST", f"/api/v1/items/{deep}/move", {"parent": inner}),
        ("POST", f"/api/v1/items/{deep}/move", {"parent": home}),
        ("POST", f"/api/v1/items/{deep}/move", {"name": "mine"}),
        ("PATCH", f"/api/v1/items/{docs}", {"inherits": False}),
        ("PUT", f"/api/v1/items/{deep}/content", b"mine"),
        ("PUT", f"/api/v1/items/{docs}/children/new.txt", b"mine"),
        ("POST", f"/api/v1/items/{docs}/children", {"kind": "folder", "name": "mine"}),
        ("DELETE", f"/api/v1/items/{deep}", None),
    ]


def _web(town: Town, home: str) -> Asks:
    docs, inner, deep, uid = town.uid(DOCS), town.uid(INNER), town.uid(DEEP), town.uid(A)
    return [
        ("POST", f"/app/items/{docs}/files", None),
        ("POST", f"/app/items/{inner}/files", None),
        ("POST", f"/app/items/{docs}/folders", {"name": "mine"}),
        ("POST", f"/app/items/{deep}/rename", {"name": "mine"}),
        ("POST", f"/app/items/{docs}/rename", {"name": "mine"}),
        ("POST", f"/app/items/{deep}/versions", None),
        ("POST", "/app/chosen/move", {"item": deep, "into": inner}),
        ("POST", "/app/chosen/move", {"item": deep, "into": home}),
        ("POST", "/app/chosen/copy", {"item": deep, "into": inner}),
        ("POST", "/app/chosen/copy", {"item": uid, "into": docs}),
        ("POST", "/app/chosen/trash", {"item": deep}),
        ("POST", "/app/trash/purge", {"item": deep}),
        ("POST", f"/app/items/{deep}/share", {"do": "send", "to": "carol", "role": "manager"}),
    ]


def _puter(town: Town, home: str) -> Asks:
    uid = town.uid(A)
    docs = town.uid(DOCS)
    inner = town.uid(INNER)
    deep = town.uid(DEEP)
    return [
        ("POST", "/copy", {"source": deep, "destination": inner}),
        ("POST", "/copy", {"source": uid, "destination": docs}),
        ("POST", "/move", {"source": deep, "destination": inner}),
        ("POST", "/move", {"source": deep, "destination": home}),
        ("POST", "/rename", {"uid": deep, "new_name": "mine"}),
        ("POST", "/mkdir", {"parent": docs, "path": "mine"}),
        ("POST", "/delete", {"paths": [DEEP, deep]}),
    ]


def _filr(town: Town, home: str) -> Asks:
    deep = town.uid(DEEP)
    no = town.no(DEEP)
    folder = town.no(DOCS)
    return [
        ("POST", f"/rest/files/{deep}", b"mine"),
        ("POST", f"/rest/files/{deep}/name", {"name": "mine"}),
        ("PUT", f"/rest/folders/{folder}", {"title": "mine"}),
        ("POST", f"/rest/folders/{folder}/library_folders", {"title": "mine"}),
        ("POST", f"/rest/folders/{folder}/library_files?file_name=x.txt", b"mine"),
        ("DELETE", f"/rest/files/{deep}", None),
        ("DELETE", f"/rest/folder_entries/{no}", None),
        ("DELETE", f"/rest/folders/{folder}", None),
    ]


def _arcgis(town: Town, home: str) -> Asks:
    ident = town.arcgis_id(DEEP)
    return [
        ("POST", f"{OWN}/items/{ident}/update?f=json", {"title": "mine", "text": "mine"}),
        ("POST", f"{OWN}/items/{ident}/move?f=json", {"folder": "/"}),
        ("POST", f"{OWN}/items/{ident}/reassign?f=json", {"targetUsername": "bob"}),
        ("POST", f"{OWN}/items/{ident}/delete?f=json", {}),
        ("POST", f"{OWN}/items/{ident}/protect?f=json", {}),
        ("POST", f"{OWN}/createFolder?f=json", {"title": "mine"}),
        (
            "POST",
            f"{OWN}/{town.arcgis_id(DOCS)}/addItem?f=json",
            {"title": "mine", "type": "Web Map", "text": "{}"},
        ),
        ("POST", f"{OWN}/{town.arcgis_id(DOCS)}/delete?f=json", {}),
    ]


def _directus(town: Town, home: str) -> Asks:
    docs = town.uid(DOCS)
    deep = town.uid(DEEP)
    return [
        ("PATCH", f"/files/{deep}", {"filename_download": "mine"}),
        ("DELETE", f"/files/{deep}", None),
        ("PATCH", f"/items/commonhold_files/{deep}", {"name": "mine"}),
        ("DELETE", f"/items/commonhold_folders/{docs}", None),
        ("PATCH", "/items/notes/1", {"text": "mine"}),
        ("DELETE", "/items/notes/1", None),
    ]


WRITES: Final[dict[str, Callable[[Town, str], Asks]]] = {
    "native": _native,
    "web": _web,
    "puter": _puter,
    "filr": _filr,
    "arcgis": _arcgis,
    "directus": _directus,
}
