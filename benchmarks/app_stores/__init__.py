"""App stores: what it costs to watch the application's own store, and how right the forecast is."""
