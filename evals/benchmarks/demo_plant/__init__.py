"""The demo plant: its machines trained the ordinary way, scored on lives nobody learnt from."""
