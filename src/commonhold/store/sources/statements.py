"""Whole statements, compiled once per form and kept."""

from collections import OrderedDict
from collections.abc import Sequence
from typing import Any, Final

import msgspec

from commonhold.core.problems import Problem
from commonhold.core.query import And, Compare, Facts, Filter, Op, Scalar, Slot, Value, resolve
from commonhold.core.records.catalog import Catalog
from commonhold.core.records.kinds import Kind, cast
from commonhold.store.sources.compile import Bound, Compiler, Expression, Here
from commonhold.store.sources.dialects import Decode, Dialect, pattern
from commonhold.store.sources.shape import Flags, Form, Tally

MOST_PLANS: Final = 2_000  # a few kilobytes each


class Plan(msgspec.Struct, frozen=True):
    """A statement, how its values are bound, and how its columns are read."""

    text: str
    bound: tuple[Bound, ...]
    columns: tuple[Decode, ...]


class Plans:
    """The statements compiled so far, for one database (versions of its catalogue are keys); the least used go."""

    def __init__(self, dialect: Dialect, most: int = MOST_PLANS) -> None:
        """Begin empty."""
        self.dialect = dialect
        self.most = most
        self.compiled = 0  # how many statements had to be compiled
        self._plans: OrderedDict[tuple[int, Form | Tally | Flags], Plan] = OrderedDict()

    def of(self, catalog: Catalog, form: Form | Tally | Flags) -> Plan:
        """Return the statement of a form, compiled if it is new."""
        key = (catalog.version, form)
        plan = self._plans.get(key)
        if plan is None:
            plan = self._plans[key] = compiled(catalog, self.dialect, form)
            self.compiled += 1
            if len(self._plans) > self.most:
                self._plans.popitem(last=False)
        else:
            self._plans.move_to_end(key)
        return plan


def compiled(catalog: Catalog, dialect: Dialect, form: Form | Tally | Flags) -> Plan:
    """Compile the statement of a form.

    :raises Problem: ``unknown_collection``, ``unknown_column``; ``bad_query`` for operators that do not fit
    """
    compiler = Compiler(catalog, dialect)
    if isinstance(form, Form):
        return _form(compiler, form)
    return _tally(compiler, form) if isinstance(form, Tally) else _flags(compiler, form)


def bound(dialect: Dialect, plan: Plan, values: Sequence[Value], facts: Facts) -> list[Any]:
    """Return the values of a statement as its database takes them, late ones resolved.

    :raises Problem: ``invalid_field``, ``value_out_of_range`` for what the field compared with cannot hold
    """
    return [_encoded(dialect, how, value, facts) for how, value in zip(plan.bound, values, strict=True)]


def _encoded(dialect: Dialect, how: Bound, value: Value, facts: Facts) -> Any:
    if how.many:
        return dialect.encode_list(how.kind, [cast(how.kind, one) for one in _flat(value, facts)])
    single = resolve(value, facts) if not isinstance(value, tuple) else value
    if isinstance(single, tuple):
        raise Problem("bad_query", value=single)
    found = cast(how.kind, single)
    return pattern(str(found)) if how.pattern and found is not None else dialect.encode(how.kind, found)


def _flat(value: Value, facts: Facts) -> list[Scalar]:
    """Return the values of a list; a late one may stand for several."""
    found: list[Scalar] = []
    for one in value if isinstance(value, tuple) else (value,):
        meant = resolve(one, facts)
        found.extend(meant if isinstance(meant, tuple) else (meant,))
    return found


