"""Applications of agent frameworks, in a process of their own; prints the spans of their calls.

`frameworks.py NAME`, one of the functions below.
"""

import asyncio
import json
import sys

import httpx2
import openai
from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

import otel_sessions

MODEL = "gpt-4o-mini"


def answer(request):
    """Answer as OpenAI does, on both of its interfaces."""
    known = {"id": "c", "created": 1, "created_at": 1, "model": MODEL}
    if request.url.path.endswith("/responses"):
        part = {"type": "output_text", "text": "It is on its way.", "annotations": []}
        message = {"type": "message", "id": "m", "role": "assistant", "status": "completed"}
        response = {"object": "response", "status": "completed", "parallel_tool_calls": False}
        response |= {"tool_choice": "auto", "tools": [], "output": [message | {"content": [part]}]}
        return httpx2.Response(200, json=known | response)
    message = {"role": "assistant", "content": "It is on its way."}
    choice = {"index": 0, "message": message, "finish_reason": "stop"}
    return httpx2.Response(200, json=known | {"object": "chat.completion", "choices": [choice]})


TRANSPORT = httpx2.MockTransport(answer)
QUESTIONS = ("Where is my order 17 now?", "And when will it come?")


def async_client():
    """Make a client of OpenAI."""
    http = httpx2.AsyncClient(transport=TRANSPORT)
    return openai.AsyncOpenAI(api_key="k", http_client=http, max_retries=0)


def chat_model():
    """Make LangChain's client of OpenAI."""
    from langchain_openai import ChatOpenAI  # noqa: PLC0415

    return ChatOpenAI(
        model=MODEL,
        api_key="k",
        max_retries=0,
        http_client=httpx2.Client(transport=TRANSPORT),
        http_async_client=httpx2.AsyncClient(transport=TRANSPORT),
    )


def graph(node):
    """Make a graph of one node, with a memory."""
    from langgraph.checkpoint.memory import InMemorySaver  # noqa: PLC0415
    from langgraph.graph import START, MessagesState, StateGraph  # noqa: PLC0415

    made = StateGraph(MessagesState)
    made.add_node("node", node)
    made.add_edge(START, "node")
    return made.compile(checkpointer=InMemorySaver())


def langgraph():
    """A graph whose thread is the conversation, synchronous."""
    model = chat_model()
    app = graph(lambda state: {"messages": [model.invoke(state["messages"])]})
    for question in QUESTIONS:
        known = {"configurable": {"thread_id": "the-conversation"}}
        app.invoke({"messages": [("user", question)]}, config=known)


async def langgraph_async():
    """The same, asynchronous."""
    model = chat_model()

    async def node(state):
        return {"messages": [await model.ainvoke(state["messages"])]}

    app = graph(node)
    for question in QUESTIONS:
        known = {"configurable": {"thread_id": "the-conversation"}}
        await app.ainvoke({"messages": [("user", question)]}, config=known)


def langchain():
    """A chain that is told a session."""
    from langchain_core.prompts import ChatPromptTemplate  # noqa: PLC0415

    chain = ChatPromptTemplate.from_messages([("placeholder", "{messages}")]) | chat_model()
    messages = []
    for question in QUESTIONS:
        known = {"configurable": {"session_id": "the-conversation"}}
        messages.append(("user", question))
        messages.append(("ai", chain.invoke({"messages": messages}, config=known).content))


def llama_index():
    """LlamaIndex's chat engine, with its memory, whose run is tagged."""
    from llama_index.core.chat_engine import SimpleChatEngine  # noqa: PLC0415
    from llama_index.core.instrumentation.dispatcher import instrument_tags  # noqa: PLC0415
    from llama_index.core.llms import (  # noqa: PLC0415
        ChatMessage,
        ChatResponse,
        CompletionResponse,
        CustomLLM,
        LLMMetadata,
    )

    client = openai.OpenAI(
        api_key="k", http_client=httpx2.Client(transport=TRANSPORT), max_retries=0
    )

    class Model(CustomLLM):
        """LlamaIndex's own package for OpenAI does not take the newest client."""

        @property
        def metadata(self):
            return LLMMetadata(model_name=MODEL, is_chat_model=True)

        def chat(self, messages, **kwargs):
            sent = [{"role": each.role.value, "content": each.content} for each in messages]
            answered = client.chat.completions.create(model=MODEL, messages=sent)
            said = answered.choices[0].message.content
            return ChatResponse(message=ChatMessage(role="assistant", content=said))

        def complete(self, prompt, formatted=False, **kwargs):  # noqa: FBT002 - theirs
            return CompletionResponse(text=self.chat([ChatMessage(content=prompt)]).message.content)

        def stream_complete(self, prompt, formatted=False, **kwargs):  # noqa: FBT002 - theirs
            yield self.complete(prompt)

    engine = SimpleChatEngine.from_defaults(llm=Model())
    for question in QUESTIONS:
        with instrument_tags({"session_id": "the-conversation"}):
            engine.chat(question)


async def agents():
    """OpenAI's agents, whose traces are grouped."""
    from agents import Agent, Runner, set_default_openai_client, trace  # noqa: PLC0415

    set_default_openai_client(async_client(), use_for_tracing=False)
    agent = Agent(name="Helper", instructions="Help.", model=MODEL)
    said = []
    for question in QUESTIONS:
        said.append({"role": "user", "content": question})
        with trace("support", group_id="the-conversation"):
            said = (await Runner.run(agent, said)).to_input_list()


async def pydantic_ai():
    """Pydantic AI, which hands the conversation on with its messages."""
    from pydantic_ai import Agent  # noqa: PLC0415
    from pydantic_ai.models.openai import OpenAIChatModel  # noqa: PLC0415
    from pydantic_ai.providers.openai import OpenAIProvider  # noqa: PLC0415

    provider = OpenAIProvider(openai_client=async_client())
    agent = Agent(OpenAIChatModel(MODEL, provider=provider))
    first = await agent.run(QUESTIONS[0], conversation_id="the-conversation")
    await agent.run(QUESTIONS[1], message_history=first.all_messages())


def main(name):
    """Run one and print."""
    exporter, tracing = InMemorySpanExporter(), TracerProvider()
    tracing.add_span_processor(SimpleSpanProcessor(exporter))
    trace.set_tracer_provider(tracing)
    otel_sessions.instrument()
    done = globals()[name]()
    if asyncio.iscoroutine(done):
        asyncio.run(done)
    if not otel_sessions.flush(60):
        sys.exit("not analysed in time")
    spans = exporter.get_finished_spans()
    calls = [span for span in spans if "gen_ai.operation.name" in span.attributes]
    sys.stdout.write(json.dumps([dict(span.attributes) for span in calls]) + "\n")
    otel_sessions.uninstrument()


if __name__ == "__main__":
    main(sys.argv[1])
