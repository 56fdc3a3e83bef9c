"""Page at ``/offer/{token}``: a client without an account accepts or declines the cost of a repair.

The token is all that the client needs: 256 random bits, valid once and for a week. Reading the page
changes nothing, so scanners of e-mail do no harm; only its form answers. Unknown, replaced and
expired links get one and the same page.
"""

from api.offers.page import install

__all__ = ["install"]
