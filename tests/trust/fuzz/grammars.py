"""Grammars of requests: sense about what is there, and nonsense beside it. Each draws one case."""

from collections.abc import Callable
from typing import Any

from tests.trust.fuzz.dialect import directus, filters, graphql
from tests.trust.fuzz.values import FORM, JSON, PEOPLE, Case, Draw, filled, plussed, quoted, routed
from tests.trust.town import FACES

Grammar = Callable[[Draw], Case]


def native(d: Draw) -> Case:
    """Any route of the native API with any JSON, query and headers."""
    method, path = routed(d, "native")
    headers = [JSON] if d.chance(0.9) else [("content-type", d.one("text/plain", "", "application/x", "a/b;c=\xff"))]
    if d.chance(0.1):
        name = d.one("idempotency-key", "if-match", "commonhold-revision", "commonhold-pass", "accept", "origin")
        headers.append((name, _header(d)))
    return Case(method, path, d.form("native", 3), tuple(headers), d.json(d.fields("native")), d.one(*PEOPLE))


def _header(d: Draw) -> str:
    return d.text().encode("utf-8", "replace").decode("latin-1").replace("\r", "").replace("\n", "").replace("\0", "")


_FOUND_BY = ("title", "owner", "type", "access", "created", "modified", "tags", "id", "group", "orgid", "typekeywords")
_WORDS = ("a", "alice", '"Web Map"', "pa*", "*", "[0 TO 9]", "{a TO b}", "[1 TO", "TO", "0000001", '"', "(", ")", "a~2",
          "é", "\\", "/x/")  # fmt: skip
_SEARCHES = ("/search", "/search", "/community/groups", "/community/users", "/content/groups/x/search",
             "/portals/self/users/search")  # fmt: skip
_MORE = ("start", "num", "sortField", "sortOrder", "bbox", "categories", "filter")


def search(d: Draw) -> Case:
    """Search queries of the ArcGIS dialect."""
    parts = []
    for _ in range(d.rng.randrange(1, 9)):
        word = d.one(*_WORDS, d.text())
        parts.append(d.one("", "", "+", "-", "!") + (f"{d.one(*_FOUND_BY, 'x')}:{word}" if d.chance(0.5) else word))
        if d.chance(0.5):
            parts.append(d.one("AND", "OR", "NOT", "&&", "||", "(", ")", "((((", "^2"))
    text = " ".join(parts) if d.chance(0.98) else "(" * 5000 + "a"
    asked = {"f": d.one("json", "pjson", "html", "x"), "q": text}
    asked |= {name: d.one(d.number(), d.text()) for name in d.some(_MORE, 3)}
    query = "&".join(f"{name}={plussed(str(one))}" for name, one in asked.items())
    return Case("GET", f"/sharing/rest{d.one(*_SEARCHES)}", query, who=d.one(*PEOPLE))


def arcgis(d: Draw) -> Case:
    """Any route of the ArcGIS dialect with any form."""
    method, path = routed(d, "arcgis")
    fixed = {"f": d.one("json", "json", "json", "pjson", "html", "", "x")}
    for name in d.some(
        (
            "everyone",
            "org",
            "groups",
            "items",
            "users",
            "title",
            "type",
            "text",
            "tags",
            "token",
            "username",
            "privileges",
        ),
        4,
    ):
        fixed[name] = None
    text = d.form("arcgis", 4, **fixed)
    if method == "GET":
        return Case(method, path, text, who=d.one(*PEOPLE))
    if d.chance(0.1):
        return _multipart(d, "POST", path, d.one(*PEOPLE))
    return Case(method, path, "", (FORM,), text.encode(), d.one(*PEOPLE))


