"""What people read about their work and about their batches. Each file registers the kinds of its own."""

from . import answers, asked, batches, chains, gold, pilot, promises, qualifications, things, voice  # noqa: F401
