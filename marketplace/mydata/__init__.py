"""My data: what is kept of a person, taking it along, and having it erased (charter M6, M7, D3)."""
