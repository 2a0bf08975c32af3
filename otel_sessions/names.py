"""Names: every telemetry name that otel_sessions emits or reads, once.

Own names start with `llm_session.`; `gen_ai.`, `session.`, `server.` and `error.` are
OpenTelemetry's. The GenAI conventions are in Development status; the values here were taken from
opentelemetry-semantic-conventions 0.66b2 and, where that lacks them, from what the official
packages 1.3b0 emit.
"""

from dataclasses import dataclass
from typing import Literal

from opentelemetry.semconv._incubating.attributes import gen_ai_attributes as _gen_ai
from opentelemetry.semconv._incubating.attributes import session_attributes as _session
from opentelemetry.semconv._incubating.attributes import user_attributes as _user
from opentelemetry.semconv._incubating.metrics import gen_ai_metrics as _gen_ai_metrics
from opentelemetry.semconv.attributes import error_attributes as _error
from opentelemetry.semconv.attributes import server_attributes as _server

SCOPE = "otel_sessions"
"""Name of our instrumentation scope."""
SCHEMA_URL = "https://opentelemetry.io/schemas/1.37.0"

# Attributes of the conventions.
AGENT_NAME = _gen_ai.GEN_AI_AGENT_NAME
CONVERSATION_ID = _gen_ai.GEN_AI_CONVERSATION_ID
CONVERSATION_COMPACTED = "gen_ai.conversation.compacted"
OPERATION_NAME = _gen_ai.GEN_AI_OPERATION_NAME
OUTPUT_TYPE = _gen_ai.GEN_AI_OUTPUT_TYPE
PROVIDER_NAME = _gen_ai.GEN_AI_PROVIDER_NAME
REQUEST_CHOICE_COUNT = _gen_ai.GEN_AI_REQUEST_CHOICE_COUNT
REQUEST_FREQUENCY_PENALTY = _gen_ai.GEN_AI_REQUEST_FREQUENCY_PENALTY
REQUEST_MAX_TOKENS = _gen_ai.GEN_AI_REQUEST_MAX_TOKENS
REQUEST_MODEL = _gen_ai.GEN_AI_REQUEST_MODEL
REQUEST_PRESENCE_PENALTY = _gen_ai.GEN_AI_REQUEST_PRESENCE_PENALTY
REQUEST_SEED = _gen_ai.GEN_AI_REQUEST_SEED
REQUEST_STOP_SEQUENCES = _gen_ai.GEN_AI_REQUEST_STOP_SEQUENCES
REQUEST_STREAM = _gen_ai.GEN_AI_REQUEST_STREAM
REQUEST_TEMPERATURE = _gen_ai.GEN_AI_REQUEST_TEMPERATURE
REQUEST_TOP_P = _gen_ai.GEN_AI_REQUEST_TOP_P
RESPONSE_FINISH_REASONS = _gen_ai.GEN_AI_RESPONSE_FINISH_REASONS
RESPONSE_ID = _gen_ai.GEN_AI_RESPONSE_ID
RESPONSE_MODEL = _gen_ai.GEN_AI_RESPONSE_MODEL
RESPONSE_TIME_TO_FIRST_CHUNK = _gen_ai.GEN_AI_RESPONSE_TIME_TO_FIRST_CHUNK
TOKEN_TYPE = _gen_ai.GEN_AI_TOKEN_TYPE
USAGE_CACHE_CREATION = _gen_ai.GEN_AI_USAGE_CACHE_CREATION_INPUT_TOKENS
USAGE_CACHE_READ = _gen_ai.GEN_AI_USAGE_CACHE_READ_INPUT_TOKENS
USAGE_INPUT_TOKENS = _gen_ai.GEN_AI_USAGE_INPUT_TOKENS
USAGE_OUTPUT_TOKENS = _gen_ai.GEN_AI_USAGE_OUTPUT_TOKENS
USAGE_REASONING = _gen_ai.GEN_AI_USAGE_REASONING_OUTPUT_TOKENS
EVALUATION_NAME = _gen_ai.GEN_AI_EVALUATION_NAME
EVALUATION_SCORE = _gen_ai.GEN_AI_EVALUATION_SCORE_VALUE
EVALUATION_LABEL = _gen_ai.GEN_AI_EVALUATION_SCORE_LABEL
EVALUATION_EXPLANATION = _gen_ai.GEN_AI_EVALUATION_EXPLANATION
SESSION_ID = _session.SESSION_ID
SESSION_PREVIOUS_ID = _session.SESSION_PREVIOUS_ID
USER_ID = _user.USER_ID
ERROR_TYPE = _error.ERROR_TYPE
SERVER_ADDRESS = _server.SERVER_ADDRESS
SERVER_PORT = _server.SERVER_PORT

