"""Pictures: boards drawn as Grafana lays them out, with data of a replay; no Grafana is needed."""
