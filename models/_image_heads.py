"""The heads of the image encoder, fitted by scikit-learn and kept as plain arrays."""

import warnings
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.covariance import LedoitWolf
from sklearn.decomposition import PCA
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedGroupKFold
from sklearn.svm import SVC

from models.photographs import softmax

FAMILY_C, CLASS_C, STRANGE_C, HEAT_C = 1e-4, 1e-2, 0.1, 2.0
COMPONENTS = 48
FOLDS = 4
PASSED = 0.95  # of known pictures, by each sign of strangeness
TEMPERATURES = np.geomspace(0.3, 8.0, 40)
Array = NDArray[np.float64]


def fit_heads(
    views: Array, heat: Array, families: NDArray[Any], classes: NDArray[Any], groups: NDArray[Any], animals: Array,
    strange: Array, strange_groups: NDArray[Any], strange_animals: Array, thermal: set[str], seed: int,
) -> dict[str, NDArray[Any]]:  # fmt: skip
    """`views`: pictures × views × features, of known pictures; `strange`: the same of unrelated ones. `heat`: heat
    patterns, by which the two classes of a thermal family are told apart.

    Heads are multinomial logistic regressions on standardised features; each is divided by the temperature that fits
    predictions on left-out groups best (Guo et al. 2017).
    """
    flat = views.reshape(-1, views.shape[-1])
    centre, scale = flat.mean(axis=0), np.maximum(flat.std(axis=0), 1e-3)

    def standard(raw: Array) -> Array:
        return np.clip((raw - centre) / scale, -10, 10)

    names = sorted(set(families))
    arrays: dict[str, NDArray[Any]] = {"centre": centre, "scale": scale, "families": np.array(names)}
    arrays |= _head("family", standard(views), families, groups, FAMILY_C, seed)
    for name in names:
        own = families == name
        arrays[f"{name}/classes"] = np.array(sorted(set(classes[own])))
        if name in thermal:
            arrays |= _heat_head(name, heat[own], classes[own], groups[own], seed)
        else:
            arrays |= _head(name, standard(views[own]), classes[own], groups[own], CLASS_C, seed)
    keys = np.array([f"{family}/{each}" for family, each in zip(families, classes, strict=True)])
    known, unknown = standard(views.mean(axis=1)), standard(strange.mean(axis=1))
    return arrays | _strangeness(known, keys, groups, animals, unknown, strange_groups, strange_animals, seed)


def _head(head: str, x: Array, y: NDArray[Any], groups: NDArray[Any], c: float, seed: int) -> dict[str, NDArray[Any]]:
    """`x`: pictures × views × features. Weights are features × classes, in the order of the sorted names."""
    names = sorted(set(y))
    left_out = np.zeros((len(y), len(names)))
    for learn, test in _folds(y, groups, seed):
        weights, bias = _logistic(x[learn], y[learn], names, c)
        left_out[test] = x[test].mean(axis=1) @ weights + bias
    truth = np.array([names.index(each) for each in y])
    losses = [-np.log(np.maximum(softmax(left_out / t)[np.arange(len(y)), truth], 1e-9)).mean() for t in TEMPERATURES]
    temperature = float(TEMPERATURES[int(np.argmin(losses))])
    weights, bias = _logistic(x, y, names, c)
    return {f"{head}/weights": (weights / temperature).astype(np.float16), f"{head}/bias": bias / temperature}


