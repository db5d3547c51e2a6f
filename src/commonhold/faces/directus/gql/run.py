"""Answers one request: reads the document, checks it against the schema and its limits, runs it, words what is wrong.

Documents are kept with the schema that they were checked against, so that one that was seen before is not read again.
"""

import re
from collections import OrderedDict
from collections.abc import Mapping
from typing import Any, Final
from weakref import WeakKeyDictionary

import msgspec
from graphql import (
    DocumentNode,
    ExecutionResult,
    GraphQLError,
    GraphQLSchema,
    GraphQLSyntaxError,
    MaxIntrospectionDepthRule,
    OperationDefinitionNode,
    OperationType,
    execute,
    parse,
    specified_rules,
    validate,
)
from starlette.responses import Response

from commonhold.core.problems import Problem
from commonhold.faces.directus import things
from commonhold.faces.directus.gql import limits
from commonhold.faces.directus.gql.items import items
from commonhold.faces.directus.gql.system import system
from commonhold.faces.directus.gql.types import by_key
from commonhold.faces.directus.problems import ApiError, error_reply, invalid_payload, of_problem
from commonhold.faces.directus.replies import json_reply
from commonhold.http.face import Call

MOST_DOCUMENTS: Final = 200  # kept for each schema
MOST_ERRORS: Final = 20
_RULES: Final = (*specified_rules, MaxIntrospectionDepthRule)
_WRITING: Final = re.compile(r"\b(mutation|__schema|__type)\b")
_QUOTED: Final = re.compile(r"'([^']*)'")
_NULL: Final = "Cannot return null for non-nullable"

_documents: WeakKeyDictionary[GraphQLSchema, OrderedDict[str, DocumentNode]] = WeakKeyDictionary()


class Request(msgspec.Struct, frozen=True):
    """What is asked: a document, the values of its variables, and which of its operations."""

    query: str
    variables: dict[str, Any]
    operation: str | None
    reads: bool  # by GET: nothing may be written


async def answer(call: Call, scope: str, request: Request) -> Response:
    """Answer a request to the schema of ``items`` or ``system``.

    :raises ApiError: GRAPHQL_VALIDATION
    """
    writes = bool(_WRITING.search(request.query))
    whose = "$CURRENT_" in request.query or "$CURRENT_" in str(request.variables)
    if scope == "items":
        beside = things.BEGINS in request.query or writes
        backend: Any = await items(call, writes=writes, whose=whose, beside=beside)
    else:
        backend = await system(call)
    schema: GraphQLSchema = backend.schema
    document = _document(schema, request.query)
    if request.reads and _writes(document, request):
        message = 'Invalid method "GET" used. Should be one of "POST".'
        error = ApiError("METHOD_NOT_ALLOWED", 405, message, allowed=["POST"], current="GET")
        return error_reply(error, headers={"allow": "POST"})
    found = execute(
        schema,
        document,
        context_value=backend,
        variable_values=request.variables,
        operation_name=request.operation,
        field_resolver=by_key,
    )
    result = found if isinstance(found, ExecutionResult) else await found
    return _reply(backend, result)


def _document(schema: GraphQLSchema, text: str) -> DocumentNode:
    """Return a document that is known to be valid, and not too large."""
    kept = _documents.setdefault(schema, OrderedDict())
    document = kept.get(text)
    if document is not None:
        kept.move_to_end(text)
        return document
    try:
        document = parse(text, max_tokens=limits.MOST_TOKENS)
    except (GraphQLSyntaxError, RecursionError) as error:
        raise refused([error if isinstance(error, GraphQLError) else GraphQLError("Nested too deep.")]) from None
    try:
        errors = validate(schema, document, _RULES, max_errors=MOST_ERRORS) or limits.check(document)
    except RecursionError:
        errors = [GraphQLError("Nested too deep.")]
    if errors:
        raise refused(errors)
    kept[text] = document
    if len(kept) > MOST_DOCUMENTS:
        kept.popitem(last=False)
    return document


def _writes(document: DocumentNode, request: Request) -> bool:
    """Tell whether what is asked for is a mutation."""
    operations = [one for one in document.definitions if isinstance(one, OperationDefinitionNode)]
    meant = [one for one in operations if request.operation in (None, one.name.value if one.name else None)]
    return any(one.operation is OperationType.MUTATION for one in meant)


def refused(errors: list[GraphQLError]) -> ApiError:
    """Return the refusal of a document, with all that is wrong about it."""
    told = []
    for one in errors:
        entry: dict[str, Any] = {"message": _worded(one.message)}
        if one.locations:
            entry["locations"] = [{"line": at.line, "column": at.column} for at in one.locations]
        told.append(entry)
    return ApiError("GRAPHQL_VALIDATION", 400, "GraphQL validation error.", errors=told)


def _worded(message: str) -> str:
    return _QUOTED.sub(r'"\1"', message)[:2_000]


def _reply(backend: Any, result: ExecutionResult) -> Response:
    """Answer with what was found; errors of single fields stand beside it."""
    if result.data is None and result.errors and all(one.path is None for one in result.errors):
        raise refused(result.errors)
    body: dict[str, Any] = {"data": result.data}
    if result.errors:
        body["errors"] = [_told(one) for one in result.errors]
    response = json_reply(body)
    for cookie in getattr(backend, "cookies", ()):
        response.raw_headers.append((b"set-cookie", cookie))
    return response


def _told(error: GraphQLError) -> dict[str, Any]:
    """Return an error of a field in the words of this dialect; one that is none of ours ends the request."""
    cause = error.original_error
    if isinstance(cause, Problem):
        cause = of_problem(cause)
    if isinstance(cause, ApiError):
        entry = cause.entry()
    elif cause is None or isinstance(cause, GraphQLError) or str(cause).startswith(_NULL):
        entry = {"message": _worded(error.message), "extensions": {"code": "FORBIDDEN"}}
    else:
        raise cause
    if error.locations:
        entry["locations"] = [{"line": at.line, "column": at.column} for at in error.locations]
    if error.path:
        entry["path"] = error.path
    return entry


def variables_of(given: Any) -> dict[str, Any]:
    """Read the values of variables: an object, or JSON text of one.

    :raises ApiError: INVALID_PAYLOAD
    """
    if isinstance(given, str) and given:
        try:
            given = msgspec.json.decode(given)
        except (msgspec.DecodeError, UnicodeError, RecursionError):
            raise invalid_payload("Variables are invalid JSON") from None
    if given in (None, ""):
        return {}
    if not isinstance(given, Mapping):
        raise invalid_payload('"variables" must be of type object')
    return dict(given)


def named(given: Any, name: str) -> str | None:
    """Read a text that need not be there.

    :raises ApiError: INVALID_PAYLOAD
    """
    if given is None or given == "":
        return None
    if not isinstance(given, str) or "\0" in given:
        raise invalid_payload(f'"{name}" must be a string')
    return given
