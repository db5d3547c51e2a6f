"""What ``/graphql/system`` asks of what the server itself keeps: shares above all, who made them, and logging in."""

from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Any, Final

from graphql import (
    GraphQLArgument,
    GraphQLBoolean,
    GraphQLField,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLSchema,
    GraphQLString,
)
from msgspec.structs import replace

from commonhold.core.query import NEVER
from commonhold.core.records.catalog import Catalog, Collection, Field
from commonhold.core.records.kinds import Kind
from commonhold.core.records.reading import Ground
from commonhold.core.records.rules import Access, fields_of, rows_of
from commonhold.core.roles import Action
from commonhold.faces.directus import auth, shares_verbs
from commonhold.faces.directus.accountability import REFRESH_COOKIE, SESSION_COOKIE
from commonhold.faces.directus.gql import scalars
from commonhold.faces.directus.gql.roots import Info, Row, schema_of
from commonhold.faces.directus.gql.types import Shape, Types
from commonhold.faces.directus.problems import forbidden, invalid_payload
from commonhold.faces.directus.registry import COLLECTIONS, ROLES, SHARES, USERS
from commonhold.faces.directus.system import CATALOG, ground
from commonhold.http.credentials import refuse_cross_site
from commonhold.http.face import Call

PREFIX: Final = "directus_"
MOST_SCHEMAS: Final = 32
_CERTAIN: Final = {SHARES: ("collection", "item"), ROLES: ("name",)}
_OBJECTS: Final = {"role": "a role", "user_created": "a user"}


class System:
    """The backend of one request, and its schema."""

    def __init__(self, call: Call, shelf: Ground, shape: Shape) -> None:
        """Stand on what the caller may do."""
        self.call = call
        self.ground = shelf
        self.shape = shape
        self.catalog = Catalog(0, shape.read)
        self.cookies: list[bytes] = []

    @property
    def schema(self) -> GraphQLSchema:
        """The schema, kept by everything that it depends on."""
        return _schema(self.shape)

    async def create(self, collection: str, rows: Sequence[Row]) -> list[Any]:
        """Make shares."""
        del collection
        return await self._done(await shares_verbs.create(self.call, [_plain(one) for one in rows]))

    async def update(self, collection: str, rows: Sequence[tuple[Any, Row]]) -> list[Any]:
        """Change shares."""
        del collection
        keys = await shares_verbs.update(self.call, [(str(key or ""), _plain(one)) for key, one in rows])
        if not keys:
            raise forbidden()
        return await self._done(keys)

    async def delete(self, collection: str, keys: Sequence[Any]) -> None:
        """End shares."""
        del collection
        await shares_verbs.delete(self.call, [str(key) for key in keys])
        await self._done(())

    async def _done(self, keys: Iterable[Any]) -> list[Any]:
        """Read by what holds after a write."""
        self.ground = (await ground(self.call)).shelf
        return list(keys)


def _plain(row: Mapping[str, Any]) -> Row:
    """Return what REST takes: a role or a user is named by its id.

    :raises ApiError: INVALID_PAYLOAD
    """
    found = dict(row)
    for name, word in _OBJECTS.items():
        given = found.get(name)
        if isinstance(given, dict):
            if not given.get("id"):
                raise invalid_payload(f'"{name}" needs the id of {word} that exists')
            found[name] = given["id"]
    return found


async def system(call: Call) -> System:
    """Find what a caller may do with what the server itself keeps."""
    found = await ground(call)
    view, may = found.shelf.view, found.may
    seen = [one for one in CATALOG if one.name != COLLECTIONS and view.sees(one.name)]
    read = tuple(_seen(one, {field.name for field in view.fields(one.name)}) for one in seen)
    beside = tuple(one for one in read if one.name in (ROLES, USERS))
    create, update, delete = [_writable(may.access(one)) for one in (Action.CREATE, Action.WRITE, Action.DELETE)]
    shape = Shape(read, create, update, tuple(one.name for one in delete), sure=True, beside=beside)
    return System(call, found.shelf, shape)


