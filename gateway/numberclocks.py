"""Where the clocks of numbers stand that the tables of `phonenumbers` have in another zone, or in one of two: data for
`gateway/numbers.py`.

Pure.
"""

BY_AREA = ("+1", "+77")  # North America with its islands, and Kazakhstan: an area code there tells the zone
CHIHUAHUA = "614 621 625 626 627 628 629 635 636 639 648 649 652 656 659"
CLOCKS = {  # how numbers begin whose place our tables have in a neighbour's zone, or in one of several: Morocco in the Canaries
    "+1867": ("America/Whitehorse", "America/Edmonton", "America/Rankin_Inlet", "America/Iqaluit"),
    "+211": ("Africa/Juba",),
    "+212": ("Africa/Casablanca",),
    "+213": ("Africa/Algiers",),
    "+218": ("Africa/Tripoli",),
    "+505": ("America/Managua",),
    "+5581": ("America/Recife", "America/Noronha"),
    "+56": ("America/Santiago", "America/Punta_Arenas", "Pacific/Easter"),
    "+675": ("Pacific/Port_Moresby", "Pacific/Bougainville"),
    "+691": ("Pacific/Chuuk", "Pacific/Pohnpei", "Pacific/Kosrae"),
    **{f"+52{area}": ("America/Chihuahua", "America/Ojinaga") for area in CHIHUAHUA.split()},
}
SPLIT = {  # area codes of two zones; our tables have the exchanges of the smaller part that they know, and all others in the larger
    area: zones
    for areas, *zones in (
        ("850 448 270 364 219 574 812 930 906", "America/New_York", "America/Chicago"),
        ("605 701 308 785 620", "America/Chicago", "America/Denver"),
        ("541 458", "America/Los_Angeles", "America/Boise"),
        ("807", "America/Toronto", "America/Winnipeg"),
        ("250 236 672 778", "America/Vancouver", "America/Edmonton"),
    )
    for area in areas.split()
}
ANYWHERE = "+628"  # mobiles of Indonesia, which our tables have in Jakarta
