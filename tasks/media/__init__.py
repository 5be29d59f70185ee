"""Pictures, sound, video and pages that rows name: fetched or sent, made harmless, and shown from our own address."""
