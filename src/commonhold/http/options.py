"""What http needs to know from settings; ``wiring`` fills it in."""

from collections.abc import Mapping

import msgspec


class FaceOptions(msgspec.Struct, frozen=True):
    """Where a face stands: switched off, under a prefix, on a host of its own, open to which origins.

    ``origins`` None: as the face itself says. ``("*",)``: all, and then never with cookies.
    """

    on: bool = True
    under: str = ""
    host: str | None = None
    origins: tuple[str, ...] | None = None


AS_IT_IS = FaceOptions()


class Options(msgspec.Struct, frozen=True):
    """Settings of everything above the core that speaks HTTP."""

    base_url: str | None = None  # public address; None: as each request says
    trusted_proxies: tuple[str, ...] = ()  # networks whose X-Forwarded-* are believed
    body_limit: int = 1 << 20  # bytes of a JSON body: the largest proposal has some 100 KiB
    faces: Mapping[str, FaceOptions] = {}
    open_metrics: bool = False  # /metrics for everybody, not for loopback and administrators alone
    access_log: bool = True

    def of(self, face: str) -> FaceOptions:
        """Return the options of one face."""
        return self.faces.get(face, AS_IT_IS)
