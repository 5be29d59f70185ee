from .profile import WorkerProfile
from .restriction import Restriction

__all__ = ["Restriction", "WorkerProfile"]
