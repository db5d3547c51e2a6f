"""Settings: where they come from, what is refused, and what is shown."""

import pickle
import subprocess
import sys
from pathlib import Path

import pytest

from commonhold.core.limits import Limits
from commonhold.settings import Secret, Settings, SettingsError, Smtp, Tls, explain, keys, load, reveal

SECRET = "swordfish"


def refused(environ: dict[str, str], given: dict[str, object] | None = None) -> str:
    """Load what must be refused, and return the complaints."""
    with pytest.raises(SettingsError) as caught:
        load(environ, given)
    return str(caught.value)


def test_defaults(tmp_path: Path) -> None:
    """Without file and environment everything has its default, and the data directory is known by its full path."""
    settings = load({})
    assert settings.port == 8080
    assert settings.data.is_absolute()
    assert settings.data.name == "commonhold-data"
    assert settings.limits == Limits()


def test_order(tmp_path: Path) -> None:
    """The command line wins over the environment, that over the file, and each value knows where it came from."""
    (tmp_path / "commonhold.toml").write_text('port = 1\nworkers = 2\n[smtp]\nhost = "a"\nfrom = "x@example.org"\n')
    environ = {"COMMONHOLD_DATA": str(tmp_path), "COMMONHOLD_WORKERS": "3", "COMMONHOLD_SMTP_HOST": "b"}
    settings = load(environ, {"smtp.host": "c", "host": None})
    assert (settings.port, settings.workers, settings.smtp.host) == (1, 3, "c")
    assert settings.smtp.sender == "x@example.org"
    assert settings.origins["smtp.host"] == "command line"
    assert settings.origins["workers"] == "COMMONHOLD_WORKERS"
    assert settings.origins["port"] == str(tmp_path / "commonhold.toml")


def test_environment_of_every_kind() -> None:
    """Numbers, switches, lists, limits and faces are read from the environment; empty values count as none."""
    settings = load(
        {
            "COMMONHOLD_WORKER": "false",
            "COMMONHOLD_TRUSTED_PROXIES": "10.0.0.0/8, ::1",
            "COMMONHOLD_LIMITS_NOTE_CHARS": "7",
            "COMMONHOLD_LIMITS_QUOTA": "9",
            "COMMONHOLD_FACES_NATIVE_ON": "0",
            "COMMONHOLD_FACES_MY_FACE_PREFIX": "/mine",
            "COMMONHOLD_BASE_URL": "",
            "OTHER_PORT": "1",
        }
    )
    assert settings.worker is False
    assert settings.trusted_proxies == ("10.0.0.0/8", "::1")
    assert (settings.limits.note_chars, settings.limits.quota) == (7, 9)
    assert settings.face("native").on is False
    assert settings.face("my-face").prefix == "/mine"
    assert settings.face("web").on is True
    assert settings.base_url is None


@pytest.mark.parametrize(
    ("environ", "meant"),
    [
        ({"COMMONHOLD_SMPT_HOST": "x"}, "Did you mean COMMONHOLD_SMTP_HOST?"),
        ({"COMMONHOLD_PROT": "1"}, "Did you mean COMMONHOLD_PORT?"),
        ({"COMMONHOLD_PORT": "70000"}, "port (COMMONHOLD_PORT)"),
        ({"COMMONHOLD_PORT": "tcp://1"}, "port (COMMONHOLD_PORT)"),
        ({"COMMONHOLD_LOG_LEVEL": "loud"}, "log.level (COMMONHOLD_LOG_LEVEL)"),
        ({"COMMONHOLD_TLS_CERT": "x"}, "both a certificate and its key"),
        ({"COMMONHOLD_SMTP_USER": "x"}, "both a user and a password"),
        ({"COMMONHOLD_ADMIN_EMAIL": "x"}, "both an address and a password"),
        ({"COMMONHOLD_SMTP_FROM": "A\nB: <x@example.org>"}, "bare mail address"),
        ({"COMMONHOLD_BASE_URL": "share.example.org"}, "must be a URL"),
        ({"COMMONHOLD_DATABASE": "mysql://x"}, "sqlite:///"),
        ({"COMMONHOLD_TRUSTED_PROXIES": "proxy"}, "addresses or networks"),
        ({"COMMONHOLD_FACES_NATIVE_PREFIX": "x/"}, "begins with a slash"),
        ({"COMMONHOLD_X_ACCEL": "bytes/"}, "begins with a slash"),
        ({"COMMONHOLD_LIMITS_PAGE": "-1"}, "below nought"),
        ({"COMMONHOLD_CONFIG": "/nowhere/at/all.toml"}, "there is no file"),
    ],
)
def test_refused_with_what_to_do(environ: dict[str, str], meant: str) -> None:
    """What is unknown, mistyped or makes no sense is refused, with the name of the setting or the one meant."""
    assert meant in refused(environ)


