"""One small accounts service, wired a different way in every step."""
