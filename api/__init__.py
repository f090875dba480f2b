"""The REST conventions every app follows: errors, strict JSON, tokens, paging, routes, idempotency.

The lowest layer: it imports none of the others.
"""
