"""SIMCom modules: three generations, each with the lines of its start and its own names for the same things."""

from hardware.virtual.models.row import Personality, Usb

SPIC = ("+SPIC: {pin},{puk},0,10",)  # attempts left: PIN, PUK, PIN2, PUK2
UNDERVOLTAGE = {"warning": "UNDER-VOLTAGE WARNNING", "power down": "UNDER-VOLTAGE POWER DOWN"}

SIM800L = Personality(
    name="sim800l",
    manufacturer="SIMCOM_Ltd",
    model="SIMCOM_SIM800L",
    revision="Revision:1418B05SIM800L24",
    usb=Usb("10c4", "ea60"),  # the usual bridge to its serial line
    storages={"SM": 25, "ME": 20},
    cnmi=(2, 1, 0, 0, 0),
    cnmi_told="(0-2),(0-3),(0,2),(0-2),(0,1)",
    class0_direct=True,
    boot_s=3.0,
    boot_lines=(
        (0.0, "RDY"),
        (0.1, "+CFUN: 1"),
        (0.3, "+CPIN: READY"),
        (0.8, "Call Ready"),
        (1.0, "SMS Ready"),
    ),
    pin_lines=("+CPIN: READY", "Call Ready", "SMS Ready"),
    swap_lines=("+CPIN: NOT INSERTED", "+CPIN: READY", "Call Ready", "SMS Ready"),
    noise=('*PSUTTZ: 2026,11,24,11,30,00,"-20",0', "DST: 0", '+CIEV: 10,"310410"', "UNDER-VOLTAGE WARNNING"),
    registration=("+CREG", "+CGREG"),
    technology=0,
    undervoltage=UNDERVOLTAGE,
    sim_answers={"+CCID": ("{iccid}f",), "+SPIC": SPIC},
    extras={
        "+CSCLK=0": (),
        "+CSCLK?": ("+CSCLK: 0",),
        "+CBC": ("+CBC: 0,100,{millivolts}",),
        "+CMTE?": ("+CMTE: 0,{celsius:.2f}",),
    },
)

A7670E = Personality(
    name="a7670e",
    manufacturer="A7670E",
    model="A7670E-FASE",
    revision="A7670M7_V1.11.1",
    usb=Usb("1e0e", "9011", interface=4, serial=True),
    prompt="\r\n>\r\n",
    storages={"SM": 40, "ME": 180},
    first_index=0,
    stores_twice=True,
    cnmi=(2, 1, 0, 0, 0),
    boot_s=4.0,
    boot_lines=(
        (0.0, "*ATREADY: 1"),
        (2.0, "+CPIN: READY"),
        (3.5, "SMS DONE"),
        (4.0, "PB DONE"),
        (4.2, "+CGREG: 0,0"),
    ),
    pin_lines=("+CPIN: READY", "SMS DONE", "PB DONE"),
    swap_lines=("+CPIN: SIM REMOVED", "+CPIN: READY", "SMS DONE", "PB DONE"),
    sim_fails_s=2.0,
    texts_after_s=3.5,
    resets=("+CFUN=1,1", "+CRESET"),
    format_needs_service=True,
    codes={"no_service": -1},  # a bare ERROR
    noise=("+CGEV: ME PDN ACT 1", "+CTZV: 26/11/24,11:30:00-20", "+CGREG: 0,1"),
    radios={"+CNMP=2": 7, "+CNMP=13": 0, "+CNMP=38": 7},
    sim_answers={"+CICCID": ("+ICCID: {iccid}",), "+SPIC": SPIC},
    extras={
        "+CBC": ("+CBC: {volts:.3f}V",),
        "+CPMUTEMP": ("+CPMUTEMP: {celsius:.0f}",),
        "+CPSI?": ("+CPSI: LTE,Online,310-410,0x1A2B,27447269,171,EUTRAN-BAND3,1500,5,0,17,50,40,18",),
        "+SIMCOMATI": (
            "Manufacturer: SIMCOM INCORPORATED",
            "Model: A7670E-FASE",
            "Revision: A7670M7_V1.11.1",
        ),
    },
)

SIM7600 = Personality(
    name="sim7600",
    manufacturer="SIMCOM INCORPORATED",
    model="SIMCOM_SIM7600E-H",
    revision="LE20B04SIM7600M22",
    usb=Usb("1e0e", "9001", interface=2, serial=True),
    storages={"SM": 50, "ME": 23},
    first_index=0,
    cnmi=(2, 1, 0, 0, 0),
    csms=(0, 1),
    boot_s=5.0,
    boot_lines=((0.0, "RDY"), (0.3, "+CPIN: READY"), (1.0, "SMS DONE"), (2.0, "PB DONE")),
    pin_lines=("+CPIN: READY", "SMS DONE", "PB DONE"),
    swap_lines=("+SIMCARD: NOT AVAILABLE", "+CPIN: READY", "SMS DONE", "PB DONE"),
    texts_after_s=1.0,
    resets=("+CFUN=1,1", "+CRESET"),
    flood="+CSQ: {rssi},99",
    flood_s=5.0,
    flood_until=("+AUTOCSQ=0", "+AUTOCSQ=0,0", "+AUTOCSQ=0,1"),
    flood_start="+AUTOCSQ=1,1",
    noise=("+CSQ: 21,99", "+CGEV: EPS PDN ACT 1", "+CNSMOD: 8"),
    radios={"+CNMP=2": 7, "+CNMP=13": 0, "+CNMP=14": 2, "+CNMP=38": 7},
    sim_answers={"+CICCID": ("+ICCID: {iccid}",), "+SPIC": SPIC},
    extras={
        "+CBC": ("+CBC: {volts:.3f}V",),
        "+CPMUTEMP": ("+CPMUTEMP: {celsius:.0f}",),
        "+CPSI?": ("+CPSI: LTE,Online,310-410,0x1A2B,27447269,171,EUTRAN-BAND3,1500,5,5,-97,-960,-650,14",),
    },
)
