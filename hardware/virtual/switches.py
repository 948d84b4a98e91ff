"""The fault switches of the virtual modem, as data: what each does, its value when none is given, what else it takes.

Names are those of the fault catalogue, so that tests can combine them; docs/virtual.md has a row for each. What is thrown
at one modem is in `faults`; what a switch does is done where that topic is (receiving, at_send, sim, strangers, thrown).
"""

from dataclasses import dataclass

Value = bool | int | float | str | dict[str, object]


@dataclass(frozen=True, slots=True)
class Switch:
    """What a switch does, and its value when none is given (True: the switch takes no value)."""

    does: str
    default: Value = True
    also: tuple[type, ...] = ()  # kinds of value it takes besides that of its default
    words: tuple[str, ...] = ()  # the only words it takes


AT_STATES = ("command", "cmgs", "prompt", "pdu", "ctrl_z", "sent")
CURES = ("reopen", "reset", "replug")
USSD_KINDS = (
    "text",
    "packed",
    "unquoted",
    "ucs2",
    "ucs2_no_dcs",
    "ascii",
    "newlines",
    "padded",
    "pieces",
    "open",
    "never",
    "refused",
    "ended",
)
RECIPIENT_FORMS = ("international", "national", "bare", "short")

ARRIVING = {
    "drop_cmti": Switch("a text is stored and nothing says so"),
    "dup_cmti": Switch("+CMTI comes twice for one text"),
    "dup_store": Switch("one text takes two slots, with two +CMTI 0.4 s apart"),
    "dup_inbound": Switch("the network sends each text again (value: how many times altogether)", 7),
    "cmti_index": Switch("+CMTI gives this index (value)", 999),
    "cmti_index_minus1": Switch("+CMTI gives the index -1"),
    "cmti_wrong_mem": Switch("+CMTI names a storage that is not the one read (value: the name)", "MT"),
    "cmgr_321_first": Switch("AT+CMGR of a text says 321 at first (value: how often)", 2),
    "cpms_stale_500ms": Switch("+CPMS counts a new text only half a second later"),
    "cpms_error": Switch("choosing storages ends in an error (value: code)", 302),
    "cmgl_hang": Switch("AT+CMGL is not answered and the modem is deaf (value: seconds)", 500.0),
    "no_cmgl": Switch("AT+CMGL answers ERROR"),
    "no_cmgr": Switch("AT+CMGR answers ERROR"),
    "no_cnmi": Switch("AT+CNMI answers ERROR"),
    "cmgd_refused": Switch("AT+CMGD ends in an error (value: code)", 320),
    "slot_sticks": Switch("AT+CMGD answers OK and deletes nothing"),
    "memory_full": Switch("the storage for arriving texts is full, whatever it holds"),
    "spill": Switch("what does not fit is kept in another storage (value: its name)", "ME"),
    "reject_inbound": Switch(
        "arriving texts are refused (value: as with this code); the network tries again", 322
    ),
    "cnmi_forgotten": Switch("indications are off from now on, and nothing says so"),
    "cnma_required": Switch("texts and reports come only as +CMT and +CDS, each to be acknowledged (CSMS=1)"),
    "truncated_pdu": Switch("the record of an arriving text is cut (value: octets left)", 9),
    "nonhex_pdu": Switch("the record of an arriving text holds characters that are not hex"),
    "ff_padded_pdu": Switch("the record of an arriving text is padded with FF to 176 octets"),
    "lowercase_pdu": Switch("the record of an arriving text is in small hex letters"),
}
KINDS_OF_TEXT = {
    "class0_cmt": Switch("an arriving text is class 0 and comes as +CMT, unstored"),
    "pid_replace": Switch("an arriving text replaces the one before it (value: type 1 to 7)", 1),
    "type0": Switch("an arriving text is type 0 (PID 40h)"),
    "mms_wappush": Switch("an MMS notification arrives instead of the text (port 2948, data)"),
    "voicemail": Switch(
        "an arriving text says that voicemail waits", "store", words=("discard", "store", "ie", "pid")
    ),
    "sim_data_download": Switch("an arriving text is data for the SIM (PID 7Fh, DCS F6h, class 2)"),
    "operator_text": Switch("the operator writes (value: the text)", "Your credit is used up."),
    "concat_oo": Switch("the segments of an injected long text come in reverse order"),
    "concat_missing": Switch("one segment of an injected long text never comes (value: which, from 1)", 2),
    "concat_dup": Switch("one segment of an injected long text comes twice (value: which, from 1)", 1),
    "concat_ref_reuse": Switch("injected long texts all have this reference (value)", 7),
    "ucs2_surrogate_split": Switch("an injected long text is cut inside a surrogate pair"),
    "esc_at_boundary": Switch("an injected long text is cut between an escape septet and its letter"),
}
SENDING = {
    "cmgs_silent": Switch(
        'after Ctrl-Z nothing comes (value: "sent" it left, "lost" it did not)',
        "sent",
        words=("sent", "lost"),
    ),
    "cmgs_late": Switch("+CMGS comes late (value: milliseconds)", 31_000),
    "cmgs_stray": Switch("+CMGS and OK come late, while other commands are answered (value: ms)", 31_000),
    "cmgs_error": Switch(
        'sending ends in an error (value: code, "ERROR", or {"code", "after_s", "sent"})',
        500,
        also=(str, dict),
    ),
    "prompt_error": Switch("AT+CMGS ends in an error instead of a prompt (value: code)", 302),
    "prompt_missing": Switch(
        'no prompt comes (value: "silent", or "lost": it waits for the PDU)',
        "silent",
        words=("silent", "lost"),
    ),
    "prompt_no_space": Switch("the prompt is CR LF > CR LF"),
    "prompt_delay": Switch("the prompt comes late (value: milliseconds)", 2_000),
    "ok_without_cmgs": Switch("the text leaves and the answer is OK alone"),
    "esc_ok": Switch("ESC at the prompt answers OK"),
    "lte_send_fail": Switch('sending ends in "+CMS ERROR: Unknown error" while the modem is on LTE'),
    "busy": Switch("texts wait: commands for them say 515 at first (value: how often)", 3),
    "ringing": Switch(
        "somebody calls: RING, and no prompt until it is hung up (value: the caller)", "+12025550180"
    ),
    "full_blocks_sending": Switch("sending ends in an error while the storage is full (value: code)", 322),
    "long_pdu_hangs": Switch("a PDU that is too long, or not as long as announced, wedges the modem"),
    "no_smsc": Switch("the SIM has no service centre: sending without one says 330"),
    "wrong_smsc": Switch(
        "the service centre's number is wrong (value: the code that sending says, or swallowed)",
        38,
        also=(str,),
        words=("swallowed",),
    ),
    "no_credit": Switch(
        'the credit is used up after so many texts (value, or {"after", "code"}, or {"after", "text"})',
        3,
        also=(dict,),
    ),
    "swallowed": Switch("the network takes a text, and it never arrives and is never reported"),
    "mr_wrap": Switch("the next message reference is 255, then 0"),
}
REPORTS = {
    "report_before_cmgs": Switch("the status report comes before +CMGS"),
    "report_never": Switch("no status report comes"),
    "report_late": Switch("status reports come late (value: seconds)", 600.0),
    "report_shuffled": Switch("status reports come in any order (value: within so many seconds)", 5.0),
    "report_twice": Switch("each status report comes twice"),
    "report_trying": Switch(
        "a report says that the network still tries (value: its TP-ST), before the last", 0x30
    ),
    "report_status": Switch("reports say this (value: TP-ST)", 0x46),
    "report_in": Switch("status reports are stored here", "SR", words=("SR", "SM", "ME", "nowhere")),
    "report_ra": Switch("reports name the recipient in another form", "national", words=RECIPIENT_FORMS),
    "report_ra_international": Switch("reports name the recipient in international form"),
}
POWER = {
    "reboot_at": Switch(f"the modem restarts at a state ({', '.join(AT_STATES)})", "sent"),
    "usb_drop_at": Switch(
        f'the port vanishes at a state ({", ".join(AT_STATES)}; or {{"state", "back_after_s"}})',
        "sent",
        also=(dict,),
    ),
    "slow_boot": Switch("the next starts take this long (value: seconds)", 20.0),
    "hang": Switch("the modem is deaf (value: seconds)", 60.0),
    "stops_answering_after": Switch(
        f'after so many commands nothing is answered (value, or {{"commands", "cure": {", ".join(CURES)}}})',
        10,
        also=(dict,),
    ),
    "dies_of": Switch(
        "at what begins so nothing is answered until the port is opened anew (value: the command, without AT)",
        "+CNUM",
    ),
    "boot_storm": Switch("^BOOT lines and nothing else (value: seconds between them)", 20.0),
    "undervoltage": Switch(
        "the supply is weak: the modem says so, or switches off",
        "warning",
        words=("warning", "power down"),
    ),
    "renumber_tty": Switch("the port comes back under another name (modem0-1)"),
    "cdrom_first": Switch("the stick is a CD-ROM before its port appears (value: milliseconds)", 7_000),
    "hilink_only": Switch("the stick has no port: it is a network card (HiLink)"),
    "identical_usb_ids": Switch("the USB serial number is missing"),
    "mm_grabs_port": Switch(
        "another program reads and writes on the port too (value: seconds; {'rude': seconds}: it also sets the modem for itself)",
        38.0,
        also=(dict,),
    ),
}
STRANGERS = {
    "gps_nmea": Switch("the port speaks NMEA, as a GPS receiver does"),
    "diag_port": Switch("the port answers in binary frames, as a diagnosis port does"),
    "printer": Switch("the port takes everything and says only XOFF and XON, as a printer does"),
    "echo_only": Switch("the port gives back what it gets"),
    "babble_forever": Switch("the port says letters without end"),
    "silent_port": Switch("the port says nothing"),
    "answers_binary": Switch("answers are octets that are no text, as at a wrong speed"),
}
FRAMING = {
    "nul_prefix": Switch("answers begin with NUL octets"),
    "garbage_prefix": Switch("answers begin with octets that are no text"),
    "echo_stuck": Switch("ATE0 answers OK and the echo goes on"),
    "dup_echo_line": Switch("the echoed line comes twice"),
    "glued_cmgl": Switch("the line break before +CMGL: is missing"),
    "glued_urc": Switch("an unsolicited line follows an OK at once, in the same read"),
    "extra_blank_lines": Switch("blank lines between header and PDU and after an answer"),
    "cr_cr_lf": Switch("lines end in CR CR LF"),
    "no_leading_crlf": Switch("answers do not begin with CR LF"),
    "pdu_comma_zero": Switch(",0 follows a PDU"),
    "header_short": Switch("the header of a text lacks the name: +CMGR: 0,23"),
    "split_reads": Switch("the answer comes in pieces (value: octets)", 1),
    "urc_inside_response": Switch("an unsolicited line stands after the first line of an answer"),
    "urc_inside_pdu": Switch("an unsolicited line stands between a header and its PDU"),
    "urc_inside_echo": Switch("an unsolicited line stands inside the echo"),
    "noise": Switch("unsolicited vendor lines (value: seconds between them)", 2.0),
}
SIM = {
    "pin_required": Switch(
        'the SIM wants its PIN (value: attempts left, or {"pin", "attempts"}; PIN 1234)', 3, also=(dict,)
    ),
    "puk": Switch("the SIM wants its PUK"),
    "pin_not_yet": Switch("the right PIN takes effect late (value: seconds)", 3.0),
    "pin_attempts_hidden": Switch("the attempts left cannot be asked"),
    "pin2": Switch("+CPIN says SIM PIN2; texts work"),
    "false_lock": Switch("+CPIN says SIM PIN though nothing is locked; texts work"),
    "cpin_no_ok": Switch("AT+CPIN? has no OK at its end"),
    "cpin_ok_only": Switch("AT+CPIN? answers OK alone"),
    "iccid_hidden": Switch("the ICCID is not told while the SIM is locked"),
    "radio_off": Switch("the radio is off after a start (value: <fun> of +CFUN)", 4),
    "sim_absent": Switch("there is no SIM"),
    "sim_busy": Switch("the SIM is busy for its next answers (value: how many)", 3),
    "sim_failure": Switch(
        "the SIM fails (13) from now and from each start (value: seconds), then is READY", 5.0
    ),
    "sim_wrong": Switch("the SIM is the wrong one (15)"),
    "bad_contact": Switch("the SIM has a bad contact: what needs it says +CME ERROR: 262"),
    "sim_swap": Switch(
        'another SIM is in (value: 1 or 2, 0 the first; or {"sim", "quiet"})', 1, also=(dict,)
    ),
}
NETWORK = {
    "registered": Switch(
        'the registration state (value: <stat> of +CREG, or {"creg", "cgreg", "cereg", "code"})',
        2,
        also=(dict,),
    ),
    "signal": Switch("the signal is this strong (value: dBm; 0: not known)", -105),
    "time_off": Switch("the network tells a time that is off (value: seconds)", 7200.0),
    "operator": Switch("the operator is another (value: its name)", "Other Mobile"),
    "ussd": Switch(
        'USSD answers look like this (value, or {"kind", "text"})', "text", also=(dict,), words=USSD_KINDS
    ),
    "temperature": Switch("the modem is this warm (value: degrees Celsius)", 85.0),
    "voltage": Switch("the supply has this voltage (value: millivolts)", 3_400),
}
UNKNOWN = {
    "at_error": Switch("AT alone answers ERROR"),
    "atz_error": Switch("ATZ answers ERROR"),
    "no_cmee": Switch("AT+CMEE is unknown"),
    "no_csms": Switch("AT+CSMS is unknown"),
    "no_cpms_query": Switch("AT+CPMS? and AT+CPMS=? are unknown"),
    "plain_error": Switch("every error is a bare ERROR"),
    "text_errors": Switch("every error is in words, whatever CMEE says"),
    "error_cut": Switch("the line of an error ends after its colon"),
    "only_ok": Switch("what begins so answers OK and does nothing (value: the command, without AT)", "+CMGL"),
    "refuses": Switch("what begins so answers ERROR (value: the command, without AT)", "+CPMS"),
}

SWITCHES: dict[str, Switch] = {
    **ARRIVING,
    **KINDS_OF_TEXT,
    **SENDING,
    **REPORTS,
    **POWER,
    **STRANGERS,
    **FRAMING,
    **SIM,
    **NETWORK,
    **UNKNOWN,
}