def _multipart(d: Draw, method: str, path: str, who: str, *more: tuple[str, str]) -> Case:
    """A form with files: mostly as it should be."""
    mark = d.one("x", "----a", "é", " ", "a" * 80)
    parts = []
    for _ in range(d.rng.randrange(4)):
        name, file = d.text().replace('"', "%22"), d.text().replace('"', "%22")
        kind = d.one("", f'; filename="{file}"', f"; filename*=UTF-8''{quoted(file)}", "; filename=", '; filename="')
        lines = d.one("\r\n", "\r\n", "\r\n", "\n")
        parts.append(
            f'--{mark}{lines}Content-Disposition: form-data; name="{name}"{kind}{lines}{lines}{d.text()}{lines}'
        )
    end = d.one(f"--{mark}--\r\n", f"--{mark}--\r\n", f"--{mark}", "", "--")
    body = ("".join(parts) + end).encode("utf-8", "surrogatepass")
    kind = f"multipart/form-data; boundary={mark}" if d.chance(0.95) else "multipart/form-data"
    return Case(method, path, "", (("content-type", kind.encode().decode("latin-1")), *more), body, who)


def _xml(d: Draw, face: str, depth: int) -> str:
    from_face = d.one(*_ELEMENTS) if d.chance(0.8) else d.text()[:12]
    name = from_face.replace("\0", "") or "x"
    inside = (
        "".join(_xml(d, face, depth - 1) for _ in range(d.rng.randrange(4))) if depth and d.chance(0.6) else _content(d)
    )
    attribute = d.one("", "", "", ' a="b"', ' xmlns="urn:x"', ' xsi:nil="true"', " a=b", ' a="&x;"')
    return f"<{name}{attribute}>{inside}</{name if d.chance(0.97) else 'y'}>"


_ELEMENTS = ("share", "recipient", "type", "id", "access", "role", "sharing", "grant_reshare",
             "days_to_expire", "comment", "expiration", "folder", "title", "public", "internal", "external",
             "email", "item", "permission",
             "name")  # fmt: skip


def _content(d: Draw) -> str:
    text = str(
        d.one(d.text(), d.number(), "true", "user", "VIEWER", "&amp;", "&#0;", "&x;", "<![CDATA[x]]>", "<!-- x -->")
    )
    return text if d.chance(0.3) else text.replace("&", "&amp;").replace("<", "&lt;")


def filr(d: Draw) -> Case:
    """Any route of the Filr dialect, with JSON and XML."""
    method, path = routed(d, "filr")
    accept = d.one("application/json", "application/xml", "*/*", "text/html", "application/xml;q=x,*", "")
    query = d.form("filr", 3) if d.chance(0.4) else ""
    if d.chance(0.5):
        head = d.one("", "", '<?xml version="1.0"?>', '<?xml version="1.0" encoding="utf-16"?>',
                     '<!DOCTYPE a [<!ENTITY x "y">]>',
                     '<!DOCTYPE a SYSTEM "file:///etc/passwd">')  # fmt: skip
        body = head + _xml(d, "filr", d.rng.randrange(1, 5)) if d.chance(0.98) else "<a>" * 20_000
        kinds = d.one("application/xml", "text/xml", "application/xml; charset=x")
        return Case(
            method,
            path,
            query,
            (("accept", accept), ("content-type", kinds)),
            body.encode("utf-8", "surrogatepass"),
            d.one(*PEOPLE),
        )
    sent = d.fields("filr") | {d.one(*_ELEMENTS): d.value("filr") for _ in range(d.rng.randrange(4))}
    return Case(method, path, query, (("accept", accept), JSON), d.json(sent), d.one(*PEOPLE))


def puter(d: Draw) -> Case:
    """Any route of the Puter dialect: shares with recipients and things of every form, files, logins."""
    method, path = routed(d, "puter")
    body: Any = d.fields("puter")
    if d.chance(0.5):
        path = d.one("/share", "/share", "/share/revoke", "/auth/grant-user-user", "/batch", "/stat", "/readdir", path)
        method = "POST"
        for name in d.some(
            (
                "recipients",
                "things",
                "paths",
                "shares",
                "items",
                "mode",
                "dry_run",
                "access",
                "path",
                "operations",
                "uid",
            ),
            4,
        ):
            body[name] = (
                d.value("puter") if d.chance(0.5) else [d.fields("puter", 2) for _ in range(d.rng.randrange(3))]
            )
    if d.chance(0.1):
        return _multipart(d, method, path, d.one(*PEOPLE))
    if d.chance(0.1):
        return Case(method, path, d.form("puter", 3), (FORM,), d.form("puter").encode(), d.one(*PEOPLE))
    return Case(method, path, d.form("puter", 2), (JSON,), d.json(body), d.one(*PEOPLE))