# Attributes of spans of others: by which they are known, and in which they say what we need.
INPUT_MESSAGES = _gen_ai.GEN_AI_INPUT_MESSAGES
OUTPUT_MESSAGES = _gen_ai.GEN_AI_OUTPUT_MESSAGES
SYSTEM_INSTRUCTIONS = _gen_ai.GEN_AI_SYSTEM_INSTRUCTIONS
SYSTEM = "gen_ai.system"
"""The provider, before conventions 1.37 called it so."""
LLM_REQUEST_TYPE = "llm.request.type"
OPENLLMETRY_PROMPT = "gen_ai.prompt"
OPENLLMETRY_COMPLETION = "gen_ai.completion"
OPENLLMETRY_PROMPT_TOKENS = "gen_ai.usage.prompt_tokens"
OPENLLMETRY_COMPLETION_TOKENS = "gen_ai.usage.completion_tokens"
OPENINFERENCE_SPAN_KIND = "openinference.span.kind"
OPENINFERENCE_INPUT = "llm.input_messages"
OPENINFERENCE_OUTPUT = "llm.output_messages"
OPENINFERENCE_MODEL = "llm.model_name"
OPENINFERENCE_PROVIDERS = ("llm.provider", "llm.system")
OPENINFERENCE_FINISH_REASON = "llm.finish_reason"
OPENINFERENCE_PROMPT_TOKENS = "llm.token_count.prompt"
OPENINFERENCE_COMPLETION_TOKENS = "llm.token_count.completion"
OPENINFERENCE_CACHE_READ_TOKENS = "llm.token_count.prompt_details.cache_read"
STATED_SESSION_IDS = (
    SESSION_ID,
    CONVERSATION_ID,
    "traceloop.association.properties.session_id",
    "traceloop.association.properties.conversation_id",
)
"""Under which an application's own id of the conversation may stand, the first one counts."""
CONTENT_EVENTS = ("gen_ai.",)
"""How the names of events begin whose bodies hold texts of users and models."""
EVENT_NAME = "event.name"
"""Where the name of an event stood before log records had one of their own."""
CONTENT_KEYS = (
    r"^gen_ai\.(input|output)\.messages(\.|$)",
    r"^gen_ai\.(system_instructions|prompt|completion|content|event\.content)(\.|$)",
    r"^gen_ai\.tool\.(definitions|description|call\.(arguments|result))(\.|$)",
    r"^gen_ai\.(retrieval\.(documents|query)|task\.(input|output)|headers)(\.|$)",
    r"^traceloop\.(entity\.(input|output)|prompt\.template|prompt\.template_variables)(\.|$)",
    r"^llm\.(prompts|completions|content|headers|request\.functions)(\.|$)",
    (
        r"^db\.(query\.(result|embeddings)|search\.(query|result|embeddings)|.+\.(where"
        r"|where_document|filter))(\.|$)"
    ),
    r"^(mcp\.(request\.argument|response\.value)|pinecone\.query\.(queries|filter))(\.|$)",
    r"^(input|output)\.(value|documents|images)(\.|$)",
    r"^llm\.(input_messages|output_messages|choices|function_call|tools)(\.|$)",
    r"^llm\.(prompt_template|invocation_parameters)(\.|$)",
    r"^message\.(content|contents|tool_calls|function_call_arguments_json)(\.|$)",
    r"^(message_content|tool_call|retrieval\.documents)(\.|$)",
    r"^tool\.(description|json_schema|parameters)(\.|$)",
    r"^reranker\.(query|input_documents|output_documents)(\.|$)",
    r"^embedding\.(embeddings|text|vector)(\.|$)",
    r"^(document\.(content|metadata)|(prompt|completion)\.text|metadata)(\.|$)",
    r"^((image|audio|video)\.url|audio\.transcript)(\.|$)",
    r"^(annotation|evaluation)\.(explanation|metadata)(\.|$)",
    r"^((trace|session)\.)?(annotations|evaluations)(\.|$)",
    (
        r"^ai\.(prompt|response\.(text|object|toolCalls|reasoning)|result\.(text|object"
        r"|toolCalls)|toolCall\.(args|result)|schema|values?|embeddings?)(\.|$)"
    ),
    (
        r"^langfuse\.((trace|observation)\.(input|output|metadata)"
        r"|observation\.model\.parameters)(\.|$)"
    ),
    (
        r"^(pydantic_ai\.all_messages|all_messages_events|final_result|tool_arguments"
        r"|tool_response|model_request_parameters|request_data|response_data)(\.|$)"
    ),
)
"""Patterns of the names of attributes that hold texts of users and models, in any convention: those
that the collector removes, too (`collector/base.yaml`)."""

