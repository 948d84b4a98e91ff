"""Every fault of the virtual modem's catalogue with the values that a house meets, and why the others are left out.

A value of None is the switch's own. `times` None: it lasts until somebody mends it, a minute or so. A test holds that each
switch stands in exactly one of the two tables.
"""

import random
from collections.abc import Iterator
from itertools import cycle, islice

from hardware.virtual.faults import Value

Trouble = tuple[str, Value | None, int | None]

TROUBLES: tuple[Trouble, ...] = (
    # arriving
    ("drop_cmti", None, 2), ("dup_cmti", None, 2), ("dup_store", None, 1), ("dup_inbound", 3, 1), ("cmti_index", 999, 1),
    ("cmti_index_minus1", None, 2), ("cmti_wrong_mem", None, 1), ("cmgr_321_first", 2, 1), ("cpms_stale_500ms", None, 2),
    ("cpms_error", 302, 1), ("cmgl_hang", 90.0, 1), ("no_cmgl", None, 1), ("cmgd_refused", 320, 2), ("slot_sticks", None, 2),
    ("memory_full", None, 1), ("spill", "ME", 1), ("reject_inbound", None, 2), ("cnmi_forgotten", None, 1),
    ("truncated_pdu", 9, 1), ("nonhex_pdu", None, 1), ("ff_padded_pdu", None, 2), ("lowercase_pdu", None, 2),
    # kinds of text
    ("class0_cmt", None, 1), ("pid_replace", 1, 1), ("type0", None, 1), ("mms_wappush", None, 1), ("voicemail", "store", 1),
    ("sim_data_download", None, 1), ("operator_text", None, 1), ("concat_oo", None, 1), ("concat_missing", 1, 1),
    ("concat_dup", None, 1), ("concat_ref_reuse", 7, 2), ("ucs2_surrogate_split", None, 2), ("esc_at_boundary", None, 2),
    # sending
    ("cmgs_silent", "sent", 1), ("cmgs_silent", "lost", 1), ("cmgs_late", 31_000, 1), ("cmgs_late", 200_000, 1),
    ("cmgs_stray", 31_000, 1), ("cmgs_stray", 190_000, 1), ("cmgs_error", 38, 2), ("cmgs_error", 41, 1), ("cmgs_error", 500, 1),
    ("cmgs_error", "ERROR", 1), ("cmgs_error", 27, 1), ("cmgs_error", 1, 1), ("cmgs_error", 512, 1),
    ("cmgs_error", {"code": 38, "after_s": 40.0, "sent": True}, 1), ("cmgs_error", {"code": "ERROR", "after_s": 2.0, "sent": True}, 1),
    ("prompt_error", 302, 2), ("prompt_error", 515, 1), ("prompt_missing", "silent", 1), ("prompt_missing", "lost", 1),
    ("prompt_no_space", None, 3), ("prompt_delay", 2_000, 2), ("prompt_delay", 20_000, 1), ("ok_without_cmgs", None, 1),
    ("esc_ok", None, 2), ("lte_send_fail", None, 1), ("busy", 3, 1), ("ringing", None, 1), ("full_blocks_sending", 322, 1),
    ("no_smsc", None, 1), ("wrong_smsc", 38, None), ("wrong_smsc", "swallowed", None),
    ("no_credit", {"after": 1, "code": 38}, None), ("no_credit", {"after": 1, "text": "Please top up."}, None), ("swallowed", None, 1),
    ("mr_wrap", None, 1),
    # reports
    ("report_before_cmgs", None, 2), ("report_never", None, 2), ("report_late", 600.0, 2), ("report_shuffled", 5.0, 2),
    ("report_twice", None, 2), ("report_trying", None, 2), ("report_status", 0x46, 1), ("report_in", "ME", 2),
    ("report_ra", "national", 2), ("report_ra_international", None, 2),
    # power and port
    *((name, state, 1) for name in ("reboot_at", "usb_drop_at") for state in ("command", "cmgs", "prompt", "pdu", "ctrl_z", "sent")),
    ("usb_drop_at", {"state": "ctrl_z", "back_after_s": 3.0}, 1), ("slow_boot", 20.0, 1), ("hang", 20.0, None), ("hang", 200.0, None),
    ("stops_answering_after", {"commands": 5, "cure": "reopen"}, 1), ("stops_answering_after", {"commands": 5, "cure": "reset"}, 1),
    ("boot_storm", 20.0, 1), ("undervoltage", "warning", None), ("undervoltage", "power down", None), ("cdrom_first", 7_000, 1),
    ("hilink_only", None, None), ("mm_grabs_port", {"rude": 8.0}, None), ("mm_grabs_port", {"rude": 60.0}, None),
    # something else at the port
    *((name, None, None) for name in ("gps_nmea", "diag_port", "printer", "echo_only", "silent_port", "answers_binary")),
    # framing
    ("nul_prefix", None, 3), ("garbage_prefix", None, 3), ("echo_stuck", None, None), ("dup_echo_line", None, 3),
    ("glued_cmgl", None, 2), ("glued_urc", None, 3), ("extra_blank_lines", None, 3), ("cr_cr_lf", None, None),
    ("no_leading_crlf", None, 3), ("pdu_comma_zero", None, 2), ("header_short", None, 2), ("split_reads", 1, 3),
    ("urc_inside_response", None, 3), ("urc_inside_pdu", None, 2), ("urc_inside_echo", None, 2), ("noise", 2.0, None),
    # the SIM
    ("pin_required", 3, None), ("pin_required", {"pin": "9999", "attempts": 3}, None), ("puk", None, None), ("pin_not_yet", 3.0, None),
    ("pin_attempts_hidden", None, None), ("pin2", None, None), ("false_lock", None, None), ("cpin_no_ok", None, 1),
    ("cpin_ok_only", None, 1), ("iccid_hidden", None, None), ("radio_off", 4, 1), ("sim_absent", None, None), ("sim_busy", 3, None),
    ("sim_failure", None, 1), ("sim_wrong", None, None), ("bad_contact", None, None), ("sim_swap", 1, None),
    ("sim_swap", {"sim": 2, "quiet": True}, None),
    # the network
    ("registered", 2, None), ("registered", 3, None), ("registered", 5, None), ("registered", {"creg": 3, "cereg": 11}, None),
    ("signal", -105, None), ("operator", None, None), ("temperature", 85.0, None), ("voltage", 3_400, None),
    ("time_off", 5_000.0, None),
    # what it does not know
    ("at_error", None, 2), ("atz_error", None, 1), ("no_cmee", None, None), ("no_csms", None, None), ("no_cpms_query", None, None),
    ("plain_error", None, 2), ("text_errors", None, 2), ("error_cut", None, 2),
    *(("dies_of", begins, None) for begins in ("+CNUM", "+CSQ", "+CNMI?")),
    *(("refuses", begins, None) for begins in ("+CPMS", '+CPMS="SM"', '+CPMS="ME"', "+CPMS=?", "+CMGL", "+CMGR", "+CMG", "+CNMI", "+CIMI", "+C")),
    # Not +CMGL: what is listed as nothing and did not ring is known to nobody.
    *(("only_ok", "+" + begins, None) for begins in ("CPMS?", "CPMS=", "CMGD", "CNMI", "CIMI", "CPIN", "CSCA", "CMGF", "CREG")),
)  # fmt: skip

