"""The settings as one frozen value. Each says what it is for; the text is shown and documented (``settings.keys``)."""

import ipaddress
import re
from pathlib import Path
from typing import Annotated, Final, Literal
from urllib.parse import urlsplit

import msgspec
from msgspec import Meta

from commonhold.core.limits import Limits

DATA: Final = "commonhold-data"

# Pages that messages point to: the web face serves them. None of them does anything before a button is pressed.
PAGES: Final = {
    "link": "/s/{}",
    "item": "/app/items/{}",
    "group": "/app/groups/{}",
    "setup": "/app/setup/{}",  # makes the first administrator
    "enter": "/app/enter/{}",  # lets the holder of a mail address in as a guest
    "verify": "/app/verify/{}",  # confirms the address of an account
    "reset": "/app/reset/{}",  # sets a password: forgotten, or the first one of an invited person
}

Port = Annotated[int, Meta(ge=0, le=65535)]
Names = tuple[str, ...]


class Secret:
    """A text that shows itself only when asked to: in no log, error or listing."""

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        """Keep the value."""
        self._value = value

    def reveal(self) -> str:
        """Return the text, for the one who needs it."""
        return self._value

    def __repr__(self) -> str:
        """Hide the text."""
        return "Secret(…)"

    def __eq__(self, other: object) -> bool:
        """Two secrets are equal when their texts are."""
        return isinstance(other, Secret) and other._value == self._value

    def __hash__(self) -> int:
        """Hash as equality asks."""
        return hash(self._value)


class Tls(msgspec.Struct, frozen=True):
    """TLS by the server itself, where no proxy stands before it."""

    cert: Annotated[Path | None, "File with the certificate chain (PEM). Without it the server speaks plain HTTP."] = (
        None
    )
    key: Annotated[Path | None, "File with the private key of the certificate (PEM)."] = None

    def __post_init__(self) -> None:
        """Refuse half a pair."""
        if (self.cert is None) is not (self.key is None):
            raise ValueError("give both a certificate and its key, or neither")


class Smtp(msgspec.Struct, frozen=True):
    """How mail is sent."""

    host: Annotated[
        str | None, "Mail server. Without one, mails are appended to `mails.txt` in the data directory."
    ] = None
    port: Annotated[Port, "Port of the mail server."] = 587
    user: Annotated[str | None, "Name to log in to the mail server with."] = None
    password: Annotated[Secret | None, "Password to log in to the mail server with."] = None
    tls: Annotated[
        Literal["starttls", "tls", "none"],
        "`starttls` (port 587), `tls` from the first byte (port 465), or `none` (a mail server on this machine).",
    ] = "starttls"
    sender: Annotated[
        str | None, "Address that mails come from. Without one: `commonhold@` and the host of `base_url`."
    ] = msgspec.field(default=None, name="from")
    timeout: Annotated[
        Annotated[int, Meta(ge=1, le=300)], "Seconds that the mail server may take for one answer; more is a failure."
    ] = 20

    def __post_init__(self) -> None:
        """Refuse half a log-in, and what could not stand in a header."""
        if (self.user is None) is not (self.password is None):
            raise ValueError("give both a user and a password for the mail server, or neither")
        if self.sender is not None and not re.fullmatch(r"[!-?A-~]+@[!-?A-~]+", self.sender):
            raise ValueError("`smtp.from` must be a bare mail address, such as share@example.org")


class Admin(msgspec.Struct, frozen=True):
    """The first administrator."""

    email: Annotated[str | None, "Mail address of the administrator that the first start makes."] = None
    password: Annotated[
        Secret | None, "His password. Without both, the first start prints a link that makes an administrator, once."
    ] = None

    def __post_init__(self) -> None:
        """Refuse half a log-in."""
        if (self.email is None) is not (self.password is None):
            raise ValueError("give both an address and a password for the administrator, or neither")


class Oidc(msgspec.Struct, frozen=True):
    """Log-in by a provider of OpenID Connect, beside passwords."""

    issuer: Annotated[
        str | None, "Address of the provider, as its tokens name it, such as `https://login.example.org/realms/staff`."
    ] = None
    client_id: Annotated[str | None, "What the provider calls this installation."] = None
    client_secret: Annotated[
        Secret | None, "The secret that the provider gave this installation; none for a public client."
    ] = None
    name: Annotated[str | None, "What the log-in page calls the provider. Without one: its host name."] = None
    create: Annotated[
        bool, "Whether somebody whose verified address no account has gets an account at his first log-in."
    ] = False
    domains: Annotated[
        Names, "Domains of mail addresses that are let in by the provider for the first time; none named: all."
    ] = ()

    def __post_init__(self) -> None:
        """Refuse half a provider, and one whose words anybody on the way could change."""
        if (self.issuer is None) is not (self.client_id is None):
            raise ValueError("give both `oidc.issuer` and `oidc.client_id`, or neither")
        if self.issuer is not None and not safe_url(self.issuer):
            raise ValueError("`oidc.issuer` must be an https address without query, such as https://login.example.org")

    @property
    def called(self) -> str:
        """What people know the provider by."""
        return self.name or urlsplit(self.issuer or "").hostname or ""


