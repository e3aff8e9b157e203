"""UCI hydraulic rig: at which level are cooler, valve, pump and accumulator?"""
