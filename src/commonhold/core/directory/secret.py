"""Values that hold a secret in clear for a moment, and never show it."""

from typing import Any, ClassVar

import msgspec


class Discreet(msgspec.Struct, frozen=True):
    """Base of structs with secret fields: whoever prints one, or a traceback with one, sees that it is there only."""

    secrets: ClassVar[frozenset[str]] = frozenset()

    def __repr__(self) -> str:
        """All fields, secret ones as dots."""

        def shown(name: str) -> Any:
            value = getattr(self, name)
            return "…" if name in self.secrets and value is not None else repr(value)

        fields = ", ".join(f"{name}={shown(name)}" for name in self.__struct_fields__)
        return f"{type(self).__name__}({fields})"

    __str__ = __repr__
