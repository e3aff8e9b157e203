"""CTGAN and TVAE whose loss is watched as they train: a run that diverges is stopped at once."""

from typing import Any

import numpy as np
import pandas as pd
from ctgan import CTGAN, TVAE
from sdv.single_table import CTGANSynthesizer, TVAESynthesizer
from sdv.single_table.utils import detect_discrete_columns

from machine_profiles.errors import MillwrightError

EXPLODED = 1000.0  # times the largest loss of the first epochs
FIRST_EPOCHS = 3


class Diverged(MillwrightError):
    """A network's loss is no longer a number, or has exploded."""

    def __init__(self, method: str, epoch: int, loss: float) -> None:
        super().__init__(
            f"{method} diverged: its loss reached {loss:.3g} in epoch {epoch}, and the run was stopped. Use "
            f"gaussian_copula or lives, or another seed."
        )


class _Watched:
    """A network tells its losses by setting `loss_values` after each epoch; that is where it is looked at."""

    _losses = pd.DataFrame()

    @property
    def loss_values(self) -> pd.DataFrame:
        return self._losses

    @loss_values.setter
    def loss_values(self, losses: pd.DataFrame | None) -> None:
        if losses is not None:
            check_losses(type(self).__name__.removeprefix("_Watched").lower(), losses)
            self._losses = losses


class _WatchedCTGAN(_Watched, CTGAN):
    pass


class _WatchedTVAE(_Watched, TVAE):
    pass


class WatchedCTGANSynthesizer(CTGANSynthesizer):
    def _fit(self, processed_data: pd.DataFrame) -> None:
        _fit(self, _WatchedCTGAN, processed_data)


class WatchedTVAESynthesizer(TVAESynthesizer):
    def _fit(self, processed_data: pd.DataFrame) -> None:
        _fit(self, _WatchedTVAE, processed_data)


def check_losses(method: str, losses: pd.DataFrame) -> None:
    """Raise Diverged where the latest losses are no numbers, or far above what training began with."""
    if losses.empty:
        return
    values = np.abs(losses.filter(like="Loss").to_numpy(float))
    now = losses["Epoch"].to_numpy() == losses["Epoch"].iloc[-1]
    latest, begun = values[now].max(), values[losses["Epoch"].to_numpy() < FIRST_EPOCHS].max()
    if not np.isfinite(latest) or latest > EXPLODED * max(begun, 1.0):
        raise Diverged(method, int(losses["Epoch"].iloc[-1]) + 1, float(latest))


def _fit(synthesizer: Any, network: Any, processed_data: pd.DataFrame) -> None:
    """As SDV's own, with the watched network in the place of the plain one."""
    transformers = synthesizer._data_processor._hyper_transformer.field_transformers
    discrete = detect_discrete_columns(synthesizer.metadata, processed_data, transformers)
    synthesizer._model = network(**synthesizer._model_kwargs)
    synthesizer._model.fit(processed_data, discrete_columns=discrete)
