"""Sidecar: sessions of applications in any language, from the spans that they send by OTLP."""
