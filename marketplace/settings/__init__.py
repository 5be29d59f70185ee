"""All settings. Values come from the environment through `env`; docs/how-to/deploy.md lists them.

TESSERA_ENV says which of three lives this is: `production` (also when unset beside a DATABASE_URL), `demo`
(one machine, local services, stored mail, simulated money; the default) or `test`.
"""

from .bounds import *  # noqa: F403
from .data import *  # noqa: F403
from .market import *  # noqa: F403
from .money import *  # noqa: F403
from .people import *  # noqa: F403
from .place import *  # noqa: F403
from .safety import *  # noqa: F403
from .services import *  # noqa: F403
from .site import *  # noqa: F403
