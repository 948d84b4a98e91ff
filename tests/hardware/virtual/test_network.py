"""The network that joins virtual modems: carriage, status reports, validity. Time is simulated."""

import pytest

SECOND = "+12025550101"


def reports(host):
    """MR, recipient field and TP-ST of every stored report of the first modem."""
    records = [slot.pdu[16:] for slot in host.modem.storages["SM"].slots.values()]
    return [(int(pdu[2:4], 16), pdu[4:20], int(pdu[-2:], 16)) for pdu in records if pdu.startswith("06")]


def test_a_text_to_the_second_modem_arrives_there(host):
    host.submit(SECOND, first="01")
    (slot,) = host.world.modems[1].storages["SM"].slots.values()
    assert slot.pdu == "07912120550591F9" + "040B912120550501F0" + "0000" + "6211426003000A" + "05E8329BFD06"


def test_a_national_number_finds_the_modem_too(host):
    host.submit("2025550101", first="01")
    assert len(host.world.modems[1].storages["SM"].slots) == 1


def test_a_segment_arrives_as_the_same_segment(host):
    header = "050003C80201"
    host.submit(SECOND, first="41", data=header + "004F004B", dcs="08")
    (slot,) = host.world.modems[1].storages["SM"].slots.values()
    assert slot.pdu[16:18] == "44"
    assert slot.pdu.endswith(f"0A{header}004F004B")


def test_the_report_comes_when_asked_with_reference_and_recipient(host):
    host.submit(first="01")
    assert reports(host) == []
    host.submit(first="21")
    assert reports(host) == [(host.modem.mr, "0B912120550571F0", 0)]


def test_reports_go_where_cnmi_says(host):
    host.say("AT+CNMI=2,1,0,1,0")
    heard = host.submit()
    assert f"\r\nOK\r\n\r\n+CDS: 25\r\n07912120550591F906{host.modem.mr:02X}" in heard
    host.say("AT+CNMI=2,1,0,0,0")
    assert "CDS" not in host.submit()
    assert host.modem.storages["SM"].slots == {}


def test_carriage_and_reports_take_their_time(host_on):
    host = host_on(carry_s=3.0, report_s=2.0).quiet()
    assert "CDSI" not in host.submit()
    assert host.wait(4.9) == ""
    assert "+CDSI" in host.wait(0.2)


def test_a_report_can_come_before_the_reference(host):
    host.world.fault(0, "report_before_cmgs", times=1, now=0.0)
    heard = host.submit()
    assert heard.index("+CDSI") < heard.index("+CMGS")
    assert len(reports(host)) == 1


def test_a_report_can_stay_away_or_change_the_recipient(host):
    host.world.fault(0, "report_never", times=1, now=0.0)
    host.submit("2025550170")
    assert reports(host) == []
    host.world.fault(0, "report_ra_international", times=1, now=0.0)
    host.submit("2025550170")
    host.submit("2025550170")
    international, as_sent = (recipient for _, recipient, _ in reports(host))
    assert international == "0B912120550571F0"
    assert as_sent.startswith("0A810252551007")


def test_a_text_to_a_number_that_is_off_expires_with_its_validity(host):
    host.world.unreachable("+12025550170", "off")
    host.say("AT+CMGS=19")
    host.type("0031000B912120550571F000000B05E8329BFD06\x1a")  # TP-VP 0B is one hour
    host.wait(3599)
    assert reports(host) == []
    host.wait(2)
    assert [status for _, _, status in reports(host)] == [0x46]


def test_a_refused_number_is_a_permanent_failure_at_once(host):
    host.world.unreachable("+12025550170", "refused")
    host.submit()
    assert [status for _, _, status in reports(host)] == [0x41]
    host.world.unreachable("+12025550170", None)
    host.submit()
    assert [status for _, _, status in reports(host)] == [0x41, 0]


def test_a_text_waits_for_an_absent_modem_and_its_report_too(host):
    host.world.unplug(1, now=0.0)
    host.submit(SECOND)
    host.wait(600)
    assert reports(host) == []
    host.world.plug(1, now=host.now)
    host.wait(5)
    assert [status for _, _, status in reports(host)] == [0]


@pytest.mark.parametrize("fate", ["asleep", ""])
def test_an_unknown_fate_is_refused_in_words(host, fate):
    with pytest.raises(Exception, match="off or refused"):
        host.world.unreachable("+12025550170", fate)


def test_the_air_log_tells_what_left(host):
    host.submit()
    (record,) = host.world.network.air
    assert (record.id, record.at, record.modem, record.sender) == (
        1,
        "2026-11-24T11:30:00.000Z",
        0,
        "+12025550100",
    )
    assert (record.iccid, record.report, record.concat) == (host.modem.card.iccid, True, None)
    assert record.tpdu == f"21{host.modem.mr:02X}0B912120550571F0000005E8329BFD06"
