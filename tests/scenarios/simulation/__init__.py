"""A whole house by seed: real stations on a real database over virtual modems, in simulated time.

    house = House(folder, seed=7)
    house.run()
    assert not judge(house)

Everything that happens comes from the seed: faults, kills between any two database statements and any two bytes on the
wire, unplugging, a database that refuses, people who approve, undo, opt out and answer meanwhile. The same seed gives
the same run. See `baton` (who acts when), `house` (what is there), `chaos` (what happens to it), `judge` (what must
be true of the air, the SIMs and the rows afterwards).
"""
