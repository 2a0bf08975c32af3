"""Clients: `docs/clients.md`, made from the providers and the versions that CI tests.

`python scripts/make_clients.py` writes it; with `--check` it only says whether it is current.
"""

import argparse
import re
import sys
from pathlib import Path

from otel_sessions.providers import PROVIDERS

ROOT = Path(__file__).parent.parent
PAGE = ROOT / "docs" / "clients.md"

_DISTRIBUTIONS = {
    "bedrock": "boto3",
    "google": "google-genai",
    "huggingface": "huggingface_hub",
    "mistral": "mistralai",
}
"""Names of distributions that differ from those of the providers."""

_NOT_READ = {
    "anthropic": "batches, token counting, managed agents",
    "bedrock": "agents; models of embeddings and images",
    "cohere": "the API before version 2; `with_raw_response.chat_stream`",
    "google": "the live API, images, interactions; each round of automatic function calling",
    "groq": "audio",
    "huggingface": "tasks other than chat",
    "litellm": (
        "`anthropic.messages`, embeddings, images, audio; functions imported by name before "
        "`instrument()`"
    ),
    "mistral": "conversations, fill in the middle",
    "ollama": "embeddings",
    "openai": "assistants, realtime, batches, images, audio, prompts of tokens",
}

_SENTENCES = (
    (
        "Of every call of the methods below one span is made, synchronous or asynchronous, "
        "complete or streamed, with retries of the client inside."
    ),
    (
        "Read are messages, system prompts, tool calls and results, the model, why the reply "
        "ended, tokens (also of caches and of reasoning), and errors by status or class."
    ),
    (
        "A stream ends its span once: when it is drained, closed, left, cancelled, broken by an "
        "error, or collected; what had come by then counts."
    ),
    (
        "Servers of OpenAI's protocol (Azure, Groq, Together, vLLM, OpenRouter, DeepSeek, "
        "Mistral, ...) are called by OpenAI's client; their host names the provider."
    ),
    (
        "Where a client makes spans of its own calls (Anthropic since 2.0, Mistral since 2.0), "
        "those are completed and no second ones made."
    ),
    (
        "A reply that goes on from `previous_response_id`, and a `conversation`, are followed "
        "by the ids that OpenAI gives."
    ),
    (
        "A call of LiteLLM counts once, whatever client it calls inside, and a call of its "
        "router with all retries and fallbacks; the model that is asked for is the router's group."
    ),
    (
        "At a LiteLLM proxy, sessions of all its clients are watched with one line of its "
        "configuration; see `operate.md`."
    ),
)
"""What is true of all, a line each."""

_HEAD = "# Clients\n\nMade by `python scripts/make_clients.py`; do not edit.\n\n"


def main() -> int:
    """Write or check the page; gives the exit code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing; exit 1 if outdated")
    check = parser.parse_args().check
    page = _HEAD + "\n".join([*_SENTENCES, "", table(), ""])
    if not check:
        PAGE.write_text(page, "utf-8")
    elif PAGE.read_text("utf-8") != page:
        sys.stderr.write("docs/clients.md is outdated: run python scripts/make_clients.py\n")
        return 1
    return 0


def table() -> str:
    """One row for each client: its versions, its methods, and what of it is not read."""
    rows = [
        "| `providers` | client | tested | methods | not read |",
        "| --- | --- | --- | --- | --- |",
    ]
    for name in dict.fromkeys(provider.name for provider in PROVIDERS):
        client = _DISTRIBUTIONS.get(name, name)
        tested = " to ".join(dict.fromkeys((_oldest(client), _newest(client))))
        rows.append(f"| `{name}` | {client} | {tested} | {_methods(name)} | {_NOT_READ[name]} |")
    return "\n".join(rows)


def _methods(name: str) -> str:
    """Name the wrapped methods once, without what differs between sync and async."""
    paths = [target.path for each in PROVIDERS if each.name == name for target in each.targets]
    found = [_method(path) for path in paths]
    if name == "bedrock":  # All go through one method, which nobody calls by its name.
        found = ["converse", "converse_stream", "invoke_model", "invoke_model_with_response_stream"]
    return ", ".join(f"`{method}`" for method in dict.fromkeys(found) if "._" not in method)


def _method(path: str) -> str:
    """Name a method as one calls it, where the path says that, and else with its class."""
    module, _, method = path.partition(":")
    _, _, resource = module.partition(".resources.")
    if not resource:
        return method.removeprefix("Async")
    resource = ".".join(dict.fromkeys(resource.split(".")))
    return f"{resource}.{method.rpartition('.')[2]}"


def _oldest(client: str) -> str:
    return _version((ROOT / ".ci" / "clients").read_text("utf-8"), client)


def _newest(client: str) -> str:
    """Look among the pins of development; LiteLLM, which pins what others need, is not there."""
    files = (ROOT / "constraints.txt", ROOT / ".ci" / "gateways", ROOT / ".ci" / "clients")
    return _version("\n".join(file.read_text("utf-8") for file in files), client)


def _version(text: str, client: str) -> str:
    found = re.search(rf'(?m)(?:^|["\s]){re.escape(client)}(?:\[\w+])?==([\w.]+)', text)
    if found is None:
        message = f"no version of {client} is tested"
        raise SystemExit(message)
    return found[1].strip()


if __name__ == "__main__":
    raise SystemExit(main())