def test_all_mistakes_at_once() -> None:
    """Every mistake is told, not only the first."""
    text = refused({"COMMONHOLD_PORT": "x", "COMMONHOLD_WORKERS": "0", "COMMONHOLD_NOPE": "1"})
    assert len(text.splitlines()) == 3


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("porrt = 1", "Did you mean port?"),
        ("[smtp]\nhots = 1", "Did you mean smtp.host?"),
        ("[faces.native]\noriginz = []", "faces.native.originz"),
        ("port = [", "cannot be read"),
        ('data = "elsewhere"', "COMMONHOLD_DATA"),
        ("smtp = 1", "smtp"),
    ],
)
def test_file_refused(text: str, meant: str, tmp_path: Path) -> None:
    """A file with unknown names, bad syntax, or a data directory other than its own is refused."""
    (tmp_path / "commonhold.toml").write_text(text)
    assert meant in refused({}, {"data": tmp_path})


def test_named_file(tmp_path: Path) -> None:
    """A file that the environment names is read instead, and may name the data directory."""
    path = tmp_path / "x.toml"
    path.write_text(f'data = "{tmp_path / "d"}"\n[faces.web]\norigins = ["https://a.example"]\n')
    settings = load({"COMMONHOLD_CONFIG": str(path)})
    assert settings.data == tmp_path / "d"
    assert settings.face("web").origins == ("https://a.example",)


@pytest.mark.parametrize("name", ["smtp.password", "admin.password"])
def test_secrets_are_not_shown(name: str, tmp_path: Path) -> None:
    """A secret stands in no listing, representation or complaint, whatever is wrong beside it."""
    other = {"smtp.password": "smtp.user", "admin.password": "admin.email"}[name]
    settings = load({}, {"data": tmp_path, name: SECRET, other: "somebody"})
    assert SECRET not in repr(settings)
    assert SECRET not in str(explain(settings))
    assert [row.value for row in explain(settings) if row.name == name] == ["(set)"]
    assert SECRET not in refused({}, {name: [SECRET], "port": "x"})
    assert SECRET not in refused({}, {name: SECRET})
    assert Secret(SECRET).reveal() == SECRET
    assert Secret("a") != Secret("b")
    assert hash(Secret("a")) == hash(Secret("a"))


def test_explain_tells_everything(tmp_path: Path) -> None:
    """Each setting is explained with its value and origin; faces are told one by one."""
    settings = load({"COMMONHOLD_FACES_WEB_ON": "false"}, {"data": tmp_path})
    rows = {row.name: row for row in explain(settings)}
    assert {key for key in keys() if not key.startswith("faces.")} <= rows.keys()
    assert (rows["faces.web.on"].value, rows["faces.web.on"].origin) == ("false", "COMMONHOLD_FACES_WEB_ON")
    assert rows["smtp.from"].variable == "COMMONHOLD_SMTP_FROM"
    assert all(row.said.endswith(".") or row.name.startswith("limits.") for row in rows.values())


def test_carried_to_a_child(tmp_path: Path) -> None:
    """What is revealed for a child process makes the same settings there, secrets included."""
    smtp = Smtp(host="mail", user="u", password=Secret(SECRET), sender="x@example.org")
    settings = Settings(data=tmp_path, port=1, smtp=smtp, limits=Limits(quota=5), trusted_proxies=("::1",))
    again = load({}, reveal(settings))
    assert (again.smtp, again.limits, again.port, again.data) == (smtp, settings.limits, 1, tmp_path)
    assert again.trusted_proxies == ("::1",)
    assert pickle.loads(pickle.dumps(settings)) == settings


@pytest.mark.parametrize(
    ("settings", "url"),
    [
        (Settings(), "http://127.0.0.1:8080"),
        (Settings(host="0.0.0.0", port=1), "http://localhost:1"),
        (Settings(host="::1"), "http://[::1]:8080"),
        (Settings(tls=Tls(Path("c"), Path("k"))), "https://127.0.0.1:8080"),
        (Settings(base_url="https://s.example.org/x/"), "https://s.example.org/x"),
    ],
)
def test_public_url(settings: Settings, url: str) -> None:
    """Links begin with the public URL, or else with host and port as a browser can use them."""
    assert settings.public_url == url
    assert settings.page("link", "abc") == f"{url}/s/abc"


def test_places_of_data(tmp_path: Path) -> None:
    """Database and bytes lie in the data directory unless they are named."""
    settings = Settings(data=tmp_path)
    assert settings.database_url == f"sqlite:///{tmp_path}/commonhold.db"
    assert settings.blobs_folder == tmp_path / "blobs"
    assert Settings(blobs=str(tmp_path / "b"), database="sqlite:///x").blobs_folder == tmp_path / "b"


def test_reading_is_lean() -> None:
    """Reading the settings loads no framework: the server is up in a second with little memory."""
    code = "import sys, commonhold.settings as s; s.load({}); print(*{m.split('.')[0] for m in sys.modules})"
    out = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout.split()
    assert not {"pydantic", "pydantic_settings", "rich", "sqlalchemy", "asyncio"} & set(out)


def test_page_of_settings_is_current() -> None:
    """The page of settings says what the settings say: ``scripts/make-docs`` wrote it."""
    root = Path(__file__).parents[1]
    out = subprocess.run([sys.executable, root / "scripts" / "make-docs", "--show"], check=True, capture_output=True)
    assert (root / "docs" / "reference" / "settings.md").read_text(encoding="utf-8") == out.stdout.decode()
