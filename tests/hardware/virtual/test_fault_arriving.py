"""What the switches of arriving texts put on the wire and into storage."""

import pytest

from hardware import pdu

ADA = "+12025550170"
LONG = "x" * 300


def records(host):
    """The stored records, decoded, in order of index."""
    lines = host.say("AT+CMGL=4").splitlines()
    return [pdu.decode(line) for line in lines if len(line) > 40 and not line.startswith("+")]


def arrive(host, text="hello"):
    host.world.inbound(0, ADA, text, now=host.now)
    return host.wait(1)


def test_the_network_sends_a_text_again(host):
    host.throw("dup_inbound", 7, times=1)
    arrive(host)
    host.wait(10)
    found = records(host)
    assert len(found) == 7
    assert len({(one.text, one.timestamp) for one in found}) == 1


def test_cmti_gives_any_index(host):
    host.throw("cmti_index", 999)
    assert arrive(host) == '\r\n+CMTI: "SM",999\r\n'


def test_cmgr_says_321_at_first(host):
    host.throw("cmgr_321_first", 2)
    arrive(host)
    assert host.say("AT+CMGR=1") == "\r\n+CMS ERROR: 321\r\n"
    assert host.say("AT+CMGR=1") == "\r\n+CMS ERROR: 321\r\n"
    assert "+CMGR: 0," in host.say("AT+CMGR=1")


def test_choosing_a_storage_is_refused(host):
    host.throw("cpms_error", 302, times=1)
    assert host.say('AT+CPMS="ME"') == "\r\n+CMS ERROR: 302\r\n"
    assert "+CPMS:" in host.say('AT+CPMS="ME"')


def test_a_text_cannot_be_deleted_or_comes_back(host):
    arrive(host)
    host.throw("cmgd_refused", 320, times=1)
    assert host.say("AT+CMGD=1") == "\r\n+CMS ERROR: 320\r\n"
    host.throw("slot_sticks", times=1)
    assert host.say("AT+CMGD=1") == "\r\nOK\r\n"
    assert len(records(host)) == 1
    assert host.say("AT+CMGD=1") == "\r\nOK\r\n"
    assert not records(host)


@pytest.mark.parametrize("how", ["memory_full", "slots"])
def test_a_full_storage_spills(host, how):
    host.throw("spill", "ME")
    if how == "slots":
        for _ in range(30):
            host.world.put(0, "0011", now=host.now)
    else:
        host.throw("memory_full")
    assert arrive(host) == '\r\n+CMTI: "ME",1\r\n'


def test_indications_are_forgotten_without_a_word(host):
    host.throw("cnmi_forgotten")
    assert "+CNMI: 0,0,0,0,0" in host.say("AT+CNMI?")
    assert arrive(host) == ""
    assert len(records(host)) == 1


def test_a_modem_that_stores_nothing_wants_acknowledgements(host_on):
    host = host_on()
    host.throw("cnma_required")
    host.say("ATE0")
    assert "+CSMS: (1)" in host.say("AT+CSMS=?")
    assert "ERROR" in host.say("AT+CSMS=0")
    assert "ERROR" in host.say("AT+CNMI=2,1,0,2,0")
    assert arrive(host) == ""
    assert host.say("AT+CNMI=2,2,0,1,0") == "\r\nOK\r\n"
    heard = host.wait(31)
    assert heard.startswith("\r\n+CMT: ,")
    assert host.say("AT+CNMA") == "\r\nOK\r\n"
    assert not records(host)
    arrive(host, "unanswered")
    host.wait(16)
    assert "+CNMI: 2,0,0,0,0" in host.say("AT+CNMI?")


def test_a_record_is_in_small_letters(host):
    host.throw("lowercase_pdu")
    arrive(host)
    line = host.say("AT+CMGR=1").splitlines()[2]
    assert line != line.upper()
    assert pdu.decode(line).text == "hello"


@pytest.mark.parametrize(
    ("fault", "value", "pid", "dcs"),
    [
        ("pid_replace", 3, 0x43, 0x00),
        ("type0", None, 0x40, 0x00),
        ("voicemail", "discard", 0x00, 0xC8),
        ("voicemail", "store", 0x00, 0xD8),
        ("voicemail", "pid", 0x5F, 0x00),
        ("voicemail", "ie", 0x00, 0x00),
    ],
)
def test_a_text_is_of_another_kind(host, fault, value, pid, dcs):
    host.throw(fault, value)
    arrive(host)
    (one,) = records(host)
    assert (one.pid, one.dcs.value, one.text) == (pid, dcs, "hello")
    assert (one.mwi is not None) == (fault == "voicemail" and value != "pid")


def test_an_mms_notification_goes_to_a_port(host):
    host.throw("mms_wappush")
    arrive(host)
    (one,) = records(host)
    assert one.ports is not None
    assert one.ports.dst == 2948
    assert b"application/vnd.wap.mms-message" in one.data


def test_data_for_the_sim_goes_to_the_sim(host):
    host.say('AT+CPMS="ME","ME","ME"')
    host.throw("sim_data_download")
    assert arrive(host) == '\r\n+CMTI: "SM",1\r\n'
    host.say('AT+CPMS="SM"')
    (one,) = records(host)
    assert (one.pid, one.dcs.value, one.text) == (0x7F, 0xF6, None)


def test_the_operator_writes(host):
    host.throw("operator_text", "Your plan ends today.")
    host.wait(1)
    (one,) = records(host)
    assert (one.sender.number, one.text) == ("TBMobile", "Your plan ends today.")


def test_long_texts_share_a_reference(host):
    host.throw("concat_ref_reuse", 7)
    arrive(host, LONG)
    arrive(host, "y" * 300)
    assert [one.concat.ref for one in records(host)] == [7, 7, 7, 7]


def test_a_cut_splits_a_surrogate_pair(host):
    host.throw("ucs2_surrogate_split")
    text = "😀" * 60
    arrive(host, text)
    found = records(host)
    assert len(found) == 2
    data = [bytes.fromhex(slot.pdu) for slot in host.modem.storages["SM"].slots.values()]
    assert data[0][-2] & 0xFC == 0xD8
    assert pdu.join(found) == text


def test_a_cut_splits_an_escape_from_its_letter(host):
    host.throw("esc_at_boundary")
    text = "a" * 152 + "€" + "b" * 100
    arrive(host, text)
    found = records(host)
    assert [one.concat.seq for one in found] == [1, 2]
    assert found[0].text == "a" * 152 + " " or found[0].text == "a" * 152
    assert pdu.join(found) == text


@pytest.mark.parametrize(
    ("fault", "value", "sequence"),
    [("concat_oo", None, [3, 2, 1]), ("concat_missing", 2, [1, 3]), ("concat_dup", 1, [1, 1, 2, 3])],
)
def test_segments_come_in_another_order_too_few_or_too_often(host, fault, value, sequence):
    host.throw(fault, value)
    arrive(host, "z" * 400)
    assert [one.concat.seq for one in records(host)] == sequence
