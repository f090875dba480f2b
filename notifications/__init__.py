"""TELLS: who is told when a run ends, is late or is slow, and how: e-mail and webhooks, until they are delivered."""
