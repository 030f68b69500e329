"""How binary values travel, under the name by which services import it."""

from sealedclaim.base64url import NotBase64Url, from_base64url, to_base64url

__all__ = ["NotBase64Url", "from_base64url", "to_base64url"]
