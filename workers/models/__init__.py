from .centre import Centre, CentreCoordinator, CentreInvitation, CentreMembership
from .certificate import Certificate
from .complaint import Complaint, LatePromise
from .equipment import Booking, BookingWait, Equipment, OpeningHours
from .gate import Gate
from .profile import WorkerProfile
from .qualification import Award, AwardContest, Qualification
from .restriction import Restriction
from .training import TrainingPath, TrainingStep

__all__ = [
    "Award",
    "AwardContest",
    "Booking",
    "BookingWait",
    "Centre",
    "CentreCoordinator",
    "CentreInvitation",
    "CentreMembership",
    "Certificate",
    "Complaint",
    "Equipment",
    "Gate",
    "LatePromise",
    "OpeningHours",
    "Qualification",
    "Restriction",
    "TrainingPath",
    "TrainingStep",
    "WorkerProfile",
]
