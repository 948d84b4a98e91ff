"""The SMS codec: 3GPP 23.038 and 23.040, pure, standard library only. PduError is the only exception that leaves it.

decode(hex)                           what a modem gave: Deliver, Submit or StatusReport
segment(text)                         how a text would leave: alphabet, segments, room left
submit_tpdus(to, segmentation, ref=)  the TPDUs to hand to a modem
join(delivers)                        the text of the segments of one message
describe(hex)                         the same as decode, as the JSON of `textbank pdu`
"""

from hardware.pdu.address import Address, address_field, smsc_field
from hardware.pdu.dcs import Dcs
from hardware.pdu.decode import Tpdu, decode
from hardware.pdu.deliver import Deliver, encode_deliver
from hardware.pdu.describe import describe
from hardware.pdu.errors import PduError
from hardware.pdu.report import StatusReport, encode_status_report, status_class
from hardware.pdu.segment import Segment, Segmentation, segment
from hardware.pdu.submit import Submit, submit_tpdus
from hardware.pdu.udh import Concat, InformationElement, National, Ports, Waiting
from hardware.pdu.userdata import join
from hardware.pdu.validity import Validity

__all__ = [
    "Address",
    "Concat",
    "Dcs",
    "Deliver",
    "InformationElement",
    "National",
    "PduError",
    "Ports",
    "Segment",
    "Segmentation",
    "StatusReport",
    "Submit",
    "Tpdu",
    "Validity",
    "Waiting",
    "address_field",
    "decode",
    "describe",
    "encode_deliver",
    "encode_status_report",
    "join",
    "segment",
    "smsc_field",
    "status_class",
    "submit_tpdus",
]
