"""The record in SQL: the only package that imports sqlmodel, sqlalchemy and alembic."""
