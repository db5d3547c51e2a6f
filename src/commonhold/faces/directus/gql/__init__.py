"""GraphQL: loaded when somebody first asks, as the library takes longer to load than all the rest of the server."""
