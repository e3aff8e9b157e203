"""What each machine is: ratings, sensors, limits, failure modes, and where each figure comes from."""
