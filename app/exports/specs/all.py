"""Every table of a weekly or window export, in the order in which it is read."""

from app.exports.frame import Spec
from app.exports.specs.about import DATA_QUALITY, DEFINITIONS
from app.exports.specs.rows import BUYERS, NEW_MEMBERS, ORDERS, REFUNDS
from app.exports.specs.sources import CREATORS, GROUPS, LIVES, MCNS, NOTES
from app.exports.specs.sums import GROUP_SHARE, REPURCHASE, RETENTION

TABLES: tuple[Spec, ...] = (
    *(GROUP_SHARE, REPURCHASE, NOTES, CREATORS, MCNS, GROUPS, LIVES, RETENTION),
    *(NEW_MEMBERS, ORDERS, REFUNDS, BUYERS, DATA_QUALITY, DEFINITIONS),
)
