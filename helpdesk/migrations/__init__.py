"""Alembic migrations: linear, numbered, without imports of models."""
