"""How long to wait for what, as data: real modems' times, which tests make short."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Patience:
    """Seconds and tries of a start; the values are those that real modems were seen to need."""

    probes: int = 20  # AT, until the modem has booted (u-blox 20 s, Telit 14 tries)
    probe_s: float = 3.0
    settle_s: float = 0.15  # stale bytes of an earlier session
    answer_s: float = 5.0  # an ordinary command
    blocked_s: float = 30.0  # in a start, behind an ordinary command that the SIM keeps it from answering
    slow_s: float = 40.0  # CPIN=, CFUN=
    radio_off_s: float = 5.0  # until the radio is switched on again
    operator_s: float = 180.0  # COPS=0, which some answer only when they are signed on
    sim_ready_s: float = 60.0  # while the SIM says that it is busy
    sim_fault_s: float = 10.0  # while it says failure or absent, which some say before READY
    smsc_s: float = 6.0  # while the service centre cannot be read yet
    retry_s: float = 2.0
    pin_s: float = 30.0  # while the SIM still asks for the PIN it accepted
    sms_ready_s: float = 20.0  # for a model's own "ready for texts", after a PIN or power-up
    pdu_mode_tries: int = 10
    pdu_mode_s: float = 1.0
    list_s: float = 60.0  # of silence
    delete_s: float = 15.0
    prompt_s: float = 15.0


REAL = Patience()
