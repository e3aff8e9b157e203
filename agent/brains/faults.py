"""What can go wrong on the way to a language model, told in words that hold no key and no address."""

import json
import sys
from types import ModuleType

from langchain_core.exceptions import (
    ContextOverflowError,
    ModelAuthenticationError,
    ModelConnectionError,
    ModelError,
    ModelInvalidRequestError,
    ModelNotFoundError,
    ModelPermissionDeniedError,
    ModelRateLimitError,
    ModelTimeoutError,
)

from machine_profiles.errors import MillwrightError

_WHY: tuple[tuple[type[Exception], str], ...] = (
    (ModelAuthenticationError, "its server refused the key; set the provider's key, or MILLWRIGHT_MODEL_API_KEY"),
    (ModelPermissionDeniedError, "its server does not let this key use the model"),
    (ModelNotFoundError, "its server does not know the model that MILLWRIGHT_MODEL names"),
    (ContextOverflowError, "the conversation is longer than it can read; begin a new one"),
    (ModelInvalidRequestError, "its server rejected the request"),
    (ModelRateLimitError, "its server is over its limit of requests"),
    (ModelTimeoutError, "it did not answer in time"),
    (TimeoutError, "it did not answer in time"),
    (ModelConnectionError, "its server cannot be reached, or broke off"),
    (ConnectionError, "its server cannot be reached, or broke off"),
    (json.JSONDecodeError, "its server answered with something that is not JSON"),
)
_STATUS = {401: ModelAuthenticationError, 403: ModelPermissionDeniedError, 404: ModelNotFoundError,
           400: ModelInvalidRequestError, 413: ContextOverflowError, 429: ModelRateLimitError}  # fmt: skip

_OF_LIBRARIES = (("httpx", "TransportError"), ("openai", "OpenAIError"), ("anthropic", "AnthropicError"),
                 ("ollama", "ResponseError"))  # fmt: skip


class BrainFault(MillwrightError):
    """The language model gave no usable answer; asking `once_more` may help. Servers repeat keys in their errors, so
    the cause's own text is left out."""

    def __init__(self, why: str, once_more: bool = False) -> None:
        self.why, self.once_more = why, once_more
        super().__init__(f"The language model could not answer: {why}.")


def known_faults() -> tuple[type[Exception], ...]:
    """What a dead, slow, overloaded or confused server raises; a library that is not loaded has raised nothing."""
    known: list[type[Exception]] = [ModelError, ConnectionError, TimeoutError, json.JSONDecodeError]
    for library, name in _OF_LIBRARIES:
        if library in sys.modules:
            known.append(getattr(sys.modules[library], name))
    return tuple(known)


def reason(error: Exception) -> str:
    """Why, by the kind of error and its HTTP status; never by its text."""
    for kind, why in (*_WHY, *_of_httpx(sys.modules.get("httpx"))):
        if isinstance(error, kind):
            return why
    by_name = {"APITimeoutError": ModelTimeoutError, "APIConnectionError": ModelConnectionError}
    kind_of = by_name.get(type(error).__name__) or _STATUS.get(getattr(error, "status_code", 0))
    return next((why for kind, why in _WHY if kind is kind_of), "its server failed")


def _of_httpx(httpx: ModuleType | None) -> tuple[tuple[type[Exception], str], ...]:
    if httpx is None:
        return ()
    return (
        (httpx.TimeoutException, "it did not answer in time"),
        (httpx.TransportError, "the connection broke off"),
    )
