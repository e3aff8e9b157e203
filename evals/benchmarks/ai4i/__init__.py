"""AI4I 2020 milling machine: does this row say the machine fails?"""