LEFT_OUT = {
    "ussd": "nobody in the house asks for the balance",
    "long_pdu_hangs": "only a PDU that no modem takes brings it about, and the gateway writes none",
    "cnma_required": "the modem stores nothing from then on, so that what a kill leaves unacknowledged comes again as a second text",
    "babble_forever": "fifty reads a second: thousands of turns for what silent_port and gps_nmea show as well",
    "no_cmgr": "with no_cmgl it may not be used at all; without it nothing is asked that way",
    "no_cnmi": "texts are then found by polling, as with drop_cmti",
    "renumber_tty": "the house finds ports by number; finding is tested with real names",
    "identical_usb_ids": "the house has no USB; finding is tested with real names",
}

SPOILS = (  # what makes an arriving text another one, or lets a long one never be whole: it may be shown otherwise, or be replaced
    "truncated_pdu", "nonhex_pdu", "class0_cmt", "pid_replace", "type0", "mms_wappush", "voicemail", "sim_data_download", "concat_missing",
    "concat_ref_reuse",
)  # fmt: skip

OCCASIONS = {  # what a fault waits for and seldom meets by itself: a long text of these words, a start, an ESC at a slow prompt
    "concat_missing": "{0} " * 60, "concat_dup": "{0} " * 60, "concat_oo": "{0} " * 60, "concat_ref_reuse": "{0} " * 60,
    "ucs2_surrogate_split": "{0} " + "😀" * 90, "esc_at_boundary": "{0} " + "€" * 90, "dup_inbound": "{0}", "spill": "{0}",
    "slow_boot": "start", "cdrom_first": "start", "radio_off": "start", "pin_not_yet": "locked", "no_cmee": "start", "no_csms": "start",
    "refuses": "start", "only_ok": "start", "dies_of": "start", "cmgr_321_first": "{0}", "cpin_no_ok": "start",
    "cpin_ok_only": "start", "pin_attempts_hidden": "locked", "esc_ok": "slow",
}  # fmt: skip
HANDS = 15  # houses that together meet each trouble once, if they live long enough


def dealt(seed: int) -> Iterator[Trouble]:
    """The troubles of this house, in order: by chance, and every one comes in its turn."""
    round_of, hand = divmod(seed, HANDS)
    pack = random.Random(round_of).sample(TROUBLES, len(TROUBLES))
    first = hand * len(pack) // HANDS
    return islice(cycle(pack), first, None)
