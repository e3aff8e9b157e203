"""PRONOSTIA bearings: a profile, two column maps, and the run that scores what the ordinary path makes of them."""
