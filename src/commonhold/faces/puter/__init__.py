"""The Puter dialect: ``POST /share`` in every form that clients send, and the routes that they use around it."""