def _heat_head(head: str, heat: Array, y: NDArray[Any], groups: NDArray[Any], seed: int) -> dict[str, NDArray[Any]]:
    """Two classes by a support vector machine; chances by Platt's logistic on the margins of left-out groups."""
    names = sorted(set(y))
    truth = y == names[1]
    centre, scale = heat.mean(axis=0), np.maximum(heat.std(axis=0), 1e-6)
    x = (heat - centre) / scale
    gamma = 1.0 / x.shape[1]

    def machine(rows: NDArray[Any]) -> SVC:
        return SVC(C=HEAT_C, gamma=gamma, class_weight="balanced").fit(x[rows], truth[rows])

    margins = np.zeros(len(y))
    for learn, test in _folds(y, groups, seed):
        margins[test] = machine(learn).decision_function(x[test])
    platt = LogisticRegression(C=10.0).fit(margins[:, None], truth)
    final = machine(np.arange(len(y)))
    slope = float(platt.coef_[0, 0])
    return {
        f"{head}/heat_centre": centre, f"{head}/heat_scale": scale, f"{head}/support": final.support_vectors_,
        f"{head}/alpha": final.dual_coef_[0], f"{head}/gamma": np.array(gamma),
        f"{head}/platt": np.array([slope, float(platt.intercept_[0]) + slope * float(final.intercept_[0])]),
    }  # fmt: skip


def _folds(y: NDArray[Any], groups: NDArray[Any], seed: int) -> list[tuple[NDArray[Any], NDArray[Any]]]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # a class with fewer groups than folds
        return list(StratifiedGroupKFold(FOLDS, shuffle=True, random_state=seed).split(y, y, groups))


def _logistic(x: Array, y: NDArray[Any], names: list[str], c: float) -> tuple[Array, Array]:
    count = x.shape[1]
    model = LogisticRegression(C=c, max_iter=300, class_weight="balanced")
    model.fit(x.reshape(-1, x.shape[-1]), np.repeat(y, count))
    weights, bias = np.zeros((x.shape[-1], len(names))), np.full(len(names), -20.0)
    learnt = [names.index(str(each)) for each in model.classes_]
    if len(learnt) == 2:
        weights[:, learnt] = np.stack([-model.coef_[0] / 2, model.coef_[0] / 2], axis=1)
        bias[learnt] = [-model.intercept_[0] / 2, model.intercept_[0] / 2]
    else:
        weights[:, learnt], bias[learnt] = model.coef_.T, model.intercept_
    return weights, bias


def _strangeness(
    known: Array, keys: NDArray[Any], groups: NDArray[Any], animals: Array, unknown: Array,
    unknown_groups: NDArray[Any], unknown_animals: Array, seed: int,
) -> dict[str, NDArray[Any]]:  # fmt: skip
    """Limits are set on pictures whose group was left out of the fit."""
    signs = []
    for learn, test in _folds(keys, groups, seed):
        fitted = _known_space(known[learn], keys[learn], animals[learn], unknown, unknown_animals)
        signs.append(np.array([_signs(fitted, x, a) for x, a in zip(known[test], animals[test], strict=True)]))
    limits = np.quantile(np.concatenate(signs), PASSED, axis=0)
    return _known_space(known, keys, animals, unknown, unknown_animals) | {"strange_limits": limits}


def _signs(fitted: dict[str, NDArray[Any]], x: Array, animals: float) -> Array:
    from models.photographs import Heads

    return Heads(fitted).signs(x, animals)


def _known_space(
    known: Array, keys: NDArray[Any], animals: Array, unknown: Array, unknown_animals: Array
) -> dict[str, NDArray[Any]]:
    pca = PCA(COMPONENTS, random_state=0).fit(np.concatenate([known, unknown]))
    place, strange = pca.transform(known), pca.transform(unknown)
    names = sorted(set(keys))
    means = np.stack([place[keys == name].mean(axis=0) for name in names])
    inside = np.concatenate([place[keys == name] - means[i] for i, name in enumerate(names)])
    spread = np.sqrt(pca.explained_variance_)
    x = np.concatenate([place, strange]) / spread
    asked = np.column_stack([x, 4 * np.concatenate([animals, unknown_animals])])
    model = LogisticRegression(C=STRANGE_C, max_iter=1000, class_weight="balanced")
    model.fit(asked, np.repeat([0, 1], [len(place), len(strange)]))
    return {
        "pca": pca.components_.astype(np.float16), "pca_mean": pca.mean_, "pca_scale": spread, "means": means,
        "precision": LedoitWolf().fit(inside).precision_, "strange_weights": model.coef_[0],
        "strange_bias": model.intercept_[0],
    }  # fmt: skip
