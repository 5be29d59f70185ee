"""The demonstration's world: people, an organisation with funds, batches of real content in every state."""
