"""Facts in a PostgreSQL database, read and written over asyncpg."""
