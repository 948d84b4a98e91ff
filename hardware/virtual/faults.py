"""The fault switches of the virtual modem, by name, and the set of them that one modem has thrown.

A switch stays thrown until cleared, or for its next `times` occasions. Names are those of the fault catalogue, so that
tests can combine them. An unknown name or a value of the wrong kind is refused in words (VirtualError).
"""

from dataclasses import dataclass

from hardware.virtual.errors import VirtualError

Value = bool | int | float | str | dict[str, object]


@dataclass(frozen=True, slots=True)
class Switch:
    """What a switch does, and its value when none is given (True: the switch takes no value)."""

    does: str
    default: Value = True


AT_STATES = ("command", "cmgs", "prompt", "pdu", "ctrl_z", "sent")

SWITCHES: dict[str, Switch] = {
    # texts that arrive
    "drop_cmti": Switch("a text is stored and nothing says so"),
    "dup_cmti": Switch("+CMTI comes twice for one text"),
    "dup_store": Switch("one text takes two slots, with two +CMTI 0.4 s apart"),
    "cmti_index_minus1": Switch("+CMTI gives the index -1"),
    "cmti_wrong_mem": Switch("+CMTI names a storage that is not the one read (value: the name)", "MT"),
    "cpms_stale_500ms": Switch("+CPMS counts a new text only half a second later"),
    "cmgl_hang": Switch("AT+CMGL is not answered and the modem is deaf (value: seconds)", 500.0),
    "no_cmgl": Switch("AT+CMGL answers ERROR"),
    "memory_full": Switch("the storage for arriving texts is full, whatever it holds"),
    "reject_inbound": Switch("arriving texts are refused; the network tries again"),
    "class0_cmt": Switch("an arriving text is class 0 and comes as +CMT, unstored"),
    "truncated_pdu": Switch("the record of an arriving text is cut (value: octets left)", 9),
    "nonhex_pdu": Switch("the record of an arriving text holds characters that are not hex"),
    "ff_padded_pdu": Switch("the record of an arriving text is padded with FF to 176 octets"),
    "concat_oo": Switch("the segments of an arriving long text come in reverse order"),
    "concat_missing": Switch("one segment of an arriving long text never comes (value: which, from 1)", 2),
    "concat_dup": Switch("one segment of an arriving long text comes twice (value: which, from 1)", 1),
    # sending
    "cmgs_silent": Switch('after Ctrl-Z nothing comes (value: "sent" it left, "lost" it did not)', "sent"),
    "cmgs_late": Switch("+CMGS comes late (value: milliseconds)", 31_000),
    "cmgs_error": Switch(
        'sending ends in an error (value: code, "ERROR", or {"code", "after_s", "sent"})', 500
    ),
    "prompt_error": Switch("AT+CMGS ends in an error instead of a prompt (value: code)", 302),
    "prompt_missing": Switch('no prompt comes (value: "silent", or "lost": it waits for the PDU)', "silent"),
    "prompt_no_space": Switch("the prompt is CR LF > CR LF"),
    "prompt_delay": Switch("the prompt comes late (value: milliseconds)", 2_000),
    "ok_without_cmgs": Switch("the text leaves and the answer is OK alone"),
    "esc_ok": Switch("ESC at the prompt answers OK"),
    "lte_send_fail": Switch('sending ends in "+CMS ERROR: Unknown error"'),
    "mr_wrap": Switch("the next message reference is 255, then 0"),
    "report_before_cmgs": Switch("the status report comes before +CMGS"),
    "report_never": Switch("no status report comes"),
    "report_ra_international": Switch("reports name the recipient in international form"),
    # power and the port
    "reboot_at": Switch(f"the modem restarts at a state ({', '.join(AT_STATES)})", "sent"),
    "usb_drop_at": Switch(
        f'the port vanishes at a state ({", ".join(AT_STATES)}; or {{"state", "back_after_s"}})', "sent"
    ),
    "slow_boot": Switch("the next starts take this long (value: seconds)", 20.0),
    "hang": Switch("the modem is deaf (value: seconds)", 60.0),
    # framing
    "nul_prefix": Switch("answers begin with NUL octets"),
    "echo_stuck": Switch("ATE0 answers OK and the echo goes on"),
    "dup_echo_line": Switch("the echoed line comes twice"),
    "glued_cmgl": Switch("the line break before +CMGL: is missing"),
    "extra_blank_lines": Switch("blank lines between header and PDU and after an answer"),
    "split_reads": Switch("the answer comes in pieces (value: octets)", 1),
    "urc_inside_response": Switch("an unsolicited line stands after the first line of an answer"),
    "urc_inside_pdu": Switch("an unsolicited line stands between a header and its PDU"),
    "urc_inside_echo": Switch("an unsolicited line stands inside the echo"),
    "noise": Switch("unsolicited vendor lines (value: seconds between them)", 2.0),
    # SIM and network
    "pin_required": Switch(
        'the SIM wants its PIN (value: attempts left, or {"pin", "attempts"}; PIN 1234)', 3
    ),
    "puk": Switch("the SIM wants its PUK"),
    "sim_absent": Switch("there is no SIM"),
    "sim_busy": Switch("the SIM is busy for its next answers (value: how many)", 3),
    "registered": Switch("the registration state (value: <stat> of +CREG)", 2),
    # what the modem does not know
    "at_error": Switch("AT alone answers ERROR"),
    "no_cmee": Switch("AT+CMEE is unknown"),
    "no_csms": Switch("AT+CSMS is unknown"),
    "no_cpms_query": Switch("AT+CPMS? and AT+CPMS=? are unknown"),
    "plain_error": Switch("every error is a bare ERROR"),
    "text_errors": Switch("every error is in words, whatever CMEE says"),
}


