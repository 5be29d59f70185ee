from .certificate import Certificate
from .profile import WorkerProfile
from .qualification import Award, Qualification
from .restriction import Restriction

__all__ = ["Award", "Certificate", "Qualification", "Restriction", "WorkerProfile"]
