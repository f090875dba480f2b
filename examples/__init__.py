"""Pipelines that a newcomer runs first. CELERIAC_APPS names the apps whose pipelines are known; this is its default."""
