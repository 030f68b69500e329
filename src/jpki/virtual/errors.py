"""What the test authority refuses."""


class UnableToIssue(Exception):
    """The test authority cannot do what it was asked for."""


class NoAuthority(UnableToIssue):
    """The folder holds no authority that can be read."""


class AuthorityExists(UnableToIssue):
    """The folder already holds an authority."""


class CardExists(UnableToIssue):
    """There is already a card file of this name."""


class UnusableLabel(UnableToIssue):
    """The label cannot name a file."""


class UnusableSecret(UnableToIssue):
    """The PIN is not four digits, or the password not 6 to 16 of A-Z and 0-9."""


class CardNotIssuedHere(UnableToIssue):
    """Another authority issued the card."""


class CertificateAlreadyRevoked(UnableToIssue):
    """The card's certificate was revoked before."""


class CertificateNotIssuedHere(UnableToIssue):
    """No generation of this authority has the key that the certificate's name gives as its issuer's."""
