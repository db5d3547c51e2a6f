"""The Directus dialect: shares and rows of collections as Directus clients speak them, over REST and GraphQL."""
