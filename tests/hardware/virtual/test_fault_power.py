"""What the switches of power and port do: modems that stop answering, ports that come late, under another name, or never."""

import os
import re

import pytest

from hardware.virtual import VirtualBank
from hardware.virtual.switches import STRANGERS


def usb(host):
    return host.world.describe()[0]["usb"]


@pytest.mark.parametrize("cure", ["reopen", "reset", "replug"])
def test_a_modem_stops_answering_until_it_is_cured(host, cure):
    host.throw("stops_answering_after", {"commands": 2, "cure": cure}, times=1)
    assert host.say("AT") == host.say("AT") == "\r\nOK\r\n"
    assert host.say("AT") == ""
    host.modem.opened_anew()
    assert bool(host.say("AT")) is (cure == "reopen")
    host.say("AT+CFUN=1,1")
    host.wait(5)
    assert bool(host.say("AT")) is (cure != "replug")
    host.plug_anew()
    assert host.say("AT") != ""


def test_a_question_that_a_modem_does_not_survive(host):
    host.throw("dies_of", "+CNUM")
    assert "OK" in host.say("AT+CIMI")
    assert (host.say("AT+CNUM"), host.say("AT")) == ("", "")
    host.modem.opened_anew()
    assert "OK" in host.say("AT")
    assert host.say("AT+CNUM") == ""


def test_a_modem_can_stop_again_and_again(host):
    for _ in range(2):
        host.plug_anew()
        host.say("ATE0")
        host.throw("stops_answering_after", 3)
        assert [bool(host.say("AT")) for _ in range(5)] == [True, True, True, False, False]


def test_a_boot_storm_is_all_that_is_heard(host):
    host.throw("boot_storm", 20)
    storm = "\r\n^BOOT:91409020,0,0,0,6\r\n"
    assert host.say("AT") == storm
    assert host.wait(50) == storm * 2
    assert host.say("AT") == ""
    host.world.clear(0, "boot_storm", now=host.now)
    assert host.say("AT") == "\r\nOK\r\n"


def test_a_weak_supply_is_said_then_ends_it(host_on):
    host = host_on("sim800l").quiet()
    host.throw("undervoltage", "warning")
    host.throw("voltage", 3450)
    assert host.wait(1) == "\r\nUNDER-VOLTAGE WARNNING\r\n"
    assert "+CBC: 0,100,3450" in host.say("AT+CBC")
    host.throw("undervoltage", "power down")
    assert host.wait(2) == "\r\nUNDER-VOLTAGE POWER DOWN\r\n"
    assert host.say("AT") == ""
    assert "RDY" in host.plug_anew()


def test_a_start_can_take_long(host):
    host.throw("slow_boot", 20)
    host.world.unplug(0, now=host.now)
    host.world.plug(0, now=host.now)
    host.wait(19.9)
    assert host.say("AT") == ""
    host.wait(0.2)
    assert host.say("AT").endswith("OK\r\n")


def test_a_stick_is_a_cdrom_first(host_on):
    host = host_on("huawei-e3131").quiet()
    assert (usb(host)["is"], usb(host)["product"]) == ("modem", "1442")
    host.throw("cdrom_first", 7_000, times=1)
    host.world.unplug(0, now=host.now)
    assert usb(host)["is"] == ""
    host.world.plug(0, now=host.now)
    assert (usb(host)["is"], usb(host)["product"]) == ("cdrom", "1f01")
    host.wait(6.9)
    assert not host.modem.plugged
    host.wait(0.2)
    assert (usb(host)["is"], usb(host)["product"]) == ("modem", "1442")
    assert host.say("AT").endswith("OK\r\n")


def test_a_stick_is_a_cdrom_after_a_restart_too(host_on):
    host = host_on("huawei-e3131").quiet()
    host.throw("cdrom_first", 7_000, times=1)
    host.say("AT^RESET")
    host.wait(0.5)
    assert usb(host)["is"] == ""
    host.wait(1)
    assert usb(host)["is"] == "cdrom"
    host.wait(7)
    assert usb(host)["is"] == "modem"


def test_a_stick_is_a_network_card(host_on):
    host = host_on("huawei-e3131").quiet()
    host.throw("hilink_only")
    assert (usb(host)["is"], usb(host)["product"], host.modem.plugged) == ("hilink", "14db", False)
    host.plug_anew()
    assert not host.modem.plugged
    host.world.clear(0, "hilink_only", now=host.now)
    assert host.modem.plugged


def test_serial_numbers_can_be_missing(host_on):
    host = host_on("zte-mf190")
    assert usb(host)["serial"] == host.modem.card.imei
    host.throw("identical_usb_ids")
    assert usb(host)["serial"] == ""


