"""Who is who over two waves: codes that are equal, and codes that differ by a slip of the pen.

Read in this order: `sides` (what goes in), `nearness` (the pairs that come near one another), `links` (which
of them are one person). It knows codes and positions, nothing of studies, files or people. It never guesses:
what can be read in two ways is listed for review.
"""

from outcomes.linking.links import Links, link_codes, link_elements, near
from outcomes.linking.nearness import SIGNS, TooAlike

__all__ = ["SIGNS", "Links", "TooAlike", "link_codes", "link_elements", "near"]