# Our attributes of a call's span.
CALL = "llm_session.call"
"""int: 1-based number of the call in its turn."""
CONTEXT_DROPPED = "llm_session.context.dropped_messages"
CONTEXT_TOKENS_ESTIMATED = "llm_session.context.tokens.estimated"
CONTEXT_UTILIZATION = "llm_session.context.utilization"
CONTEXT_WINDOW = "llm_session.context.window"
HEALTH = "llm_session.health"
ID_SOURCE = "llm_session.id.source"
JUDGE_MODEL = "llm_session.judge.model"
"""str: the model that judged; absent where a detector did."""
OUTCOME = "llm_session.outcome"
"""str: how a call or session ended; on a call `completed`, `failed` or `aborted`."""
SIGNALS = "llm_session.signals"
"""string[]: names of the signals of the turn so far."""
TURN = "llm_session.turn"
"""int: 1-based number of the turn in its session; absent on side calls."""

# Our attributes of the session's span and events.
CALLS = "llm_session.calls"
CAUSE = "llm_session.cause"
"""str: why a signal fired, from a small fixed set."""
COST = "llm_session.cost"
END_REASON = "llm_session.end.reason"
REOPENED = "llm_session.reopened"
SIGNALS_TOTAL = "llm_session.signals.total"
TURNS = "llm_session.turns"
FEEDBACK = "user_feedback"
"""Evaluation name of the score that a user gave."""
JUDGED = "judge_"
"""Before the name of what a judge was asked, so that its opinion is never taken for a signal."""

# Labels of our metrics. Each has few values; ids are never labels.
LABEL_BACKEND = "backend"
LABEL_CAUSE = "cause"
"""Why the application's store lost a session: `evicted`, `expired`, `restarted` or `unknown`."""
LABEL_HEALTHY = "healthy"
LABEL_OPERATION = "operation"
LABEL_OUTCOME = "outcome"
LABEL_REASON = "reason"
LABEL_REOPENED = "reopened"
LABEL_RESULT = "result"
LABEL_ROLE = "role"
LABEL_SEVERITY = "severity"
LABEL_SIGNAL = "signal"
LABEL_STORE = "store"
"""Which of the application's stores: a name from a small fixed set that the user gives."""
LABEL_TURN_BUCKET = "turn_bucket"

TURN_BUCKETS: tuple[tuple[int, str], ...] = (
    (1, "1"),
    (3, "2-3"),
    (7, "4-7"),
    (15, "8-15"),
    (31, "16-31"),
)
"""Upper bound, included, and label; beyond the last it is `32+`. Doubling, because what degrades
with length does so early."""


def turn_bucket(number: int) -> str:
    """Return the label of the bucket that the turn with this 1-based number is in."""
    return next((label for last, label in TURN_BUCKETS if number <= last), "32+")


