"""Settings: flags override environment variables (``NEWSWATCH_...``), which override one YAML file.

The Kafka security settings also accept the names that Kafka's own tools use (``KAFKA_SASL_USERNAME``, ...).
"""

from streams.settings.credentials import Secret
from streams.settings.errors import SettingsError
from streams.settings.loading import Loaded, load, load_settings
from streams.settings.model import INPUT, SECRETS, SaslMechanism, SecurityProtocol, Settings

__all__ = [
    "INPUT",
    "SECRETS",
    "Loaded",
    "SaslMechanism",
    "Secret",
    "SecurityProtocol",
    "Settings",
    "SettingsError",
    "load",
    "load_settings",
]
