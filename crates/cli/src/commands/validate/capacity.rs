//! Images and quotas: what the standby region has, and lets be made.

use super::scorecard::Scorecard;
use pilotlight_findings::AreaName;

pub(super) fn judge(card: &mut Scorecard) {
    card.sheet(AreaName::Capacity)
        .skip("quotas and instance types are not judged; images that are missing are told under source");
}