def _seen(collection: Collection, names: Iterable[str]) -> Collection:
    """Return a collection with the fields of these names; what always has a value says so."""
    known, certain = set(names), _CERTAIN.get(collection.name, ())
    fields = tuple(_shown(one, sure=one.name in certain) for one in collection.fields if one.name in known)
    relations = tuple(one for one in collection.relations if one.field in known and one.targets != (COLLECTIONS,))
    return replace(collection, fields=fields, relations=relations)


def _shown(field: Field, *, sure: bool) -> Field:
    return replace(field, nullable=not sure)


def _writable(access: Access) -> tuple[Collection, ...]:
    """Return shares with the fields that may be written of them, if any of them may be."""
    grants = access.on(SHARES)
    if rows_of(grants) == NEVER:
        return ()
    names = fields_of(grants)
    collection = CATALOG.collection(SHARES)
    every = [one.name for one in collection.fields if one.kind is not Kind.ALIAS]
    return (_seen(collection, every if names is None else names),)


@lru_cache(maxsize=MOST_SCHEMAS)
def _schema(shape: Shape) -> GraphQLSchema:
    names = {one.name: one.name.removeprefix(PREFIX) for one in (*shape.read, *shape.create, *shape.update)}
    return schema_of(shape, names, _more)


def _more(types: Types) -> Mapping[str, Mapping[str, GraphQLField]]:
    """Return what everybody may ask: whether the server is there, and to be let in."""
    del types
    text = {name: GraphQLArgument(GraphQLNonNull(GraphQLString)) for name in ("email", "password")}
    mode, token = {"mode": GraphQLArgument(scalars.MODE)}, {"refresh_token": GraphQLArgument(GraphQLString)}
    tokens = GraphQLObjectType(
        "auth_tokens",
        {
            "access_token": GraphQLField(GraphQLString),
            "expires": GraphQLField(scalars.BIG),
            "refresh_token": GraphQLField(GraphQLString),
        },
    )
    log_in = {**text, **mode, "otp": GraphQLArgument(GraphQLString)}
    return {
        "Query": {"server_ping": GraphQLField(GraphQLString, resolve=lambda *_: "pong")},
        "Mutation": {
            "auth_login": GraphQLField(tokens, log_in, _login),
            "auth_refresh": GraphQLField(tokens, {**token, **mode}, _refresh),
            "auth_logout": GraphQLField(GraphQLBoolean, {**token, **mode}, _logout),
        },
    }


async def _login(_: Any, info: Info, **given: Any) -> Any:
    mode = given.get("mode") or "json"
    _refuse_other_sites(info.context.call, mode)
    told = await auth.login(info.context.call, given["email"], given["password"], mode)
    return _handed(info.context, told)


async def _refresh(_: Any, info: Info, **given: Any) -> Any:
    mode, token = _presented(info.context.call, given)
    return _handed(info.context, await auth.refresh(info.context.call, token, mode))


async def _logout(_: Any, info: Info, **given: Any) -> bool:
    _, token = _presented(info.context.call, given)
    await auth.logout(info.context.call, token)
    return True


def _handed(backend: System, told: auth.Told) -> dict[str, Any]:
    """Return what was handed out; what stands in a cookie is set by the reply."""
    headers = auth.reply(backend.call, told).raw_headers
    backend.cookies += [value for name, value in headers if name == b"set-cookie"]
    return {one: value for one, value in told.body().items() if value is not None}


def _presented(call: Call, given: Mapping[str, Any]) -> tuple[str, str]:
    """Return the mode, and the secret that renews or ends a session: an argument, or in a cookie.

    :raises ApiError: INVALID_PAYLOAD
    """
    token = given.get("refresh_token")
    mode = given.get("mode") or ("json" if token else "cookie")
    if not token and mode != "json":
        _refuse_other_sites(call, mode)
        token = call.request.cookies.get(SESSION_COOKIE if mode == "session" else REFRESH_COOKIE)
    if not token:
        raise invalid_payload(auth.MISSING)
    return mode, token


def _refuse_other_sites(call: Call, mode: str) -> None:
    """Refuse a page of another site that would set or use our cookies, unless settings name its origin."""
    if mode != "json":
        trusted = frozenset(call.settings.face(call.face.name).origins) - {"*"}
        refuse_cross_site(call.request, call.base, trusted)