def safe_url(text: str) -> bool:
    """Tell whether an address is one that secrets may go to: https, or this machine itself (for trying out)."""
    try:
        url = urlsplit(text)
        home = url.hostname in ("localhost", "127.0.0.1", "::1")
    except ValueError:
        return False
    plain = not url.query and not url.fragment and not url.username
    return bool(plain and url.hostname and (url.scheme == "https" or (url.scheme == "http" and home)))


class Log(msgspec.Struct, frozen=True):
    """What is logged, and how; it goes to standard error."""

    level: Annotated[Literal["debug", "info", "warning", "error"], "Least severity that is logged."] = "info"
    format: Annotated[Literal["console", "json"], "`console` for people, `json` (one object a line) for programs."] = (
        "console"
    )


class S3(msgspec.Struct, frozen=True):
    """Who may use the bucket that `blobs` names."""

    access_key: Annotated[
        Secret | None, "Name of the key. Without one: what the environment or the machine has, as AWS names it."
    ] = None
    secret_key: Annotated[Secret | None, "The key itself."] = None

    def __post_init__(self) -> None:
        """Refuse half a pair."""
        if (self.access_key is None) is not (self.secret_key is None):
            raise ValueError("give both a name and its key, or neither")


Seconds = Annotated[int, Meta(ge=1, le=86_400)]


class Patience(msgspec.Struct, frozen=True):
    """How long the server waits for a client who is slow, or who only wants to keep a connection."""

    headers: Annotated[
        Seconds,
        "Seconds in which the headers of a request must be there; a connection without one is closed then, too.",
    ] = 30
    body: Annotated[Seconds, "Seconds in which 4 KiB of a body must come: the slowest modem sends that in two."] = 60
    reply: Annotated[
        Seconds, "Seconds for which a reply waits while the client takes nothing of it: players pause for a while."
    ] = 600


class Filr(msgspec.Struct, frozen=True):
    """What the Filr dialect leaves to choose."""

    dates: Annotated[
        Literal["number", "iso"],
        "How JSON of the Filr dialect tells dates: `number` (milliseconds, as its document says) or `iso` (texts, as "
        "the real product sends).",
    ] = "number"


class Directus(msgspec.Struct, frozen=True):
    """What the Directus dialect leaves to choose."""

    reverse_siblings: Annotated[
        bool,
        "Whether the share of a row leads up and down again, as on the real server: from a comment to its article, and "
        "on to all other comments of it.",
    ] = False


class Audit(msgspec.Struct, frozen=True):
    """How long it is kept what happened."""

    keep: Annotated[
        Annotated[int, Meta(ge=1)] | None,
        "Days for which events are kept; none: for ever. What is older goes, the seal before it stays as an anchor.",
    ] = None
    addresses: Annotated[
        Annotated[int, Meta(ge=1)] | None,
        "Days for which the addresses that events came from are kept: they are personal data; none: for ever.",
    ] = 90


class FaceSettings(msgspec.Struct, frozen=True):
    """One face: the native API, the web UI, or a dialect."""

    on: Annotated[bool, "Whether this face answers at all."] = True
    prefix: Annotated[str | None, "Path under which all routes of this face stand, such as `/directus`."] = None
    host: Annotated[str | None, "Host name that only this face answers on, such as `filr.example.org`."] = None
    origins: Annotated[
        Names, "Origins whose scripts may call this face (CORS), such as `https://app.example.org`; `*`: any, without "
        "credentials."
    ] = ()  # fmt: skip

    def __post_init__(self) -> None:
        """Refuse prefixes that no path begins with."""
        if self.prefix is not None and not re.fullmatch(r"(/[\w.~-]+)+", self.prefix):
            raise ValueError("a prefix begins with a slash and does not end with one, such as /directus")


POSTGRES: Final = ("postgresql://", "postgres://")


