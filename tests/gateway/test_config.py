"""The configuration file: what it means, and what every bad one is told, word for word."""

import os
import re
import tomllib
from collections.abc import Callable, Iterator
from datetime import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway import config as config_module
from gateway.config import Config, ConfigError, find, load, machine_zone
from gateway.configfile import Lines

Write = Callable[[str | bytes], Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    def write(content: str | bytes) -> Path:
        path = tmp_path / "textbank.toml"
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    return write


def faults(path: Path) -> list[str]:
    """Each fault without the folder."""
    with pytest.raises(ConfigError) as caught:
        load(path)
    assert str(caught.value) == "\n".join(caught.value.faults)
    return [fault.removeprefix(f"{path.parent}/") for fault in caught.value.faults]


def test_every_key_arrives_as_what_it_means(write: Write, tmp_path: Path) -> None:
    path = write("""
        [organisation]
        name = "Elm Street Tenants"
        region = "US"
        timezone = "America/New_York"
        [database]
        path = "data/bank.db"
        [panel]
        host = "0.0.0.0"
        port = 80
        [sending]
        undo_seconds = 0
        quiet_from = "21:30"
        quiet_until = "08:00"
        answers_at_night = true
        delivery_reports = false
        allow_cli_approval = true
        [[stations]]
        name = "north"
        port = "/dev/serial/by-id/usb-HUAWEI_Mobile-if00-port0"
        driver = "at"
        gammu_connection = "fbusdlr3-nopower"
        gammu_model = "6510"
        pin = "0042"
        per_minute = 0
        per_day = 1
        per_month = 2
        people_per_month = 3
        billing_day = 31
        [[stations]]
        name = "south"
        port = "rfc2217://[::1]:4000"
        """)
    config = load(path)
    assert config.source == path
    assert config.organisation == config_module.Organisation("Elm Street Tenants", "US", "America/New_York")
    assert config.database.path == tmp_path / "data/bank.db"
    assert config.panel == config_module.Panel("0.0.0.0", 80)
    assert config.sending == config_module.Sending(0, time(21, 30), time(8, 0), True, False, True)
    north, south = config.stations
    assert north == config_module.Station(
        "north",
        "/dev/serial/by-id/usb-HUAWEI_Mobile-if00-port0",
        "at",
        "0042",
        0,
        1,
        2,
        3,
        "fbusdlr3-nopower",
        "6510",
        billing_day=31,
    )
    assert south.port == "rfc2217://[::1]:4000"


def test_an_empty_file_is_all_defaults(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(config_module, "machine_zone", lambda: "Europe/Berlin")
    config = load(write(""))
    assert config.organisation == config_module.Organisation("Textbank", "", "Europe/Berlin")
    assert (config.panel.host, config.panel.port) == ("127.0.0.1", 8080)
    assert (config.sending.quiet_from, config.sending.quiet_until) == (time(20), time(9))
    assert config.stations == ()


def test_a_modem_may_be_found_by_itself(write: Write) -> None:
    station = load(write('[[stations]]\nname = "north"')).stations[0]
    assert station.port is None
    assert (station.per_minute, station.per_day, station.per_month, station.people_per_month) == (
        15,
        200,
        3000,
        0,
    )


def test_a_byte_order_mark_is_no_fault(write: Write) -> None:
    assert load(write(b"\xef\xbb\xbf[panel]\r\nport = 81\r\n")).panel.port == 81


def test_the_database_is_relative_to_the_file_not_to_the_shell(
    write: Write, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write("")
    monkeypatch.chdir(tmp_path)
    assert load(Path("textbank.toml")).database.path == tmp_path / "textbank.db"
    assert load(write('[database]\npath = "/srv/bank.db"')).database.path == Path("/srv/bank.db")


def test_all_faults_come_at_once_in_the_order_of_the_file(write: Write) -> None:
    stations = '[[stations]]\nname = "a b"\npin = "1"\n'
    path = write(f'[sending]\nundo_seconds = -1\n\n[panel]\nport = 0\nhost = ""\n{stations}')
    assert [fault.split(": ")[0:2] for fault in faults(path)] == [
        ["textbank.toml:2", "sending.undo_seconds"],
        ["textbank.toml:5", "panel.port"],
        ["textbank.toml:6", "panel.host"],
        ["textbank.toml:8", "stations[1].name"],
        ["textbank.toml:9", "stations[1].pin"],
    ]


@pytest.mark.parametrize("pin", ['"98765432109"', "987654", '["987654"]', '{ a = "987654" }'])
def test_a_pin_is_never_shown(write: Write, pin: str) -> None:
    assert "98765" not in "\n".join(faults(write(f'[[stations]]\nname = "a"\npin = {pin}')))


def test_a_good_pin_is_in_no_repr(write: Write) -> None:
    config = load(write('[[stations]]\nname = "a"\npin = "987654"'))
    assert config.stations[0].pin == "987654"
    assert "987654" not in repr(config)


def test_what_is_not_a_file_is_told_so(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    not_plain = "found something that is not a plain file; name the file itself"
    missing = "there is no such file; copy config.example.toml to this place, or name another"
    assert faults(tmp_path / "none.toml") == [f"none.toml: {missing}"]
    assert faults(pipe) == [f"pipe: {not_plain}"]
    for path in (tmp_path, Path("/dev/null")):
        with pytest.raises(ConfigError, match=r"plain file|folder"):
            load(path)
    with pytest.raises(ConfigError, match="could not be read"):
        load(Path("a\0b"))


@pytest.fixture
def unreadable(write: Write) -> Iterator[Path]:
    """A file with no right for anybody; root, who may read every file, becomes somebody else meanwhile."""
    path = write("")
    path.chmod(0)
    me = os.geteuid()
    if me == 0:
        os.seteuid(65534)
    yield path
    os.seteuid(me)


def test_a_file_that_may_not_be_read_is_told_so(unreadable: Path) -> None:
    assert faults(unreadable) == [
        "textbank.toml: this user may not read it; ask as the user that runs Textbank (sudo -u USER), or let its owner give the right (chmod, chown)"
    ]


def test_the_machines_zone_is_known_also_where_localtime_is_a_copy(tmp_path: Path) -> None:
    """It was UTC there: people whose zone nobody knows were texted by the hours of Greenwich."""
    zone, named, link = tmp_path / "localtime", tmp_path / "timezone", tmp_path / "link"
    zone.write_bytes(b"TZif2")
    named.write_text("America/New_York\n")
    assert machine_zone(str(zone), str(named)) == "America/New_York"
    link.symlink_to("/usr/share/zoneinfo/Europe/Berlin")
    assert machine_zone(str(link), str(named)) == "Europe/Berlin"
    for nothing in ("", "Mars/Olympus\n", "../../etc/passwd\n"):
        named.write_text(nothing)
        assert machine_zone(str(zone), str(named)) == "UTC"
    assert machine_zone(str(zone), str(tmp_path / "none")) == "UTC"


def test_where_the_configuration_is_looked_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    system = tmp_path / "etc.toml"
    monkeypatch.setattr(config_module, "SYSTEM_WIDE", system)
    monkeypatch.delenv("TEXTBANK_CONFIG", raising=False)
    monkeypatch.chdir(tmp_path)
    with pytest.raises(
        ConfigError, match=r"neither \./textbank.toml nor .*Copy config.example.toml to textbank.toml"
    ):
        find()
    system.write_text("")
    assert find() == system
    Path("textbank.toml").write_text("")
    assert find() == Path("textbank.toml")
    monkeypatch.setenv("TEXTBANK_CONFIG", "other.toml")
    assert find() == Path("other.toml")
    assert find("named.toml") == Path("named.toml")


def test_lines_are_found_in_odd_but_legal_files() -> None:
    text = (
        'title = """\n[panel]\nport = 1\n"""\n'  # 1-4: a string that looks like tables
        "list = [\n  1, # ]\n  2,\n]\n"  # 5-8
        '[ "panel" ] # [sending]\n'  # 9
        "'port' = 3\n"  # 10
        "[[stations]]\nname='a'\n[[ stations ]]\n\nname = 'b'\n"  # 11-15
        "[stations.inner]\nx.y = 1\n"  # 16-17
    )
    tomllib.loads(text)
    lines = Lines(text)
    assert lines.of(("panel",)) == 9
    assert lines.of(("panel", "port")) == 10
    assert lines.of(("stations", 0, "name")) == 12
    assert lines.of(("stations", 1, "name")) == 15
    assert lines.of(("stations", 1, "inner", "x", "y")) == 17
    assert lines.of(("stations", 1, "pin")) == 13
    assert lines.of(("nowhere",)) == 1


SCALARS = st.one_of(
    st.booleans().map(lambda value: "true" if value else "false"),
    st.integers().map(str),
    st.floats(allow_nan=False).map(repr),
    st.text(max_size=20).map(lambda value: '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'),
    st.sampled_from(
        ["[]", "{}", "[[]]", "2026-11-24", "09:00:00", '"US"', '"/dev/x"', '"Europe/Berlin"', "nan"]
    ),
)
KNOWN = "name region timezone path host port undo_seconds quiet_from pin driver per_day other a.b"
KEYS = st.sampled_from([*re.findall(r"\S+", KNOWN), '"quoted key"', '"new\\nline"'])
HEADERS = st.sampled_from(
    [
        "[organisation]",
        "[database]",
        "[panel]",
        "[sending]",
        "[[stations]]",
        "[stations]",
        "[x]",
        "[panel.port]",
        "",
    ]
)
LINES = st.tuples(KEYS, SCALARS).map(" = ".join)
TABLES = st.tuples(HEADERS, st.lists(LINES, max_size=4)).map(lambda table: "\n".join([table[0], *table[1]]))
DOCUMENTS = st.lists(TABLES, max_size=5).map("\n".join)


@given(st.one_of(DOCUMENTS, st.text(max_size=200), st.binary(max_size=200)))
def test_any_file_is_read_or_refused(tmp_path_factory: pytest.TempPathFactory, written: str | bytes) -> None:
    path = tmp_path_factory.getbasetemp() / "any.toml"
    path.write_bytes(written if isinstance(written, bytes) else written.encode("utf-8", "surrogatepass"))
    told = faults_or_config(path)
    if isinstance(told, Config):
        assert told.database.path.is_absolute()
    else:
        assert told
        assert all(fault.startswith(f"{path}:") and "\n" not in fault for fault in told)


def faults_or_config(path: Path) -> Config | list[str]:
    try:
        return load(path)
    except ConfigError as refusal:
        return refusal.faults


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody else")
def test_in_a_folder_that_this_user_may_not_look_into_the_systems_file_is_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`sudo -u textbank textbank stations` in the home of a technician said that textbank.toml may not be read, which is not there."""
    monkeypatch.setattr(config_module, "SYSTEM_WIDE", tmp_path / "etc.toml")
    monkeypatch.delenv("TEXTBANK_CONFIG", raising=False)
    (tmp_path / "etc.toml").touch()
    (tmp_path / "home").mkdir(mode=0o700)
    monkeypatch.chdir(tmp_path / "home")
    os.seteuid(65534)
    try:
        assert find() == tmp_path / "etc.toml"
    finally:
        os.seteuid(0)
