"""otel_sessions."""