def web(d: Draw) -> Case:
    """Pages and their forms, with cookies and languages of every kind."""
    method, path = routed(d, "web")
    origin = ("origin", d.one("http://files.example", "http://files.example", "null", "http://evil.example", "é"))
    cookies = (
        "cookie",
        "; ".join(
            f"{d.one('session', 'commonhold', 'pass', 'lang', '')}{d.one('=', '', '==')}{_header(d)}" for _ in range(2)
        ),
    )
    language = ("accept-language", d.one("de", "en;q=0.1,*", "x" * 500, ";;;", "de-DE-x-y, *;q=9", _header(d)))
    more = (origin, language, *((cookies,) if d.chance(0.3) else ()))
    if d.chance(0.2):
        return _multipart(d, method, path, d.one(*PEOPLE), *more)
    return Case(method, path, d.form("web", 2), (FORM, *more), d.form("web", 4).encode(), d.one(*PEOPLE))


def tus(d: Draw) -> Case:
    """Headers of uploads in pieces."""
    method = d.one("POST", "PATCH", "HEAD", "DELETE", "OPTIONS")
    path = filled(d, "/api/v1/items/{item}/uploads" if method == "POST" else "/api/v1/uploads/{upload}")
    names = (
        "upload-length",
        "upload-offset",
        "upload-defer-length",
        "upload-metadata",
        "upload-checksum",
        "upload-concat",
    )
    metadata = (
        "filename YQ==",
        "filename",
        "filename =",
        "a b c",
        "filename YQ==,filename YQ==",
        ",",
        "filename //8=",
        "é YQ==",
    )
    odd = ("0", "1", "5", "-1", "1e3", " 1", "9" * 30, "sha1 x", "md5 " + "a" * 24, "partial", "final;/x", "")
    headers = [("tus-resumable", d.one("1.0.0", "1.0.0", "1.0.0", "0.2.2", ""))]
    headers += [(name, str(d.one(*(metadata if name.endswith("data") else odd)))) for name in d.some(names, 5)]
    headers.append(
        ("content-type", d.one("application/offset+octet-stream", "application/offset+octet-stream", "text/plain"))
    )
    return Case(method, path, "", tuple(headers), d.rng.randbytes(d.rng.randrange(8)), d.one(*PEOPLE))


def ranges(d: Draw) -> Case:
    """Ranges and conditions of downloads, by every door."""
    path = filled(d, d.one("/api/v1/items/{item}/content", "/assets/{item}", "/s/{secret}/download",
                          "/app/items/{item}/content",
                          "/sharing/rest/content/items/{item}/data", "/rest/files/{id}", "/read"))  # fmt: skip
    unit = d.one("bytes", "bytes", "bytes", "Bytes", "items", "", "bytes ")
    spans = [
        f"{d.one(0, 1, 5, '', -1, 10**30)}{d.one('-', '-', '--', '')}{d.one(0, 3, 99, '', 10**30, 'x')}"
        for _ in range(d.rng.randrange(1, 6))
    ]
    headers = [("range", f"{unit}={d.one(',', ', ', ';').join(spans)}")]
    for name in d.some(("if-range", "if-none-match", "if-match", "if-modified-since", "if-unmodified-since"), 2):
        headers.append(
            (
                name,
                d.one(
                    '"1"',
                    'W/"1"',
                    "*",
                    '"',
                    "Sun, 22 Nov 2026 00:00:00 GMT",
                    "Sun, 99 Nov 9999 99:99:99 GMT",
                    _header(d),
                ),
            )
        )
    query = d.one("", "path=%2Falice%2Fa.txt", "version=1", "key=1&width=10", d.form("directus", 2))
    return Case(d.one("GET", "GET", "HEAD"), path, query, tuple(headers), who=d.one(*PEOPLE))


