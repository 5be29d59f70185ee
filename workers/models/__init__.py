from .certificate import Certificate
from .profile import WorkerProfile
from .qualification import Award, AwardContest, Qualification
from .restriction import Restriction

__all__ = ["Award", "AwardContest", "Certificate", "Qualification", "Restriction", "WorkerProfile"]
