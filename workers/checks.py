"""Whether certificates can be signed here: said when the deployment is checked, not when somebody asks for one."""

from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, Warning, register

from workers.services import certificate_keys as keys


@register(Tags.security)
def keys_are_readable(**_options: Any) -> list[CheckMessage]:
    """Every key that is set can be read."""
    try:
        keys.public_keys()
    except keys.BadKey as wrong:
        hint = "Look at TESSERA_CERTIFICATE_KEY and TESSERA_CERTIFICATE_OLD_KEYS."
        return [Error(str(wrong), hint=hint, id="workers.E001")]
    return []


@register(Tags.security, deploy=True)
def key_is_set(**_options: Any) -> list[CheckMessage]:
    """A market without a key issues no certificate."""
    if settings.CERTIFICATE_KEY:
        return []
    sentence = "No key signs certificates: whoever asks for one is refused."
    hint = (
        "Set TESSERA_CERTIFICATE_KEY to the output of openssl rand -base64 32, and keep it with the backups."
    )
    return [Warning(sentence, hint=hint, id="workers.W001")]
