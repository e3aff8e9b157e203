"""Azure PdM: a profile, a column map with event files, and the run that scores what the ordinary path makes of them."""