@pytest.mark.parametrize("personality", ["generic", "quectel-ec25"])
def test_a_port_comes_back_under_another_name(tmp_path, personality):
    with VirtualBank(2, tmp_path, personality=personality) as bank:
        assert bank.ports[0] == str(tmp_path / "modem0")
        bank.fault(0, "renumber_tty", times=1)
        bank.unplug(0)
        bank.plug(0)
        assert bank.ports[0] == str(tmp_path / "modem0-1")
        assert (tmp_path / "modem0-1").exists()
        assert (tmp_path / "modem0-1.1").exists() is (personality == "quectel-ec25")
        assert not (tmp_path / "modem0").exists()
        assert bank.modems()[0]["ports"][0] == "modem0-1"
        bank.unplug(0)
        bank.plug(0)
        assert (tmp_path / "modem0-1").exists()


def test_a_network_card_has_no_port_and_a_cdrom_has_it_later(tmp_path):
    with VirtualBank(1, tmp_path) as bank:
        bank.fault(0, "hilink_only")
        bank.unplug(0)
        bank.plug(0)
        assert not (tmp_path / "modem0").exists()
        bank.clear(0)
        bank.unplug(0)
        bank.fault(0, "cdrom_first", 50)
        bank.plug(0)
        assert bank.modems()[0]["usb"]["is"] == "cdrom"
        with bank._shell.lock:
            bank._await_port(0, there=True)
        assert (tmp_path / "modem0").exists()


def test_a_reopened_port_cures_on_a_real_tty(tmp_path):
    with VirtualBank(1, tmp_path) as bank:
        bank.fault(0, "stops_answering_after", {"commands": 0, "cure": "reopen"}, times=1)
        silent = os.open(tmp_path / "modem0", os.O_RDWR | os.O_NOCTTY)
        os.write(silent, b"AT\r")
        with bank._shell.lock:
            assert bank._shell.lock.wait_for(lambda: bank._world.modems[0].wedged, 5)
        os.close(silent)
        with bank._shell.lock:
            assert bank._shell.lock.wait_for(lambda: not bank._world.modems[0].wedged, 5)


@pytest.mark.parametrize("name", STRANGERS)
def test_a_stranger_never_answers_like_a_modem(host, name):
    host.throw(name)
    heard = host.say("AT") + host.wait(3) + host.say("AT+CPMS?") + host.wait(3)
    host.world.inbound(0, "+12025550170", "hello", now=host.now)
    heard += host.wait(3)
    assert "OK" not in heard.replace("+", "").split("\r\n")
    assert "CMTI" not in heard
    host.world.clear(0, name, now=host.now)
    host.wait(1)
    assert host.say("AT").endswith("OK\r\n")


def test_a_gps_says_sentences_with_right_check_sums(host):
    host.throw("gps_nmea")
    sentences = re.findall(r"\$([^*]+)\*([0-9A-F]{2})\r\n", host.wait(2.5))
    assert len(sentences) == 9
    for body, told in sentences:
        check = 0
        for letter in body:
            check ^= ord(letter)
        assert f"{check:02X}" == told


def test_each_stranger_has_its_voice(host):
    def said(name):
        host.throw(name)
        heard = host.say("AT+CGMI")
        host.world.clear(0, name, now=host.now)
        return heard

    assert said("silent_port") == ""
    assert said("echo_only") == "AT+CGMI\r"
    assert said("printer") == "\x13\x11"
    assert re.fullmatch(r"\x13AT\+CGMI\r[\x80-\xff]{2}~", said("diag_port"))
    assert re.fullmatch(r"[\x80-\xff]{6}", said("answers_binary"))


def test_a_wrong_speed_can_pass(host):
    host.throw("answers_binary", times=2)
    assert [host.say("AT") == "\r\nOK\r\n" for _ in range(3)] == [False, False, True]


def test_a_babbler_never_pauses(host):
    host.throw("babble_forever")
    assert len(host.wait(10)) > 30_000


def test_another_program_takes_part_of_what_is_said(host):
    host.throw("mm_grabs_port", 30)
    heard = [host.say("AT+CREG?") for _ in range(20)]
    whole = "\r\n+CREG: 0,1\r\n\r\nOK\r\n"
    assert any(one != whole for one in heard)
    host.wait(31)
    host.say("")
    assert [host.say("AT+CREG?") for _ in range(20)] == [whole] * 20


def test_its_questions_get_into_the_lines_of_the_host(host):
    host.throw("mm_grabs_port", 30)
    host.wait(1)
    host.type("AT+CRE")
    host.wait(3)
    host.world.clear(0, "mm_grabs_port", now=host.now)
    assert host.say("G?") == ""
    assert host.say("AT+CREG?") == "\r\n+CREG: 0,1\r\n\r\nOK\r\n"


def test_it_comes_again_at_each_start(host):
    host.throw("mm_grabs_port", 2)
    host.wait(10)
    host.world.unplug(0, now=host.now)
    host.world.plug(0, now=host.now)
    host.wait(1.5)
    assert host.modem.heard == 1


def test_a_rude_one_sets_the_modem_for_itself(host):
    host.throw("mm_grabs_port", {"rude": 60})
    seen = set()
    for _ in range(60):
        host.wait(1)
        seen.add((host.modem.settings.cmgf, host.modem.settings.memory[0]))
    assert {cmgf for cmgf, _ in seen} == {0, 1}
    assert {memory for _, memory in seen} == {"SM", "ME"}
