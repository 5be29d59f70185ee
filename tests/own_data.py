"""What the export of one's own data holds, read by the same lists that the file is made of."""

import json
from typing import Any

from django.core.serializers.json import DjangoJSONEncoder

from marketplace.base.models import User
from marketplace.mydata import lists


def of(user: User) -> dict[str, Any]:
    """data.json of this person, as a program would read it."""
    parts = {name: read(user) for name, (read, _title) in lists.PARTS.items()}
    rows = {name: list(read(user)) for name, (read, _title) in lists.LISTS.items()}
    return json.loads(json.dumps({**parts, **rows}, cls=DjangoJSONEncoder))
