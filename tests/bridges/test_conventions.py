"""What spans of other instrumentations say of one inference, whatever names they use for it."""

import re
from pathlib import Path

import pytest
import yaml

from otel_sessions import names
from otel_sessions.bridges.conventions import convention_of, holds_content
from otel_sessions.calls import Message, ToolCall, Usage

ASKED = [
    Message("system", "Be kind"),
    Message("user", "Where?", other_parts=1),
    Message("assistant", "", (ToolCall("look", "{}", "t1"),)),
    Message("tool", "found", tool_call_id="t1"),
]
REPLY = Message("assistant", "On its way.", (ToolCall("look", '{"a": 1}', "t2"),))

# As opentelemetry-instrumentation-openai 0.40 wrote them.
OPENLLMETRY = {
    "llm.request.type": "chat",
    "gen_ai.system": "OpenAI",
    "gen_ai.request.model": "gpt-4o",
    "gen_ai.prompt.0.role": "system",
    "gen_ai.prompt.0.content": "Be kind",
    "gen_ai.prompt.1.role": "user",
    "gen_ai.prompt.1.content": '[{"type": "text", "text": "Where?"}, {"type": "image_url"}]',
    "gen_ai.prompt.2.role": "assistant",
    "gen_ai.prompt.2.tool_calls.0.id": "t1",
    "gen_ai.prompt.2.tool_calls.0.name": "look",
    "gen_ai.prompt.2.tool_calls.0.arguments": "{}",
    "gen_ai.prompt.3.role": "tool",
    "gen_ai.prompt.3.content": "found",
    "gen_ai.prompt.3.tool_call_id": "t1",
    "gen_ai.response.model": "gpt-4o-x",
    "gen_ai.usage.completion_tokens": 3,
    "gen_ai.usage.prompt_tokens": 9,
    "gen_ai.completion.0.finish_reason": "tool_calls",
    "gen_ai.completion.0.role": "assistant",
    "gen_ai.completion.0.content": "On its way.",
    "gen_ai.completion.0.tool_calls.0.id": "t2",
    "gen_ai.completion.0.tool_calls.0.name": "look",
    "gen_ai.completion.0.tool_calls.0.arguments": '{"a": 1}',
    "traceloop.association.properties.session_id": "s",
}
# As openinference-instrumentation-openai 0.1.66 writes them.
OPENINFERENCE = {
    "openinference.span.kind": "LLM",
    "llm.provider": "openai",
    "llm.model_name": "gpt-4o-x",
    "llm.input_messages.0.message.role": "system",
    "llm.input_messages.0.message.content": "Be kind",
    "llm.input_messages.1.message.role": "user",
    "llm.input_messages.1.message.contents.0.message_content.type": "text",
    "llm.input_messages.1.message.contents.0.message_content.text": "Where?",
    "llm.input_messages.1.message.contents.1.message_content.type": "image",
    "llm.input_messages.2.message.role": "assistant",
    "llm.input_messages.2.message.tool_calls.0.tool_call.id": "t1",
    "llm.input_messages.2.message.tool_calls.0.tool_call.function.name": "look",
    "llm.input_messages.2.message.tool_calls.0.tool_call.function.arguments": "{}",
    "llm.input_messages.3.message.role": "tool",
    "llm.input_messages.3.message.tool_call_id": "t1",
    "llm.input_messages.3.message.content": "found",
    "llm.output_messages.0.message.role": "assistant",
    "llm.output_messages.0.message.content": "On its way.",
    "llm.output_messages.0.message.tool_calls.0.tool_call.id": "t2",
    "llm.output_messages.0.message.tool_calls.0.tool_call.function.name": "look",
    "llm.output_messages.0.message.tool_calls.0.tool_call.function.arguments": '{"a": 1}',
    "llm.finish_reason": "tool_calls",
    "llm.token_count.prompt": 9,
    "llm.token_count.completion": 3,
    "session.id": "s",
}
# With structured values, as OTLP may carry them instead of JSON.
GEN_AI = {
    "gen_ai.operation.name": "chat",
    "gen_ai.provider.name": "openai",
    "gen_ai.system_instructions": [{"type": "text", "content": "Be kind"}],
    "gen_ai.input.messages": [
        {"role": "user", "parts": [{"type": "text", "content": "Where?"}, {"type": "blob"}]},
        {
            "role": "assistant",
            "parts": [{"type": "tool_call", "id": "t1", "name": "look", "arguments": "{}"}],
        },
        {
            "role": "tool",
            "parts": [{"type": "tool_call_response", "id": "t1", "response": "found"}],
        },
    ],
    "gen_ai.output.messages": [
        {
            "role": "assistant",
            "parts": [
                {"type": "text", "content": "On its way."},
                {"type": "tool_call", "id": "t2", "name": "look", "arguments": '{"a": 1}'},
            ],
        }
    ],
    "gen_ai.response.model": "gpt-4o-x",
    "gen_ai.response.finish_reasons": ["tool_calls"],
    "gen_ai.usage.input_tokens": 9,
    "gen_ai.usage.output_tokens": 3,
    "gen_ai.conversation.id": "s",
}
SPANS = {"openllmetry": OPENLLMETRY, "openinference": OPENINFERENCE, "gen_ai": GEN_AI}

every = pytest.mark.parametrize("name", SPANS)


@every
def test_the_same_inference_is_read(name):
    """Three ways to write it, one thing that happened."""
    convention = convention_of(SPANS[name])
    assert convention.name == name
    said = convention.read(SPANS[name])
    assert said.provider == "openai"
    assert list(said.request.messages) == ASKED
    assert said.reply.message == REPLY
    assert said.reply.model == "gpt-4o-x"
    assert said.reply.finish_reasons == ("tool_calls",)
    assert said.reply.usage == Usage(9, 3)
    assert said.session_id == "s"


@every
def test_without_content_the_figures_are_there(name):
    """Messages that were not captured are unknown, not empty."""
    figures = {k: v for k, v in SPANS[name].items() if not holds_content(k)}
    said = convention_of(figures).read(figures)
    assert said.request.messages is None
    assert said.reply.message is None
    assert said.reply.usage == Usage(9, 3)


@pytest.mark.parametrize(
    "attributes",
    [
        {},
        {"gen_ai.operation.name": "embeddings"},
        {"openinference.span.kind": "CHAIN"},
        {"llm.request.type": "embedding"},
    ],
    ids=lambda attributes: next(iter(attributes.values()), "nothing"),
)
def test_other_spans_are_no_inferences(attributes):
    assert convention_of(attributes) is None


def test_what_is_removed_is_what_the_collector_removes():
    """Who puts the sidecar before the collector is promised the same by both."""
    path = Path(__file__).parents[2] / "collector" / "base.yaml"
    if not path.exists():
        pytest.skip("needs the collector's files, which a clone has")
    cleaning = yaml.safe_load(path.read_text("utf-8"))["processors"]["transform/content"]
    of_spans = next(each for each in cleaning["trace_statements"] if each["context"] == "span")
    patterns = [
        re.fullmatch(r'delete_matching_keys\(attributes, "(.+)"\)', each)[1].replace("\\\\", "\\")
        for each in of_spans["statements"]
    ]
    assert list(names.CONTENT_KEYS) == patterns
