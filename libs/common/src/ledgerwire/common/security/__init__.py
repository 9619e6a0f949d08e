"""Secrets at rest."""

from ledgerwire.common.security.encryption import SealBrokenError, SealContext, SecretBox, new_key

__all__ = ["SealBrokenError", "SealContext", "SecretBox", "new_key"]
