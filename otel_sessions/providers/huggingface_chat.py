"""Hugging Face: chat completions of `InferenceClient`; they look like OpenAI's.

Where a call goes is known when the client has an address; if it has only a model, its router
decides. Other tasks (text generation, images) are not read.
Tested with huggingface_hub 0.25 to 1.33.
Source: https://huggingface.co/docs/huggingface_hub/package_reference/inference_client
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from otel_sessions.providers import openai_chat
from otel_sessions.providers._errors import read_error
from otel_sessions.providers._fields import text
from otel_sessions.providers._hosts import provider_of, server_of
from otel_sessions.providers._provider import Opening, Target, by_name, read_generated


def read_opening(client: Any, arguments: Mapping[str, Any]) -> Opening:
    """Take the model, which may be an address, and where the request goes."""
    stated, own = text(arguments.get("model")), text(client.model)
    url = next((each for each in (own, stated) if each and "://" in each), None)
    host, port = server_of(url) if url else (None, None)
    return Opening(
        provider=provider_of(host or "", "hugging_face"),
        model=next((each for each in (stated, own) if each and each != url), None),
        stream=bool(arguments.get("stream")),
        server_address=host,
        server_port=port,
    )


PROVIDER = replace(
    openai_chat.PROVIDER,
    name="huggingface",
    targets=(
        Target("huggingface_hub.inference._client:InferenceClient.chat_completion"),
        Target(
            "huggingface_hub.inference._generated._async_client:AsyncInferenceClient.chat_completion"
        ),
    ),
    bind=by_name("messages"),
    read_opening=read_opening,
    read_returned=read_generated,
    read_error=read_error,
)