# Spans and events.
SESSION_SPAN = "llm_session"
EVENT_EVALUATION = "gen_ai.evaluation.result"
EVENT_SESSION_START = "session.start"
EVENT_SESSION_END = "session.end"

Kind = Literal["counter", "updown", "histogram", "gauge"]


@dataclass(frozen=True, slots=True)
class Metric:
    """One instrument: its kind, its unit in UCUM and, of a histogram, its bucket bounds."""

    name: str
    kind: Kind
    unit: str
    description: str
    bounds: tuple[float, ...] = ()


# One latency scale for everything that a person waits for: 10 ms to 2.7 min, doubling.
_SECONDS = (0.01, 0.02, 0.04, 0.08, 0.16, 0.32, 0.64, 1.28, 2.56, 5.12, 10.24, 20.48, 40.96, 81.92)
# Sessions last from one short exchange to days.
_SESSION_SECONDS = (1, 5, 15, 60, 300, 900, 1800, 3600, 10800, 43200, 86400, 604800)
# Tenths, and finer at the ends where decisions are made.
_UNIT = (0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.99, 1)
_TOKENS = (
    1,
    4,
    16,
    64,
    256,
    1024,
    4096,
    16384,
    65536,
    262144,
    1048576,
    4194304,
    16777216,
    67108864,
)
_TURNS = (1, 3, 7, 15, 31, 63, 127, 255)
# 64 KiB is the most that a session may take.
_BYTES = (256, 512, 1024, 2048, 4096, 8192, 16384, 32768, 65536)
# What an application stores of a conversation: 64 B to 64 MiB.
_STORED_BYTES = (64, 256, 1024, 4096, 16384, 65536, 262144, 1048576, 4194304, 16777216, 67108864)
# A store in memory answers in microseconds, one that hurts in tenths of seconds.
_STORE_SECONDS = (0.00001, 0.0001, 0.0005, 0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5)

OPERATION_DURATION = Metric(
    _gen_ai_metrics.GEN_AI_CLIENT_OPERATION_DURATION,
    "histogram",
    "s",
    "GenAI operation duration.",
    _SECONDS,
)
OPERATION_TIME_TO_FIRST_CHUNK = Metric(
    _gen_ai_metrics.GEN_AI_CLIENT_OPERATION_TIME_TO_FIRST_CHUNK,
    "histogram",
    "s",
    "Time from the request to the first chunk of a streamed reply.",
    _SECONDS,
)
TOKEN_USAGE = Metric(
    _gen_ai_metrics.GEN_AI_CLIENT_TOKEN_USAGE,
    "histogram",
    "{token}",
    "Input and output tokens used by an operation.",
    _TOKENS,
)

