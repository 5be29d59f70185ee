"""What stands where the address of a person was who had their account erased (charter D3)."""

GONE = "erased.invalid"  # no address ends so (RFC 2606), and nobody signs up with one (`web.adapters`)


def address_of(user_id: int) -> str:
    """The address that stands where a person's was."""
    return f"{user_id}@{GONE}"