def paths(d: Draw) -> Case:
    """Paths that no route has, in all ways of writing them, of every face and none."""
    parts = [
        d.one(d.text(), *("api", "v1", "items", "rest", "sharing", "s", "app", "share", "..", ".", ""))
        for _ in range(d.rng.randrange(1, 7))
    ]
    raw = "/" + "/".join(
        part if d.chance(0.2) and part.isascii() and part.isprintable() and " " not in part else quoted(part)
        for part in parts
    )
    if d.chance(0.2):
        raw = raw.replace("%", "%25", 1)
    method = d.one("GET", "GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS", "SEARCH", "PROPFIND", "X")
    accept = d.one("text/html", "application/json", "*/*", "", _header(d))
    host = d.one("files.example", "files.example", "x", "", "[::1]:1", "é", "a" * 300)
    headers = (("accept", accept), ("host", host.encode().decode("latin-1")), ("x-forwarded-for", _header(d)))
    return Case(method, raw.replace("#", "%23").replace("?", "%3F"), d.form("native", 2), headers, who=d.one(*PEOPLE))


def names(d: Draw) -> Case:
    """Files and folders of every name, and the ZIP in which they all are."""
    where = d.one(*d.known["folder"])
    if d.chance(0.15):
        return Case("GET", f"/api/v1/items/{where}/zip")
    if d.chance(0.5):
        return Case("PUT", f"/api/v1/items/{where}/children/{quoted(d.text())}", "on_collision=rename", (), b"x")
    body = {"kind": "folder", "name": d.text()}
    return Case("POST", f"/api/v1/items/{where}/children", "", (JSON,), d.json(body))


def credentials(d: Draw) -> Case:
    """Tokens, passes, cookies and Basic pairs that are none, at every door."""
    face = d.one(*FACES)
    method, path = routed(d, face)
    name = d.one("authorization", "authorization", "cookie", "commonhold-pass", "x-esri-authorization")
    value = d.one(
        "Bearer ",
        "Basic ",
        "Digest ",
        "",
        "bearer\t",
        "Basic Og==",
        "Basic YTpi",
        "session=",
        "directus_session_token=",
    ) + _header(d)
    query = d.one(
        "", f"access_token={plussed(d.text())}", f"token={plussed(d.text())}", f"auth_token={plussed(d.text())}"
    )
    return Case(method, path, query, ((name, value), JSON), b"{}", "nobody")


def depth(d: Draw) -> Case:
    """Bodies as deep, as wide and as long as a client likes."""
    path = d.one(
        "/api/v1/shares", "/share", "/items/notes", "/rest/shares", "/graphql", "/shares", "/sharing/rest/generateToken"
    )
    size = d.one(10, 100, 900, 1_100, 10_000, 100_000)
    body = d.one(
        b"[" * size, b'{"a":' * size + b"1" + b"}" * size, b"[" + b"0," * size + b"0]", b'"' + b"a" * size + b'"',
        b"9" * size, b'{"' + b"k" * size + b'":1}', b"<a>" * size, b"a=1&" * size, b"a[b]" * size + b"=1",
        b'{"filter":' + b'{"_and":[' * size + b"]}" * size + b"}", b"{" + b'"a":1,' * size + b'"a":1}',
    )  # fmt: skip
    kind = d.one("application/json", "application/json", "application/xml", "application/x-www-form-urlencoded")
    return Case("POST", path, "", (("content-type", kind),), body, d.one(*PEOPLE))


_ALL = (native, directus, filters, graphql, arcgis, search, filr, puter, web, tus, ranges, paths, names, credentials)
GRAMMARS: dict[str, Grammar] = {one.__name__: one for one in (*_ALL, depth)}
