"""SKAB water circulation rig: which rows are anomalous?"""
