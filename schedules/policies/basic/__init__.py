"""`basic`, the observing policy: what a telescope scans in a range of time.

policy        the steps, top to bottom
config        what it can be told
master        the master schedule, a text file; master_files finds it by name
sources       where the sun, the moon and the planets stand
blocks        stretches of time and what can be done to them
observations  arcs, windows and scans, which such stretches are here
rules         one function each
commands      the text
picture       the timeline
"""
