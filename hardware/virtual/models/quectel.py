"""Quectel modules: two AT ports, of which one has the unsolicited lines; `+Q` commands."""

from hardware.virtual.models.row import Personality, Usb

EC25 = Personality(
    name="quectel-ec25",
    manufacturer="Quectel",
    model="EC25",
    revision="EC25EFAR06A06M4G",
    usb=Usb("2c7c", "0125", interface=2),
    storages={"SM": 50, "ME": 255},
    memory=("ME", "ME", "ME"),
    first_index=0,
    cnmi=(2, 1, 0, 0, 0),
    cnmi_told="(0,1,2),(0,1,2,3),(0,2),(0,1,2),(0,1)",
    boot_s=4.0,
    boot_lines=(
        (0.0, "RDY"),
        (0.2, "+CFUN: 1"),
        (0.5, "+CPIN: READY"),
        (0.6, "+QUSIM: 1"),
        (1.0, "+QIND: SMS DONE"),
        (1.5, "+QIND: PB DONE"),
    ),
    pin_lines=("+CPIN: READY", "+QUSIM: 1", "+QIND: SMS DONE", "+QIND: PB DONE"),
    swap_lines=("+QSIMSTAT: 1,0", "+QSIMSTAT: 1,1", "+CPIN: READY", "+QUSIM: 1", "+QIND: SMS DONE"),
    reboot_drops_port=True,
    noise=('+QIND: "csq",22,99', '+QIND: "act","LTE"', "+CGREG: 1"),
    radios={
        '+QCFG="nwscanmode",0': 7,
        '+QCFG="nwscanmode",1': 0,
        '+QCFG="nwscanmode",2': 2,
        '+QCFG="nwscanmode",3': 7,
    },
    sim_answers={"+QCCID": ("+QCCID: {iccid}",), '+QPINC="SC"': ('+QPINC: "SC",{pin},{puk}',)},
    extras={
        "+CBC": ("+CBC: 0,100,{millivolts}",),
        "+QTEMP": ("+QTEMP: {celsius:.0f},{celsius:.0f},{celsius:.0f}",),
        "+QNWINFO": ('+QNWINFO: "FDD LTE","310410","LTE BAND 3",1500',),
        "+QSIMSTAT?": ("+QSIMSTAT: 0,1",),
    },
    ports=2,
    urc_ports={'+QURCCFG="urcport","usbat"': 0, '+QURCCFG="urcport","usbmodem"': 1},
)