def without_password(url: str) -> str:
    """Return a URL of a database as it may be shown."""
    hidden = re.sub(r"(?<=://)([^/@:]*):[^/@]*@", r"\1:***@", url)
    return re.sub(r"(?<=[?&])(password|sslpassword)=[^&]*", r"\1=***", hidden)


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """Every setting there is. Made by ``load``; tests make one by hand."""

    data: Annotated[Path, "Data directory: database, bytes, instance key, mails. Only its owner can read it."] = Path(
        DATA
    )
    database: Annotated[
        str | None,
        "URL of the database: `sqlite:///path`, `postgresql://…`. Without one: `commonhold.db` in the data directory.",
    ] = None
    blobs: Annotated[
        str | None,
        "Where the bytes of files are: a folder, or a bucket as `s3://bucket/prefix?region=…&endpoint=…`. "
        "Without one: the folder `blobs` in the data directory.",
    ] = None
    s3: S3 = S3()
    host: Annotated[str, "Address to listen on; `0.0.0.0` listens on all networks of the machine."] = "127.0.0.1"
    port: Annotated[Port, "Port to listen on; 0 takes a free one."] = 8080
    base_url: Annotated[
        str | None, "URL by which people reach this server, as links and mails name it. Without one: host and port."
    ] = None
    workers: Annotated[Annotated[int, Meta(ge=1, le=64)], "Processes that answer requests."] = 1
    worker: Annotated[
        bool, "Whether `serve` starts the process that sends mail and sweeps; else run `work` yourself."
    ] = True
    trusted_proxies: Annotated[
        Names, "Networks of proxies whose `X-Forwarded-*` headers are believed, such as `10.0.0.0/8`."
    ] = ()
    x_accel: Annotated[
        str | None,
        "Path that the web server in front maps to the folder for bytes (X-Accel-Redirect); it then sends the files.",
    ] = None
    unconfirmed_may_share: Annotated[
        bool, "Whether people share by the Puter dialect while their mail address is not confirmed."
    ] = False
    webhooks_inside: Annotated[
        bool, "Whether webhooks may go to addresses inside of this network, and by plain http. For trying out."
    ] = False
    tls: Tls = Tls()
    smtp: Smtp = Smtp()
    admin: Admin = Admin()
    oidc: Oidc = Oidc()
    log: Log = Log()
    patience: Patience = Patience()
    filr: Filr = Filr()
    directus: Directus = Directus()
    audit: Audit = Audit()
    faces: dict[str, FaceSettings] = {}
    limits: Limits = Limits()
    origins: dict[str, str] = {}  # where each setting that is no default came from; no setting itself

    def __post_init__(self) -> None:
        """Refuse what no server could work with."""
        if self.base_url is not None:
            _refuse_url(self.base_url)
        if self.oidc.issuer is not None and self.base_url is None:
            raise ValueError("`oidc.issuer` needs `base_url`, as the provider sends people back to that address")
        if self.database is not None and not self.database.startswith(("sqlite:///", *POSTGRES)):
            raise ValueError(
                "`database` must be a URL such as sqlite:///path/to/commonhold.db or postgresql://user@host/name"
            )
        if any(limit is not None and limit < 0 for limit in msgspec.structs.astuple(self.limits)):
            raise ValueError("a limit cannot be below nought")
        for network in self.trusted_proxies:
            _refuse_network(network)
        if self.x_accel is not None and not re.fullmatch(r"(/[\w.~-]+)+", self.x_accel):
            raise ValueError("`x_accel` begins with a slash and does not end with one, such as /bytes")

    @property
    def database_url(self) -> str:
        """The database, named or not."""
        return self.database or f"sqlite:///{self.data / 'commonhold.db'}"

    @property
    def on_postgres(self) -> bool:
        """Whether the database is one of PostgreSQL."""
        return self.database_url.startswith(POSTGRES)

    @property
    def blobs_folder(self) -> Path:
        """The folder for bytes, named or not."""
        return Path(self.blobs) if self.blobs and self.bucket is None else self.data / "blobs"

    @property
    def bucket(self) -> str | None:
        """The bucket for bytes; None: they are in a folder."""
        return self.blobs if self.blobs is not None and self.blobs.startswith("s3:") else None

    @property
    def staging_folder(self) -> Path:
        """The folder for uploads that come in pieces: on a disk that all serving processes share."""
        return self.data / "staging"

    @property
    def previews_folder(self) -> Path:
        """The folder for pictures of contents: everything in it can be made again."""
        return self.data / "previews"

    @property
    def public_url(self) -> str:
        """The URL that links begin with, without a slash at its end."""
        if self.base_url is not None:
            return self.base_url.rstrip("/")
        host = "localhost" if self.host in ("0.0.0.0", "::", "") else self.host  # noqa: S104 - compared, not bound
        host = f"[{host}]" if ":" in host else host
        return f"{'https' if self.tls.cert else 'http'}://{host}:{self.port}"

    def page(self, name: str, part: str) -> str:
        """Return the public URL of one of ``PAGES``; ``part`` is a secret or uid, so it needs no escaping."""
        return self.public_url + PAGES[name].format(part)

    def face(self, name: str) -> FaceSettings:
        """Return the settings of a face, named or not."""
        return self.faces.get(name, FaceSettings())


def _refuse_url(text: str) -> None:
    url = urlsplit(text)
    if url.scheme not in ("http", "https") or not url.hostname or url.query or url.fragment or url.username:
        raise ValueError("`base_url` must be a URL such as https://share.example.org")


def _refuse_network(text: str) -> None:
    try:
        ipaddress.ip_network(text)
    except ValueError:
        raise ValueError("`trusted_proxies` holds addresses or networks, such as 10.0.0.0/8") from None