class Faults:
    """The switches one modem has thrown."""

    def __init__(self) -> None:
        self._on: dict[str, tuple[Value, int | None]] = {}

    def throw(self, name: str, value: Value | None = None, times: int | None = None) -> Value:
        """Throw a switch; its value is returned. Raises VirtualError when there is no such switch or value."""
        switch = SWITCHES.get(name)
        if switch is None:
            raise VirtualError(
                f"There is no fault called {name!r}; there are: {', '.join(sorted(SWITCHES))}."
            )
        if times is not None and (isinstance(times, bool) or not isinstance(times, int) or times < 1):
            raise VirtualError(f"How often a fault happens is a whole number from 1, not {times!r}.")
        chosen = switch.default if value is None or value is True else value
        _check(name, chosen, switch.default)
        self._on[name] = (chosen, times)
        return chosen

    def clear(self, name: str | None = None) -> None:
        """Take one switch back, or all of them."""
        if name is None:
            self._on.clear()
        elif name in SWITCHES:
            self._on.pop(name, None)
        else:
            raise VirtualError(f"There is no fault called {name!r}.")

    def peek(self, name: str) -> Value | None:
        """The value of a thrown switch, None when it is not thrown. The occasion is not counted."""
        thrown = self._on.get(name)
        return thrown[0] if thrown else None

    def take(self, name: str) -> Value | None:
        """The value of a thrown switch; this was one of its occasions."""
        thrown = self._on.get(name)
        if thrown is None:
            return None
        value, times = thrown
        if times is not None:
            if times <= 1:
                del self._on[name]
            else:
                self._on[name] = (value, times - 1)
        return value

    def number(self, name: str) -> float | None:
        """Like take, for a switch whose value is a number."""
        value = self.take(name)
        return None if value is None or isinstance(value, (str, dict)) else float(value)

    def all(self) -> dict[str, dict[str, object]]:
        """What is thrown: {name: {"value", "times"}}."""
        return {name: {"value": value, "times": times} for name, (value, times) in self._on.items()}


def _check(name: str, value: Value, default: Value) -> None:
    """Refuse a value that the switch could not use."""
    if default is True and value is not True:
        raise VirtualError(f"The fault {name} takes no value; {value!r} was given.")
    number = isinstance(value, (int, float)) and not isinstance(value, bool)
    if isinstance(default, (int, float)) and not isinstance(default, bool) and not number:
        free = name in ("cmgs_error", "pin_required") and isinstance(value, (str, dict))
        if not free:
            raise VirtualError(f"The fault {name} takes a number; {value!r} was given.")
    if isinstance(default, str) and not isinstance(value, (str, dict)):
        raise VirtualError(f"The fault {name} takes a word such as {default!r}; {value!r} was given.")
    if name in ("reboot_at", "usb_drop_at") and state_of(value) not in AT_STATES:
        raise VirtualError(f"The fault {name} takes one of {', '.join(AT_STATES)}; {value!r} was given.")


def state_of(value: Value) -> str:
    """The state named by the value of reboot_at or usb_drop_at."""
    return str(value.get("state", "")) if isinstance(value, dict) else str(value)
