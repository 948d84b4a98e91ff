"""Whose a modem is that was found."""

import pytest

from gateway.whereabouts import Met, Owner, imei_of, name_for, owner_of

A, B = "356938035643809", "356938035643817"
NORTH, SOUTH = Owner("north"), Owner("south", A, "1-1.1")
CLONES = [Owner("one", A, "1-1.1"), Owner("two", A, "1-1.2")]


@pytest.mark.parametrize(
    ("met", "owners", "taken", "expected"),
    [
        (Met(A, "1-1.4"), [NORTH, SOUTH], (), "south"),  # its own station, whatever the socket
        (Met(B, "1-1.1"), [SOUTH], (), None),  # another stick in the same socket is another modem
        (Met(B, "1-1.1"), [NORTH, SOUTH], (), "north"),  # the first that met none
        (Met(B, "1-1.1"), [NORTH, Owner("east")], ("north",), "east"),
        (Met(B, "1-1.1"), [NORTH], ("north",), None),
        (Met(A, "1-1.2"), CLONES, (), "two"),  # two with one IMEI are told apart by their sockets
        (Met(A, "1-1.1"), CLONES, (), "one"),
        (Met(A, "1-1.9"), CLONES, ("two",), "one"),  # one of them moved
        (Met(A, "1-1.2"), CLONES[:1], ("one",), None),  # a second one is no known modem
        (Met(A, "1-1.1"), [SOUTH, Owner("east", A, named=True)], (), "east"),  # the file wins over the memory
        (
            Met("", "1-1.1"),
            [SOUTH, Owner("mute", "", "1-1.1")],
            (),
            "mute",
        ),  # one without IMEI: by its socket
        (Met("", "1-1.2"), [Owner("mute", "", "1-1.1")], (), None),
        (Met("", "1-1.2"), [Owner("mute", "", "1-1.1"), NORTH], (), "north"),
    ],
)
def test_a_modem_belongs_to(
    met: Met, owners: list[Owner], taken: tuple[str, ...], expected: str | None
) -> None:
    assert owner_of(met, owners, taken) == expected


def test_a_modem_of_nobody_gets_a_name_of_its_own() -> None:
    assert name_for(Met(A, "1-1.1"), []) == f"modem-{A}"
    assert name_for(Met(A, "1-1.1"), [f"modem-{A}"]) == f"modem-{A}-1-1-1"
    assert name_for(Met("", "1-1.3:1.2"), []) == "modem-1-1-3-1-2"
    assert name_for(Met("", "1-1"), ["modem-1-1"]) == "modem-1-1-2"


def test_a_port_may_be_the_name_of_a_modem() -> None:
    assert imei_of(f"/dev/textbank/modem-{A}") == A
    assert [
        imei_of(port) for port in (None, "/dev/ttyUSB0", "/dev/textbank/modem-x", "/dev/textbank/port-1")
    ] == [""] * 4
