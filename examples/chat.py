"""Chat: a conversation in the terminal, observed by two lines.

`python examples/chat.py [SESSION_ID]` with `OPENAI_API_KEY`, and `OPENAI_BASE_URL` for another
server. Telemetry goes where `OTEL_EXPORTER_OTLP_ENDPOINT` says, or is printed with
`OTEL_TRACES_EXPORTER=console OTEL_METRICS_EXPORTER=none OTEL_LOGS_EXPORTER=none`.
"""

import sys

import openai

import otel_sessions

MODEL = "gpt-4o-mini"


def main() -> None:
    """Answer each line of the input until it ends."""
    otel_sessions.instrument()
    client = openai.OpenAI()
    messages: list[dict[str, str]] = [{"role": "system", "content": "You are a helpful assistant."}]
    session_id = sys.argv[1] if len(sys.argv) > 1 else None
    with otel_sessions.session(session_id):
        for line in sys.stdin:
            messages.append({"role": "user", "content": line.strip()})
            reply = client.chat.completions.create(model=MODEL, messages=messages)
            text = reply.choices[0].message.content or ""
            messages.append({"role": "assistant", "content": text})
            print(text, flush=True)
    if session_id:
        otel_sessions.end_session(session_id, outcome="unknown")


if __name__ == "__main__":
    main()