STARTED = Metric("llm_session.started", "counter", "{session}", "Sessions started or reopened.")
ENDED = Metric("llm_session.ended", "counter", "{session}", "Sessions ended.")
ACTIVE = Metric("llm_session.active", "updown", "{session}", "Sessions that have not ended.")
DURATION = Metric(
    "llm_session.duration",
    "histogram",
    "s",
    "From the first call of a session to its last.",
    _SESSION_SECONDS,
)
SESSION_TURNS = Metric("llm_session.turns", "histogram", "{turn}", "Turns of a session.", _TURNS)
SESSION_HEALTH = Metric(
    "llm_session.health", "histogram", "1", "Health of a session at its end.", _UNIT
)
TURN_EVALUATED = Metric("llm_session.turn.evaluated", "counter", "{turn}", "Turns evaluated.")
TURN_HEALTH = Metric("llm_session.turn.health", "histogram", "1", "Health of a turn.", _UNIT)
TURN_DURATION = Metric(
    "llm_session.turn.duration",
    "histogram",
    "s",
    "Time spent in the calls of a turn, tools not included.",
    _SECONDS,
)
TURN_TIME_TO_FIRST_CHUNK = Metric(
    "llm_session.turn.time_to_first_chunk",
    "histogram",
    "s",
    "Time from the request to the first chunk of a turn's first streamed reply.",
    _SECONDS,
)
SIGNAL_COUNT = Metric("llm_session.signals", "counter", "{signal}", "Signals of degradation.")
CONTEXT_TOKENS = Metric(
    "llm_session.context.tokens",
    "histogram",
    "{token}",
    "Estimated tokens that the model was shown, by role of the messages.",
    _TOKENS,
)
UTILIZATION = Metric(
    "llm_session.context.utilization",
    "histogram",
    "1",
    "Share of the model's window that a call filled.",
    _UNIT,
)
DRIFT = Metric(
    "llm_session.drift.distance",
    "histogram",
    "1",
    "Distance in meaning between a turn's request and its reply.",
    _UNIT,
)
SESSION_COST = Metric("llm_session.cost", "counter", "USD", "Cost of calls at list price.")
STATE_SIZE = Metric(
    "llm_session.state.size", "histogram", "By", "Memory that a session's state takes.", _BYTES
)
STORE_DURATION = Metric(
    "llm_session.store.operation.duration",
    "histogram",
    "s",
    "Duration of an operation of the session store.",
    _STORE_SECONDS,
)
# The application's own session store, where it keeps its conversations. `app` sets it apart from
# ours, which is measured by `llm_session.store.operation.duration` and holds features only. Each
# has the labels `store` and `backend` (`redis`, `sqlalchemy`, `object`).
APP_STORE_DURATION = Metric(
    "llm_session.store.app.operation.duration",
    "histogram",
    "s",
    "Duration of an operation on a session in the application's store; of a failed one, with its"
    " error.",
    _STORE_SECONDS,
)
APP_STORE_LOOKUPS = Metric(
    "llm_session.store.app.lookups",
    "counter",
    "{lookup}",
    "Sessions looked up in the application's store, by result: hit or miss.",
)
APP_STORE_LOST = Metric(
    "llm_session.store.app.sessions.lost",
    "counter",
    "{session}",
    "Sessions that had turns and were not found in the application's store, by cause.",
)
APP_STORE_SIZE = Metric(
    "llm_session.store.app.session.size",
    "histogram",
    "By",
    "Size of a session as the application wrote or read it.",
    _STORED_BYTES,
)
APP_STORE_GROWTH = Metric(
    "llm_session.store.app.session.growth",
    "histogram",
    "By",
    "What a turn added to the size of a session in the application's store; 0 if it shrank.",
    _STORED_BYTES,
)
APP_STORE_EVICTIONS = Metric(
    "llm_session.store.app.evictions",
    "counter",
    "{key}",
    "Keys that the application's store has evicted, as the store counts them: each process tells"
    " the same figure.",
)
APP_STORE_USED = Metric(
    "llm_session.store.app.memory.used",
    "gauge",
    "By",
    "Memory that the application's store uses; each process tells the same figure.",
)
APP_STORE_LIMIT = Metric(
    "llm_session.store.app.memory.limit",
    "gauge",
    "By",
    "Memory that the application's store may use; absent without a limit.",
)
APP_STORE_UTILIZATION = Metric(
    "llm_session.store.app.memory.utilization",
    "gauge",
    "1",
    "Share of its memory limit that the application's store uses.",
)
APP_STORE_TIME_TO_FULL = Metric(
    "llm_session.store.app.memory.time_to_full",
    "gauge",
    "s",
    "Forecast of the time until the application's store reaches its memory limit; absent while it"
    " does not grow.",
)
PIPELINE_CALLS = Metric(
    "llm_session.pipeline.calls", "counter", "{call}", "Calls that the monitor saw, by result."
)
PIPELINE_QUEUE = Metric(
    "llm_session.pipeline.queue.size", "gauge", "{call}", "Calls waiting for analysis."
)
JUDGE_CALLS = Metric(
    "llm_session.judge.calls", "counter", "{call}", "Turns chosen for the judge, by result."
)

METRICS: tuple[Metric, ...] = tuple(
    value for value in list(globals().values()) if isinstance(value, Metric)
)
