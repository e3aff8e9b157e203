"""Any server with OpenAI's chat protocol, at MILLWRIGHT_MODEL_BASE_URL; MILLWRIGHT_MODEL names its model."""

import json
from collections.abc import Sequence
from typing import Any

from langchain_core.messages import AIMessage, BaseMessage
from openai import OpenAI

from evals.external import Conversation
from settings import Settings


def endpoint(conversation: Conversation) -> Sequence[BaseMessage]:
    settings, said, added = Settings(), list[Any](conversation.messages), list[BaseMessage]()
    client: Any = OpenAI(base_url=settings.model_base_url, api_key="none")
    for _ in range(12):
        made = client.chat.completions.create(model=settings.model, messages=said, tools=conversation.schemas)
        answer = made.choices[0].message
        calls = [{"id": c.id, "name": c.function.name, "args": json.loads(c.function.arguments or "{}")}
                 for c in answer.tool_calls or ()]  # fmt: skip
        added.append(AIMessage(answer.content or "", tool_calls=calls))
        results = [conversation.call(call) for call in calls]
        added += results
        told = [{"role": "tool", "tool_call_id": each.tool_call_id, "content": each.content} for each in results]
        said += [answer.model_dump(exclude_none=True), *told]
        if not calls:
            break
    return added
