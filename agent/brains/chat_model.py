"""The brain that the settings name: the offline one, or any model of a provider behind one way of calling tools."""

from typing import TYPE_CHECKING, Any

from agent.brains.faults import known_faults
from machine_profiles.errors import MillwrightError
from settings import Settings
from tools.plant import Plant

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel

    from agent.brains.offline import OfflineBrain

OFFLINE = "offline"
NO_KEY = "none"  # what a local server that asks for no key is sent
CONNECT_S = 5.0
ATTEMPTS_MORE = 2
MOST_TOKENS = 1024  # of one answer of a local server, where small models may never stop


class UnusableModel(MillwrightError):
    def __init__(self, model: str, error: Exception) -> None:
        super().__init__(
            f"MILLWRIGHT_MODEL={model!r} cannot be used: {str(error).splitlines()[0]} "
            "Set it to `offline`, or to provider:model with that provider's LangChain package installed."
        )


def make_brain(settings: Settings, plant: Plant) -> "BaseChatModel":
    """The brain that `settings.model` names: `offline`, or `provider:model` of init_chat_model.

    Raises UnusableModel for a provider that is not known or not installed, and where its key is missing.
    """
    if settings.model == OFFLINE:
        return offline_brain(plant)
    from langchain.chat_models import init_chat_model

    from agent.brains.calling import ToolCalling
    from agent.brains.gated import Gated

    try:
        model = init_chat_model(settings.model, **_options(settings))
    except Exception as error:
        if isinstance(error, (ImportError, ValueError, *known_faults())):
            raise UnusableModel(settings.model, error) from None
        raise
    how = settings.tool_calling
    calling = ToolCalling(
        inner=model,
        catalog=lambda: plant.machines,
        how="native" if how == "auto" else how,
        may_change=how == "auto" and settings.model_base_url is not None,
    )
    return Gated(inner=calling, offline=offline_brain(plant), gates=settings.gates)


def offline_brain(plant: Plant) -> "OfflineBrain":
    from agent.brains.offline import OfflineBrain

    return OfflineBrain(catalog=lambda: plant.machines, now=lambda: plant.now)


def name_of(brain: "BaseChatModel") -> str:
    """What answers say of who wrote them."""
    if brain._llm_type.startswith(OFFLINE):
        return OFFLINE
    inner = getattr(brain, "inner", None)
    if inner is not None:
        return name_of(inner)
    return str(getattr(brain, "model_name", None) or getattr(brain, "model", None) or brain._llm_type)


def _options(settings: Settings) -> dict[str, Any]:
    provider = settings.model.partition(":")[0]
    options: dict[str, Any] = {}
    if settings.model_base_url is not None:
        options["base_url"] = settings.model_base_url
    if key := settings.model_api_key:
        options["api_key"] = key.get_secret_value()
    if provider == "openai":
        import httpx

        options |= {
            "streaming": True,
            "stream_usage": True,
            "max_retries": ATTEMPTS_MORE,
            "timeout": httpx.Timeout(settings.model_timeout_s, connect=CONNECT_S),
        }
        if settings.model_base_url is not None:
            own = settings.openai_api_key
            options.setdefault("api_key", own.get_secret_value() if own else NO_KEY)
            options |= {
                "use_responses_api": False,
                "temperature": 0,
                "max_tokens": MOST_TOKENS,
            }  # a protocol they all know
    elif provider == "anthropic":
        options |= {"streaming": True, "max_retries": ATTEMPTS_MORE, "timeout": settings.model_timeout_s}
    elif provider == "ollama":
        options |= {
            "temperature": 0,
            "num_predict": MOST_TOKENS,
            "client_kwargs": {"timeout": settings.model_timeout_s},
        }
    return options