def _form(compiler: Compiler, form: Form) -> Plan:
    """Compile a statement that reads rows."""
    slots = iter(range(_first_values(form)))
    here = compiler.here(form.collection, by_row=form.link is not None or _keyed(compiler, form))
    columns = [compiler.operand(here, column) for column in form.columns]
    keys = compiler.sorted_by(here, form.sort)
    limit = compiler.bind(Slot(next(slots)), Kind.BIGINT)
    link = form.link and compiler.column(here, form.link)
    where = [compiler.among(link, Slot(next(slots)))] if link else []
    most = compiler.bind(Slot(next(slots)), Kind.BIGINT) if form.limited else ""
    offset = compiler.bind(Slot(next(slots)), Kind.BIGINT) if form.skipping else "0"
    if form.after is not None:
        where.append(compiler.beginning(keys, form.after, next(slots, 0)))
    where.append(compiler.filter(here, form.filter))
    body = f"FROM {compiler.table(here)} WHERE {compiler.conjunction(*where)}"
    order = compiler.order(keys)
    if link and (form.limited or form.skipping):
        named = ", ".join(f"{text} AS c{n}" for n, text in enumerate(_shown(compiler, columns)))
        rank = f"row_number() OVER (PARTITION BY {link.text} ORDER BY {order}) AS n"
        upper = f" AND n <= {offset} + {most}" if most else ""
        outer = ", ".join(f"c{n}" for n in range(len(columns)))
        text = (
            f"SELECT {outer} FROM (SELECT {named}, {rank} {body}) x WHERE n > {offset}{upper} ORDER BY n LIMIT {limit}"
        )
    else:
        text = f"SELECT {', '.join(_shown(compiler, columns))} {body} ORDER BY {order} LIMIT {limit}"
        text += f" OFFSET {offset}" if form.skipping else ""
    return _plan(compiler, text, columns)


def _first_values(form: Form) -> int:
    """Return how many values come before those of the query."""
    return 1 + (form.link is not None) + form.limited + form.skipping + sum(form.after or ())


def _keyed(compiler: Compiler, form: Form) -> bool:
    """Tell whether the filter names one row by its key."""
    key = compiler.catalog.collection(form.collection).key
    parts: Sequence[Filter] = form.filter.parts if isinstance(form.filter, And) else (form.filter,)
    return any(isinstance(part, Compare) and part.op is Op.EQ and part.operand == key for part in parts)


def _tally(compiler: Compiler, tally: Tally) -> Plan:
    """Compile a statement that computes measures of groups."""
    here = compiler.here(tally.collection, by_row=False)
    limit = compiler.bind(Slot(0), Kind.BIGINT)
    offset = f" OFFSET {compiler.bind(Slot(1), Kind.BIGINT)}" if tally.skipping else ""
    groups, measures = compiler.grouped(here, tally.aggregate)
    text = f"SELECT {', '.join(_shown(compiler, [*groups, *measures]))} FROM {compiler.table(here)}"
    text += f" WHERE {compiler.filter(here, tally.filter)}"
    if groups:
        order = _group_order(compiler, here, tally, groups)
        text += f" GROUP BY {', '.join(group.text for group in groups)} ORDER BY {compiler.order(order)}"
    return _plan(compiler, f"{text} LIMIT {limit}{offset}", [*groups, *measures])


def _group_order(
    compiler: Compiler, here: Here, tally: Tally, groups: Sequence[Expression]
) -> list[tuple[Expression, bool]]:
    """Order groups by what was asked for, then by the rest of their operands."""
    asked = [(compiler.ordered(here, one.operand), one.descending) for one in tally.sort]
    texts = {key.text for key, _ in asked}
    if not texts <= {group.text for group in groups}:
        raise Problem("bad_query", collection=tally.collection, sort=True)
    return [*asked, *((group, False) for group in groups if group.text not in texts)]


def _flags(compiler: Compiler, flags: Flags) -> Plan:
    """Compile a statement that tells which filters hold for rows."""
    here = compiler.here(flags.collection, by_row=True)
    key = compiler.column(here, here.collection.key)
    among = compiler.among(key, Slot(0))
    found = [f"({compiler.filter(here, where)}) IS TRUE" for where in flags.filters]
    shown = [compiler.dialect.as_text(key.text, key.kind), *found]
    text = f"SELECT {', '.join(shown)} FROM {compiler.table(here)} WHERE {among}"
    return _plan(compiler, text, [Expression("", Kind.TEXT), *(Expression("", Kind.BOOLEAN) for _ in found)])


def _shown(compiler: Compiler, columns: Sequence[Expression]) -> list[str]:
    return [compiler.dialect.shown(column.text, column.kind) for column in columns] or ["1"]


def _plan(compiler: Compiler, text: str, columns: Sequence[Expression]) -> Plan:
    sets = f"WITH {', '.join(compiler.sets)} " if compiler.sets else ""
    how = tuple(compiler.bound[n] for n in range(len(compiler.bound)))
    decoders = tuple(compiler.dialect.decoder(column.kind, column.scale) for column in columns)
    return Plan(sets + text, how, decoders)
