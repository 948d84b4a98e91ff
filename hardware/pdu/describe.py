"""A PDU as JSON values, for `textbank pdu --json`: one flat object with the field names of tests/data/pdu-corpus.json.

Numbers carry their +, octets are lower-case hex, times ISO 8601 with the offset in the PDU. `concat`, `ports`,
`national`, `mwi`, `compressed` and `problems` stand only where there is something to say.
"""

from dataclasses import asdict

from hardware.pdu.address import Address
from hardware.pdu.dcs import Dcs
from hardware.pdu.decode import Tpdu, decode
from hardware.pdu.deliver import Deliver
from hardware.pdu.report import StatusReport
from hardware.pdu.submit import Submit
from hardware.pdu.userdata import Content
from hardware.pdu.validity import Validity

Json = dict[str, object]


def describe(pdu: str | bytes, smsc: bool | None = None) -> Json:  # noqa: FBT001 (as decode)
    """Decode a PDU and name what is in it. PduError as decode raises it."""
    return as_json(decode(pdu, smsc))


def as_json(tpdu: Tpdu) -> Json:
    """What a decoded PDU says."""
    if isinstance(tpdu, Deliver):
        found = _deliver(tpdu)
    elif isinstance(tpdu, Submit):
        found = _submit(tpdu)
    else:
        found = _report(tpdu)
    if tpdu.problems:
        found["problems"] = list(tpdu.problems)
    return found


def _deliver(tpdu: Deliver) -> Json:
    return {
        "kind": "deliver",
        "direction": "mobile-terminated",
        **_addresses(tpdu, tpdu.sender),
        "timestamp": tpdu.timestamp.isoformat() if tpdu.timestamp else None,
        "pid": tpdu.pid,
        **_scheme(tpdu.dcs),
        **({"mwi": asdict(tpdu.mwi)} if tpdu.mwi else {}),
        **_content(tpdu),
        "flags": {
            "more_messages": tpdu.more_messages,
            "loop_prevention": tpdu.loop_prevention,
            "status_report_indication": tpdu.status_report_indication,
            "udhi": tpdu.udhi,
            "reply_path": tpdu.reply_path,
        },
    }


def _submit(tpdu: Submit) -> Json:
    return {
        "kind": "submit",
        "direction": "mobile-originated",
        **_addresses(tpdu, tpdu.recipient),
        "mr": tpdu.mr,
        "pid": tpdu.pid,
        **_scheme(tpdu.dcs),
        "validity": _validity(tpdu.validity),
        **_content(tpdu),
        "flags": {
            "reject_duplicates": tpdu.reject_duplicates,
            "vpf": tpdu.vpf,
            "status_report_request": tpdu.status_report_request,
            "udhi": tpdu.udhi,
            "reply_path": tpdu.reply_path,
        },
    }


def _report(tpdu: StatusReport) -> Json:
    found: Json = {
        "kind": "status_report",
        "direction": "mobile-terminated",
        **_addresses(tpdu, tpdu.recipient),
        "mr": tpdu.mr,
        "timestamp": tpdu.timestamp.isoformat() if tpdu.timestamp else None,
        "discharge_time": tpdu.discharge_time.isoformat() if tpdu.discharge_time else None,
        "status": tpdu.status,
        "status_class": tpdu.status_class,
    }
    if tpdu.parameter_indicator is not None:
        found["parameter_indicator"] = tpdu.parameter_indicator
    if tpdu.pid is not None:
        found["pid"] = tpdu.pid
    if tpdu.dcs is not None:
        found["dcs"] = tpdu.dcs.value
    if tpdu.body.udl is not None:
        found |= {"coding": tpdu.body.dcs.coding, **_content(tpdu)}
    found["flags"] = {
        "more_messages": tpdu.more_messages,
        "loop_prevention": tpdu.loop_prevention,
        "status_report_qualifier": tpdu.status_report_qualifier,
        "udhi": tpdu.udhi,
    }
    return found


def _addresses(tpdu: Tpdu, other: Address) -> Json:
    return {
        "smsc_present_in_pdu": tpdu.smsc_present,
        "smsc": tpdu.smsc.number if tpdu.smsc else None,
        "number": other.number,
        "type_of_number": other.ton,
        "numbering_plan": other.npi,
    }


def _scheme(dcs: Dcs) -> Json:
    found: Json = {
        "dcs": dcs.value,
        "dcs_group": dcs.group,
        "coding": dcs.coding,
        "class": dcs.message_class,
    }
    if dcs.compressed:
        found["compressed"] = True
    return found


def _content(tpdu: Content) -> Json:
    found: Json = {"udl": tpdu.body.udl}
    if tpdu.data is None:
        found["text"] = tpdu.text
    else:
        found["data_hex"] = tpdu.data.hex()
    found["udh"] = [{"iei": element.iei, "data": element.data.hex()} for element in tpdu.udh]
    if tpdu.concat is not None:
        found["concat"] = asdict(tpdu.concat)
    if tpdu.ports is not None:
        found["ports"] = asdict(tpdu.ports)
    if tpdu.national is not None:
        found["national"] = asdict(tpdu.national)
    return found


def _validity(validity: Validity | None) -> Json | None:
    if validity is None:
        return None
    if validity.format == "relative" and validity.duration is not None:
        minutes = int(validity.duration.total_seconds()) // 60
        return {"format": "relative", "octet": validity.raw[0], "minutes": minutes}
    found: Json = {"format": validity.format, "raw": validity.raw.hex()}
    if validity.format == "absolute":
        found["iso"] = validity.until.isoformat() if validity.until else None
        return found
    seconds = None if validity.duration is None else int(validity.duration.total_seconds())
    return found | {"subformat": validity.subformat, "single_shot": validity.single_shot, "seconds": seconds}
