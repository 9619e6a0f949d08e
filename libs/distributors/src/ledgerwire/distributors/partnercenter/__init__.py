"""Microsoft Partner Center as a source of seats."""

from ledgerwire.distributors.partnercenter.config import PartnerCenterConfig
from ledgerwire.distributors.partnercenter.source import PartnerCenterSource, build_partner_center
from ledgerwire.distributors.partnercenter.tokens import Keys, KeyStore, SignIn, Turn

__all__ = ["KeyStore", "Keys", "PartnerCenterConfig", "PartnerCenterSource", "SignIn", "Turn", "build_partner_center"]
