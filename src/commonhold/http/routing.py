"""From host and path to a route: which face owns the path, and which of its routes it means."""

import re
from collections.abc import Iterable
from functools import cache, lru_cache
from typing import Final

import msgspec

from commonhold.http.cors import Cors
from commonhold.http.face import Face, Route
from commonhold.settings.values import FaceSettings

_VARIABLE: Final = re.compile(r"\{(\w+)(:path)?\}")
_DOUBLED: Final = re.compile(r"//+")
_PORT: Final = re.compile(r":\d*\Z")


@cache
def _names(path: str) -> tuple[str, ...]:
    """Return the names of the variables in a template."""
    return tuple(name for name, _ in _VARIABLE.findall(path))


class Match(msgspec.Struct, frozen=True):
    """The routes of a path by method, and the values of its variables in order."""

    routes: dict[str, Route]
    values: tuple[str, ...]

    def params(self, route: Route) -> dict[str, str]:
        """Return the variables of a route by name."""
        return dict(zip(_names(route.path), self.values, strict=True))

    @property
    def methods(self) -> list[str]:
        """The methods this path takes, as ``Allow`` lists them."""
        return sorted({*self.routes, "OPTIONS"} | ({"HEAD"} if "GET" in self.routes else set()))


class _Node:
    """One place in the tree of paths: what may follow, and the routes that end here."""

    __slots__ = ("literal", "rest", "routes", "variable")

    def __init__(self) -> None:
        self.literal: dict[str, _Node] = {}
        self.variable: _Node | None = None
        self.rest: _Node | None = None
        self.routes: dict[str, Route] = {}


class Tree:
    """The routes of a face as a tree of segments. A literal segment goes before a variable one."""

    def __init__(self, routes: Iterable[Route]) -> None:
        """Plant all routes; two of the same method and path are a mistake."""
        self._root = _Node()
        for route in routes:
            node = self._plant(route)
            if route.method in node.routes:
                raise ValueError(f"two routes for {route.method} {route.path}: take one away")
            node.routes[route.method] = route

    def _plant(self, route: Route) -> _Node:
        node = self._root
        for part in route.path.removeprefix("/").split("/"):
            variable = _VARIABLE.fullmatch(part) if part[:1] == "{" else None
            if variable is None:
                node = node.literal.get(part) or node.literal.setdefault(part, _Node())
            elif variable[2]:
                node.rest = node = node.rest or _Node()
            else:
                node.variable = node = node.variable or _Node()
        return node

    def match(self, path: str) -> Match | None:
        """Find the routes of a path."""
        return _walk(self._root, path.removeprefix("/").split("/"), 0, ())


def _walk(node: _Node, parts: list[str], at: int, values: tuple[str, ...]) -> Match | None:
    if at == len(parts):
        return Match(node.routes, values) if node.routes else None
    part = parts[at]
    below = node.literal.get(part)
    found = _walk(below, parts, at + 1, values) if below is not None else None
    if found is None and node.variable is not None and part:
        found = _walk(node.variable, parts, at + 1, (*values, part))
    if found is None and node.rest is not None:
        found = Match(node.rest.routes, (*values, "/".join(parts[at:])))
    return found


@lru_cache(maxsize=32)
def _planted(routes: tuple[Route, ...]) -> Tree:
    """Return the tree of a face's routes, which does not depend on where the face is mounted."""
    return Tree(routes)


class Mounted:
    """A face where settings put it: under a prefix, on a host of its own, open to some origins."""

    __slots__ = ("claims", "cors", "face", "host", "tree", "under")

    def __init__(self, face: Face, settings: FaceSettings) -> None:
        """Mount ``face`` as ``settings`` say."""
        self.face = face
        self.under = settings.prefix or ""
        self.host = settings.host
        self.claims = tuple(self.under + claim.rstrip("/") for claim in face.claims)
        self.tree = _planted(face.routes)
        self.cors = Cors(settings.origins or face.origins, face.exposes)

    def match(self, path: str) -> Match | None:
        """Find the routes of a path that this face owns."""
        path = path[len(self.under) :]
        if self.face.doubled and "//" in path:
            path = _DOUBLED.sub("/", path)
        if self.face.slashes and path.endswith("/") and len(path) > 1:
            path = path[:-1]
        return self.tree.match(path)


class Claims:
    """Who owns which paths. A face with a host of its own is found there alone, and nobody else is."""

    def __init__(self, mounted: Iterable[Mounted]) -> None:
        """Sort the claims of all faces; two faces with the same claim are a mistake of the settings."""
        self._hosts: dict[str | None, dict[str, list[tuple[str, Mounted]]]] = {}
        taken: dict[tuple[str | None, str], str] = {}
        for one in mounted:
            for claim in one.claims:
                other = taken.setdefault((one.host, claim), one.face.name)
                if other != one.face.name:
                    raise ValueError(
                        f"{other} and {one.face.name} both claim {claim or '/'}: put one of them under a prefix"
                    )
                self._hosts.setdefault(one.host, {}).setdefault(_first(claim), []).append((claim, one))
        for firsts in self._hosts.values():
            for claims in firsts.values():
                claims.sort(key=lambda claim: -len(claim[0]))

    def owner(self, host: str, path: str) -> Mounted | None:
        """Return the face with the longest claim on a path, if there is one; ``host`` as the caller names it."""
        firsts = self._hosts.get(None)
        if len(self._hosts) > 1 or firsts is None:
            firsts = self._hosts.get(_PORT.sub("", host).lower(), firsts)
        if firsts is None:
            return None
        for claim, mounted in firsts.get(_first(path), ()):
            if path.startswith(claim) and path[len(claim) : len(claim) + 1] in ("", "/"):
                return mounted
        everything = firsts.get("")
        return everything[-1][1] if everything else None


def _first(path: str) -> str:
    return path.split("/", 2)[1] if "/" in path else ""
