"""What can be set from outside: environment variables and `.env`, read here and nowhere else."""

import getpass
import os
from pathlib import Path
from typing import Any, Literal

from pydantic import AliasChoices, Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

# what the libraries would send home, switched off before they are imported; a value set outside stands
QUIET = {"MLFLOW_DISABLE_TELEMETRY": "true", "ANONYMIZED_TELEMETRY": "False", "GRADIO_ANALYTICS_ENABLED": "False",
         "RAY_USAGE_STATS_ENABLED": "0"}  # fmt: skip


class Settings(BaseSettings):
    """Values come from the environment (`MILLWRIGHT_*`) or `.env`; nothing else reads either."""

    model_config = SettingsConfigDict(env_prefix="MILLWRIGHT_", env_file=".env", extra="ignore", populate_by_name=True,
                                      env_ignore_empty=True)  # fmt: skip

    home: Path = Field(Path(".millwright"), description="All state: telemetry, models, conversations, bundles.")
    seed: int = Field(7, description="The one seed from which every random draw derives.")
    model: str = Field("offline", description="The brain: `offline`, or any provider:model of init_chat_model.")
    turn_limit_s: float = Field(300.0, gt=0, description="Seconds after which a turn starts no further step.")
    tool_limit_s: float = Field(180.0, gt=0, description="Seconds one tool may take; then it is left without a result.")
    database_url: str | None = Field(
        None, repr=False, description="PostgreSQL that keeps the conversations; a file under HOME where unset."
    )
    model_base_url: str | None = Field(None, description="Address of an OpenAI-compatible server.")
    model_api_key: SecretStr | None = Field(
        None, exclude=True, description="The key for it; the provider's own variable where unset."
    )
    openai_api_key: SecretStr | None = Field(None, exclude=True, validation_alias="OPENAI_API_KEY")
    model_timeout_s: float = Field(60, gt=0, description="Seconds without a word from the model's server.")
    vision_model: str | None = Field(
        None, description="A vision model on model_base_url, or openai:NAME, that judges pictures as one more witness."
    )
    clip_path: str | None = Field(
        None, description="Local weights of an open_clip model: a file, its folder, or NAME@file; none are fetched."
    )
    tool_calling: Literal["auto", "native", "schema"] = Field(
        "auto", description="How a language model calls tools; auto goes over to schema where calls come as text."
    )
    gates: Literal["auto", "on", "off"] = Field(
        "auto", description="Whether the offline brain keeps scope, questions back and figures; auto: with a schema."
    )
    chroma_url: str | None = Field(None, description="A Chroma server; embedded under HOME where unset.")
    mlflow_tracking_uri: str | None = Field(None, description="An MLflow server; SQLite under HOME where unset.")
    ray_address: str | None = Field(
        None,
        validation_alias=AliasChoices("MILLWRIGHT_RAY_ADDRESS", "RAY_ADDRESS"),
        description="A Ray cluster that trains the fleet, host:port; processes of this computer where unset.",
    )
    chronos_path: Path | None = Field(
        None, description="A local folder of Chronos weights; unset, no Chronos is asked."
    )
    alarm_webhook: SecretStr | None = Field(
        None, exclude=True, description="Where alarms are posted, in Slack's format."
    )
    smtp_url: SecretStr | None = Field(
        None, exclude=True, description="The mail server for alarms: smtp://host:25 or smtps://user:password@host."
    )
    alarm_from: str | None = Field(None, description="The address that alarm mails come from.")
    alarm_to: str | None = Field(None, description="Addresses that alarm mails go to, with commas between.")
    user: str = Field(default_factory=getpass.getuser, description="Who is speaking; stands in the audit log.")
    role: Literal["viewer", "technician", "engineer"] = Field(
        "engineer", description="What who is speaking may ask for and approve; agent/access.py has the table."
    )

    auth_header: str | None = Field(
        None, description="The header in which a reverse proxy states who is signed in, such as X-Forwarded-User."
    )
    auth_role_header: str | None = Field(None, description="The header in which it states the role; viewer without.")
    trusted_proxies: str = Field(
        "", description="Addresses or networks, with commas between, whose such headers are believed."
    )

    def model_post_init(self, context: Any) -> None:
        for name, value in QUIET.items():
            os.environ.setdefault(name, value)

    def environment(self) -> dict[str, str]:
        """What a process started from here must see to work on the same plant in the same way."""
        mine = {f"MILLWRIGHT_{name.upper()}": str(value) for name, value in self.model_dump(exclude_none=True).items()}
        if self.chronos_path:
            mine["MILLWRIGHT_CHRONOS_PATH"] = str(self.chronos_path.resolve())
        return {**os.environ, **mine, "MILLWRIGHT_HOME": str(self.home.resolve())}
