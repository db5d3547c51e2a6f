"""How large a document may be: it is measured with its fragments unfolded, before anything of it is run."""

from typing import Final

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLError,
    InlineFragmentNode,
    OperationDefinitionNode,
    SelectionSetNode,
)

MOST_TOKENS: Final = 8_000  # of a document: checking it takes more than linear time
DEEPEST: Final = 20  # fields within one another; tools that ask for a schema take 14
MOST_ROOTS: Final = 50  # fields at the top, aliases of the same one included: each is a query of its own
MOST_FIELDS: Final = 2_000  # in all

Size = tuple[int, int]


def check(document: DocumentNode) -> list[GraphQLError]:
    """Return what is too large about a document, which is known to be valid: fragments end, and exist."""
    fragments = {one.name.value: one for one in document.definitions if isinstance(one, FragmentDefinitionNode)}
    measure = _Measure(fragments)
    found: list[GraphQLError] = []
    for one in document.definitions:
        if isinstance(one, OperationDefinitionNode):
            depth, fields = measure.of(one.selection_set)
            sizes = {
                "depth": (depth, DEEPEST),
                "fields at the top": (measure.roots(one.selection_set), MOST_ROOTS),
                "fields": (fields, MOST_FIELDS),
            }
            found += (
                GraphQLError(f"The query is too large: its {name} are {size}, of at most {most}.", one)
                for name, (size, most) in sizes.items()
                if size > most
            )
    return found


class _Measure:
    """Measures selections, each fragment once."""

    def __init__(self, fragments: dict[str, FragmentDefinitionNode]) -> None:
        self.fragments = fragments
        self.known: dict[str, Size] = {}
        self.topmost: dict[str, int] = {}

    def of(self, selected: SelectionSetNode | None) -> Size:
        """Return depth and number of fields of a selection."""
        depth = fields = 0
        for node in selected.selections if selected else ():
            if isinstance(node, FieldNode):
                inner, more = self.of(node.selection_set)
                inner, more = inner + 1, more + 1
            elif isinstance(node, FragmentSpreadNode):
                inner, more = self.fragment(node.name.value)
            elif isinstance(node, InlineFragmentNode):
                inner, more = self.of(node.selection_set)
            else:
                continue
            depth, fields = max(depth, inner), fields + more
        return depth, fields

    def fragment(self, name: str) -> Size:
        if name not in self.known:
            self.known[name] = self.of(self.fragments[name].selection_set)
        return self.known[name]

    def roots(self, selected: SelectionSetNode) -> int:
        """Return how many fields stand at the top."""
        found = 0
        for node in selected.selections:
            if isinstance(node, FieldNode):
                found += 1
            elif isinstance(node, FragmentSpreadNode):
                name = node.name.value
                if name not in self.topmost:
                    self.topmost[name] = self.roots(self.fragments[name].selection_set)
                found += self.topmost[name]
            elif isinstance(node, InlineFragmentNode):
                found += self.roots(node.selection_set)
        return min(found, MOST_ROOTS + 1)
