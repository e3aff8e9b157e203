"""LightGBM trees as an ONNX node whose decisions are LightGBM's own, to the bit."""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from models.onnx_graph import TREES, Graph

if TYPE_CHECKING:
    import lightgbm


def add_trees(
    graph: Graph, features: str, boosters: Sequence["lightgbm.Booster"], columns: int, shares: Sequence[float] = ()
) -> str:
    """The mean of the boosters' raw scores for `features` (n, columns), as a value (n, 1); with `shares` their sum,
    each times its share.

    A booster's features beyond the last column are copies of that column (models._lightgbm.fit, `rising`).

    LightGBM compares float32 features with float64 thresholds. The largest float32 not above a threshold decides
    exactly alike for every float32 feature: x <= t holds just when x <= floor32(t).
    """
    nodes: dict[str, list[Any]] = {name: [] for name in (*NODE, *LEAF)}
    number = 0
    for booster, share in zip(boosters, shares or [1 / len(boosters)] * len(boosters), strict=True):
        for tree in booster.dump_model()["tree_info"]:
            for node in _nodes(tree["tree_structure"]):
                nodes["nodes_treeids"].append(number)
                for name, value in node.items():
                    nodes[name].append(min(value, columns - 1) if name == "nodes_featureids" else value)
                if node["nodes_modes"] == "LEAF":
                    nodes["target_treeids"].append(number)
                    nodes["target_nodeids"].append(node["nodes_nodeids"])
                    nodes["target_ids"].append(0)
                    nodes["target_weights"].append(nodes["nodes_values"].pop() * share)
                    nodes["nodes_values"].append(0.0)
            number += 1
    return graph.op("TreeEnsembleRegressor", features, domain=TREES, n_targets=1, **nodes)


NODE = (
    "nodes_treeids", "nodes_nodeids", "nodes_featureids", "nodes_modes", "nodes_values",
    "nodes_truenodeids", "nodes_falsenodeids", "nodes_missing_value_tracks_true",
)  # fmt: skip
ZERO = float(np.float32(1e-35))  # LightGBM takes readings up to this size for 0 (kZeroThreshold)
BELOW_ZERO = float(np.nextafter(np.float32(-ZERO), np.float32(-1)))
LARGEST = float(np.finfo(np.float32).max)
LEAF = ("target_treeids", "target_nodeids", "target_ids", "target_weights")


def floor32(threshold: float) -> float:
    """The largest float32 that is not above `threshold`."""
    near = np.float32(np.clip(threshold, -LARGEST, LARGEST))
    return float(near if float(near) <= threshold else np.nextafter(near, np.float32(-np.inf)))


def _nodes(root: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Every node of a tree, numbered in the order found; a leaf carries its value in `nodes_values`."""
    waiting, count = [(root, 0)], 1
    while waiting:
        node, number = waiting.pop()
        if "left_child" not in node:
            yield _node(number, 0, "LEAF", float(node["leaf_value"]), 0, 0, 0)
            continue
        if node["decision_type"] != "<=":
            raise ValueError(f"A split of kind {node['decision_type']!r} has no float comparison.")
        left, right = count, count + 1
        count += 2
        waiting += [(node["left_child"], left), (node["right_child"], right)]
        threshold = float(node["threshold"])
        # LightGBM reads a missing value as 0 where none was missing in training
        goes_left = node["default_left"] if node["missing_type"] == "NaN" else threshold >= 0.0
        cut = BELOW_ZERO if threshold == -ZERO else floor32(threshold)
        yield _node(number, node["split_feature"], "BRANCH_LEQ", cut, left, right, int(goes_left))


def _node(number: int, feature: int, mode: str, value: float, yes: int, no: int, missing: int) -> dict[str, Any]:
    return dict(zip(NODE[1:], (number, feature, mode, value, yes, no, missing), strict=True))
